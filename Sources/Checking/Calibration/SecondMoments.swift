import Quantization
import Threads

/// Σ x xᵀ over vectors x that come one after the other: the lower triangle, in f64.
///
/// The product of two f32 numbers is exact in f64, and each number of the triangle is summed in the order of the vectors. So
/// it makes no difference how many come at a time, and which thread sums which rows.
final class SecondMoments: @unchecked Sendable {
  let columns: Int
  /// Vectors so far.
  private(set) var count = 0
  /// Row i has i + 1 numbers. Only ``add(_:count:pool:)`` writes them, each row by one thread.
  private let sums: UnsafeMutablePointer<Double>

  init(columns: Int) {
    self.columns = columns
    sums = .allocate(capacity: FeedbackFactor.count(columns: columns))
    sums.initialize(repeating: 0, count: FeedbackFactor.count(columns: columns))
  }

  deinit { sums.deallocate() }

  /// Bytes that the sums of so many columns take.
  static func bytes(columns: Int) -> Int { 8 * FeedbackFactor.count(columns: columns) }

  /// Adds vectors, [count, columns].
  func add(_ x: UnsafePointer<Float>, count: Int, pool: WorkerPool) {
    let wide = UnsafeMutablePointer<Double>.allocate(capacity: count * columns)
    for i in 0..<count * columns { (wide + i).initialize(to: Double(x[i])) }
    defer { wide.deallocate() }
    let rows = Rows(wide: wide, count: count, columns: columns)
    pool.run(count: columns, grain: 16) { range, _ in
      for i in range { rows.add(to: self.sums + i * (i + 1) / 2, row: i) }
    }
    self.count += count
  }

  /// The vectors in f64.
  private struct Rows: @unchecked Sendable {
    let wide: UnsafePointer<Double>
    let count: Int
    let columns: Int

    /// Adds xᵢ xⱼ to row i of the sums, for j up to i, vector by vector: four of them while the sums are at hand.
    func add(to sums: UnsafeMutablePointer<Double>, row i: Int) {
      typealias Lanes = SIMD4<Double>
      var first = 0
      let out = UnsafeMutableRawPointer(sums)
      while first + 4 <= count {
        let (x0, x1) = (wide + first * columns, wide + (first + 1) * columns)
        let (x2, x3) = (wide + (first + 2) * columns, wide + (first + 3) * columns)
        let (a0, a1, a2, a3) = (x0[i], x1[i], x2[i], x3[i])
        let (r0, r1) = (UnsafeRawPointer(x0), UnsafeRawPointer(x1))
        let (r2, r3) = (UnsafeRawPointer(x2), UnsafeRawPointer(x3))
        var j = 0
        while j + 4 <= i + 1 {
          var sum = out.loadUnaligned(fromByteOffset: 8 * j, as: Lanes.self)
          sum += a0 * r0.loadUnaligned(fromByteOffset: 8 * j, as: Lanes.self)
          sum += a1 * r1.loadUnaligned(fromByteOffset: 8 * j, as: Lanes.self)
          sum += a2 * r2.loadUnaligned(fromByteOffset: 8 * j, as: Lanes.self)
          sum += a3 * r3.loadUnaligned(fromByteOffset: 8 * j, as: Lanes.self)
          out.storeBytes(of: sum, toByteOffset: 8 * j, as: Lanes.self)
          j += 4
        }
        while j <= i {
          var sum = sums[j]
          sum += a0 * x0[j]
          sum += a1 * x1[j]
          sum += a2 * x2[j]
          sum += a3 * x3[j]
          sums[j] = sum
          j += 1
        }
        first += 4
      }
      while first < count {
        let x = wide + first * columns
        for j in 0...i { sums[j] += x[i] * x[j] }
        first += 1
      }
    }
  }

  /// The sums in f32, little-endian.
  var rounded: [UInt8] {
    let total = FeedbackFactor.count(columns: columns)
    return [UInt8](unsafeUninitializedCapacity: 4 * total) { buffer, filled in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      for i in 0..<total {
        raw.storeBytes(of: Float(sums[i]).bitPattern.littleEndian, toByteOffset: 4 * i, as: UInt32.self)
      }
      filled = 4 * total
    }
  }

  /// The sums as they are, little-endian.
  var exact: [UInt8] {
    let total = FeedbackFactor.count(columns: columns)
    return [UInt8](unsafeUninitializedCapacity: 8 * total) { buffer, filled in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      for i in 0..<total {
        raw.storeBytes(of: sums[i].bitPattern.littleEndian, toByteOffset: 8 * i, as: UInt64.self)
      }
      filled = 8 * total
    }
  }

  /// Goes on from what ``exact`` was.
  /// - Returns: whether there are as many numbers.
  func restore(_ bytes: [UInt8], count: Int) -> Bool {
    let total = FeedbackFactor.count(columns: columns)
    guard bytes.count == 8 * total else { return false }
    bytes.withUnsafeBytes { raw in
      for i in 0..<total {
        sums[i] = Double(
          bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)))
      }
    }
    self.count = count
    return true
  }
}
