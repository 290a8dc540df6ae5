/// What error feedback knows of the inputs of a matrix: how much of an error in one column the later columns can take over.
///
/// H = Σ x xᵀ over the inputs x of the matrix, with a hundredth of the mean of its diagonal added to the diagonal, is Lᵀ D L
/// with L lower triangular and ones on its diagonal. Quantizing a row w to q costs (w − q) H (w − q)ᵀ = Σ dᵢ eᵢ² with
/// e = L (w − q): column by column, each with what all before it have left. So the best number for column i, once those
/// before it are fixed, is wᵢ + Σ_{k<i} Lᵢₖ (wₖ − qₖ). That is what GPTQ (Frantar et al. 2022) computes from the inverse of H;
/// no inverse is needed.
///
/// All arithmetic is f64 with one rounding per operation, in one order: machine and threads change no bit.
public final class FeedbackFactor: @unchecked Sendable {
  /// Inputs of the matrix.
  public let columns: Int
  /// Row i of L without its one, then dᵢ: i + 1 numbers, row after row. Written before anybody else has it.
  private let storage: UnsafeMutablePointer<Double>

  /// Rows that are finished together, before the others take notice of them: a matter of the caches only.
  private static let panel = 8
  /// Share of the mean of the diagonal that is added to it.
  static let damping = 0.01

  /// Numbers of the lower triangle of `columns` × `columns`.
  /// - Parameter columns: Number of columns, from 0 to 2^31.
  public static func count(columns: Int) -> Int { columns * (columns + 1) / 2 }

  /// Factors second moments.
  /// - Parameters:
  ///   - moments: The lower triangle of H, row after row, little-endian f32.
  ///   - columns: Inputs of the matrix.
  /// - Returns: nil when these are no second moments: of another number, not finite, or with a direction of negative length.
  public init?(moments: UnsafeRawBufferPointer, columns: Int) {
    guard columns > 0, columns <= 1 << 20, moments.count == 4 * Self.count(columns: columns) else { return nil }
    self.columns = columns
    storage = .allocate(capacity: Self.count(columns: columns))
    for i in 0..<Self.count(columns: columns) {
      let bits = UInt32(littleEndian: moments.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
      (storage + i).initialize(to: Double(Float(bitPattern: bits)))
    }
    guard damp(), factor() else { return nil }
  }

  deinit { storage.deallocate() }

  /// Row i: Lᵢₖ for k < i.
  func row(_ i: Int) -> UnsafePointer<Double> { UnsafePointer(place(i)) }

  private func place(_ i: Int) -> UnsafeMutablePointer<Double> { storage + i * (i + 1) / 2 }

  /// Adds to the diagonal. An input that was always zero gets the mean: its column neither receives nor passes on any error.
  private func damp() -> Bool {
    var (sum, live) = (0.0, 0)
    for i in 0..<columns {
      let own = place(i)[i]
      guard own >= 0, own < .infinity else { return false }
      if own > 0 {
        sum += own
        live += 1
      }
    }
    let mean = live > 0 ? sum / Double(live) : 1
    for i in 0..<columns {
      let own = place(i) + i
      own.pointee = (own.pointee > 0 ? own.pointee : mean) + Self.damping * mean
    }
    return true
  }

  /// H = Lᵀ D L in place, from the last row to the first: row i becomes L's once all rows after it have been taken off,
  /// Hⱼₗ − Σ_{k>i} Lₖⱼ Hₖₗ, one after the other.
  private func factor() -> Bool {
    // The rows of a panel as they were before they were divided by their pivots.
    let whole = UnsafeMutablePointer<Double>.allocate(capacity: Self.panel * columns)
    whole.initialize(repeating: 0, count: Self.panel * columns)
    defer { whole.deallocate() }
    var end = columns
    while end > 0 {
      let begin = max(0, end - Self.panel)
      for i in stride(from: end - 1, through: begin, by: -1) {
        let own = place(i)
        for k in stride(from: end - 1, to: i, by: -1) {
          Self.subtract(place(k)[i], times: whole + (k - begin) * columns, count: i + 1, from: own)
        }
        let pivot = own[i]
        guard pivot > 0, pivot < .infinity else { return false }
        let copy = whole + (i - begin) * columns
        copy.update(from: own, count: i + 1)
        for j in 0..<i {
          own[j] /= pivot
          guard own[j].magnitude < .infinity else { return false }
        }
      }
      for j in 0..<begin {
        let own = place(j)
        if end - begin == Self.panel {
          takeOff(from: begin, whole, row: j, own)
        } else {
          for k in stride(from: end - 1, through: begin, by: -1) {
            Self.subtract(place(k)[j], times: whole + (k - begin) * columns, count: j + 1, from: own)
          }
        }
      }
      end = begin
    }
    return true
  }

  /// y −= a x, element by element.
  private static func subtract(
    _ a: Double, times x: UnsafePointer<Double>, count: Int, from y: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<count { y[i] -= a * x[i] }
  }

  /// Takes a whole panel off a row, the last of the panel first: the row is read and written once.
  private func takeOff(from begin: Int, _ whole: UnsafePointer<Double>, row j: Int, _ y: UnsafeMutablePointer<Double>) {
    let n = columns
    let a0 = place(begin)[j]
    let a1 = place(begin + 1)[j]
    let a2 = place(begin + 2)[j]
    let a3 = place(begin + 3)[j]
    let a4 = place(begin + 4)[j]
    let a5 = place(begin + 5)[j]
    let a6 = place(begin + 6)[j]
    let a7 = place(begin + 7)[j]
    typealias Lanes = SIMD4<Double>
    let x = UnsafeRawPointer(whole)
    let out = UnsafeMutableRawPointer(y)
    var l = 0
    while l + 4 <= j + 1 {
      var sum = out.loadUnaligned(fromByteOffset: 8 * l, as: Lanes.self)
      sum -= a7 * x.loadUnaligned(fromByteOffset: 8 * (7 * n + l), as: Lanes.self)
      sum -= a6 * x.loadUnaligned(fromByteOffset: 8 * (6 * n + l), as: Lanes.self)
      sum -= a5 * x.loadUnaligned(fromByteOffset: 8 * (5 * n + l), as: Lanes.self)
      sum -= a4 * x.loadUnaligned(fromByteOffset: 8 * (4 * n + l), as: Lanes.self)
      sum -= a3 * x.loadUnaligned(fromByteOffset: 8 * (3 * n + l), as: Lanes.self)
      sum -= a2 * x.loadUnaligned(fromByteOffset: 8 * (2 * n + l), as: Lanes.self)
      sum -= a1 * x.loadUnaligned(fromByteOffset: 8 * (n + l), as: Lanes.self)
      sum -= a0 * x.loadUnaligned(fromByteOffset: 8 * l, as: Lanes.self)
      out.storeBytes(of: sum, toByteOffset: 8 * l, as: Lanes.self)
      l += 4
    }
    while l <= j {
      var sum = y[l]
      sum -= a7 * whole[7 * n + l]
      sum -= a6 * whole[6 * n + l]
      sum -= a5 * whole[5 * n + l]
      sum -= a4 * whole[4 * n + l]
      sum -= a3 * whole[3 * n + l]
      sum -= a2 * whole[2 * n + l]
      sum -= a1 * whole[n + l]
      sum -= a0 * whole[l]
      y[l] = sum
      l += 1
    }
  }
}
