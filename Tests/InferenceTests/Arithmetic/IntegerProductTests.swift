import Inference
import Quantization
import Testing

/// Whether this machine has the product in integers (some with BF16 do not).
private let isThere: Bool = {
  guard let w = try? RandomMatrix(.mxfp4, rows: 1, columns: 32).matrix else { return false }
  return Arithmetic.fast.isInteger(w)
}()

/// The fast product in integers against its definition, bit for bit.
@Suite(.enabled(if: isThere)) struct IntegerProductTests {
  static let formats =
    [WeightMatrix.Format.mxfp4, .nvfp4]
    + [4, 8].flatMap { bits in [32, 64, 128].map { .affine(bits: bits, group: $0) } }

  private static let counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 33]

  @Test(arguments: formats)
  func `the integer product is the definition`(format: WeightMatrix.Format) throws {
    for (outputs, columns) in [(1, 32), (15, 96), (16, 160), (17, 2080), (40, 544), (100, 64)] {
      let columns = (columns + format.group - 1) / format.group * format.group
      let w = try RandomMatrix(format, rows: outputs, columns: columns, seed: UInt64(columns)).matrix
      try check(w, Self.rows(33, columns))
    }
  }

  @Test(arguments: [WeightMatrix.Format.mxfp4, .nvfp4, .affine(bits: 4, group: 64)])
  func `extreme scales are the definition`(format: WeightMatrix.Format) throws {
    try check(RandomMatrix(format, rows: 40, columns: 320, scales: .any).matrix, Self.rows(20, 320))
  }

  @Test(arguments: [FloatType.f16, .f32], [4, 8])
  func `affine parameters of every type are the definition`(type: FloatType, bits: Int) throws {
    let format = WeightMatrix.Format.affine(bits: bits, group: 64)
    try check(RandomMatrix(format, rows: 19, columns: 320, parameterType: type).matrix, Self.rows(20, 320))
  }

  /// Elements of every magnitude, those included whose blocks count as zero.
  @Test(arguments: formats)
  func `every magnitude is the definition`(format: WeightMatrix.Format) throws {
    var random = Random(5)
    let x = (0..<20 * 384).map { i in
      random.normal() * Float(sign: .plus, exponent: Int(random.next() % 250) - 126, significand: 1)
        * (i / 128 % 3 == 0 ? 0x1p-100 : 1)
    }
    let w = try RandomMatrix(format, rows: 18, columns: 384).matrix
    try check(w, stride(from: 0, to: x.count, by: 384).map { Array(x[$0..<$0 + 384]) })
  }

  /// A row with a NaN or an infinity gives NaN, and leaves the others alone.
  @Test(arguments: formats)
  func `what is not finite stays visible`(format: WeightMatrix.Format) throws {
    let w = try RandomMatrix(format, rows: 21, columns: 256).matrix
    var rows = Self.rows(24, 256)
    rows[0][255] = .nan
    rows[2][0] = .infinity
    rows[13][100] = -.infinity
    rows[14] = [Float](repeating: 0, count: 256)
    rows[15] = [Float](repeating: -0.0, count: 256)
    let y = try check(w, rows)
    for r in rows.indices {
      #expect(y[r * 21..<(r + 1) * 21].allSatisfy { $0.isNaN == [0, 2, 13].contains(r) }, "\(r)")
      if r == 14 { #expect(y[r * 21..<(r + 1) * 21].allSatisfy { $0 == 0 }) }
    }
  }

  /// Whole numbers with 127 among them lose nothing.
  @Test(arguments: formats)
  func `whole numbers give the canonical product`(format: WeightMatrix.Format) throws {
    let w = try RandomMatrix(format, rows: 30, columns: 1152).matrix
    var random = Random(9)
    let x = (0..<1152).map { $0 % 16 == 3 ? 127 : Float(random.next() % 255) - 127 }
    var canonical = [Float](repeating: 0, count: 30)
    var fast = canonical
    Vector.multiply(w, outputRows: 0..<30, x, rows: 1, into: &canonical, yStride: 30)
    Vector.multiply(w, outputRows: 0..<30, x, rows: 1, into: &fast, yStride: 30, arithmetic: .fast)
    let largest = canonical.map(\.magnitude).max() ?? 0
    let error = zip(canonical, fast).map { ($0 - $1).magnitude }.max() ?? .infinity
    #expect(error <= largest * 2e-6)
  }

  /// Rounding to 8 bits by blocks costs about half a hundredth of numbers that are normally distributed.
  @Test(arguments: formats)
  func `normal numbers give nearly the canonical product`(format: WeightMatrix.Format) throws {
    let w = try RandomMatrix(format, rows: 64, columns: 2048).matrix
    let x = Self.rows(1, 2048)[0]
    var canonical = [Float](repeating: 0, count: 64)
    var fast = canonical
    Vector.multiply(w, outputRows: 0..<64, x, rows: 1, into: &canonical, yStride: 64)
    Vector.multiply(w, outputRows: 0..<64, x, rows: 1, into: &fast, yStride: 64, arithmetic: .fast)
    let squares = zip(canonical, fast).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    let relative = (squares / canonical.map { $0 * $0 }.reduce(0, +)).squareRoot()
    #expect(relative > 0 && relative < 0.015, "\(relative)")
  }

  private static func rows(_ count: Int, _ columns: Int) -> [[Float]] {
    var random = Random(UInt64(count))
    return (0..<count).map { _ in random.normals(columns) }
  }

  /// The products of the first few of `rows`, of all outputs at once and in two parts; gives those of all rows.
  @discardableResult
  private func check(_ w: WeightMatrix, _ rows: [[Float]]) throws -> [Float] {
    let outputs = w.rows
    let expected = rows.flatMap { x in (0..<outputs).map { ReferenceIntegerProduct.row(w, $0, x) } }
    let x = rows.flatMap { $0 }
    var y: [Float] = []
    for m in Set(Self.counts.filter { $0 < rows.count } + [rows.count]).sorted() {
      for cut in Set([0, min(5, outputs), outputs / 16 * 16]) {
        y = [Float](repeating: 7, count: m * outputs + 1)
        for range in [0..<cut, cut..<outputs] where !range.isEmpty {
          Vector.multiply(w, outputRows: range, x, rows: m, into: &y, yStride: outputs, arithmetic: .fast)
        }
        // What lies behind the last element is left alone.
        #expect(y.removeLast() == 7)
        #expect(firstDifference(y, Array(expected[..<(m * outputs)])) == nil, "\(w.format) \(m) \(outputs) \(cut)")
      }
    }
    return y
  }
}
