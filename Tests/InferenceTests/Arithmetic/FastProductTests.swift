import Inference
import Quantization
import Testing

/// The fast product: close to the canonical one, and rows that do not see each other.
@Suite struct FastProductTests {
  private static let formats = WeightMatrix.Format.all.filter { $0 != .f32 && $0 != .f16 }

  @Test(.enabled(if: Arithmetic.fast.isAvailable), arguments: formats)
  func `the fast product equals the canonical product of rounded rows`(format: WeightMatrix.Format) throws {
    for columns in format.group == 1 ? [1, 33, 300] : [1, 3, 40].map({ $0 * max(32, format.group) }) {
      let w = try RandomMatrix(format, rows: 15, columns: columns).matrix
      // IntegerProductTests has the others.
      if Arithmetic.fast.isInteger(w) { continue }
      var random = Random(1)
      let x = random.normals(columns).map { FloatConversion.rounded($0, to: .bf16) }
      var canonical = [Float](repeating: 0, count: 15)
      var fast = canonical
      Vector.multiply(w, outputRows: 0..<15, x, rows: 1, into: &canonical, yStride: 15)
      Vector.multiply(w, outputRows: 0..<15, x, rows: 1, into: &fast, yStride: 15, arithmetic: .fast)
      let largest = canonical.map(\.magnitude).max() ?? 0
      let error = zip(canonical, fast).map { ($0 - $1).magnitude }.max() ?? 0
      #expect(error <= largest * 2e-6, "\(format) \(columns)")
    }
  }

  @Test(.enabled(if: Arithmetic.fast.isAvailable), arguments: formats)
  func `rows do not see each other`(format: WeightMatrix.Format) throws {
    let columns = format.group == 1 ? 1301 : 1152
    let w = try RandomMatrix(format, rows: 17, columns: columns).matrix
    var random = Random(2)
    let x = random.normals(67 * columns)
    var single = [Float](repeating: 0, count: 67 * 17)
    for r in 0..<67 {
      var y = [Float](repeating: 0, count: 17)
      let row = Array(x[r * columns..<(r + 1) * columns])
      Vector.multiply(w, outputRows: 0..<17, row, rows: 1, into: &y, yStride: 17, arithmetic: .fast)
      for o in 0..<17 { single[r * 17 + o] = y[o] }
    }
    for m in [2, 3, 4, 7, 20, 67] {
      var y = [Float](repeating: 0, count: m * 17)
      Vector.multiply(w, outputRows: 0..<5, x, rows: m, into: &y, yStride: 17, arithmetic: .fast)
      Vector.multiply(w, outputRows: 5..<17, x, rows: m, into: &y, yStride: 17, arithmetic: .fast)
      #expect(firstDifference(y, Array(single[..<(m * 17)])) == nil, "\(format) \(m)")
    }
  }

  /// Past the columns whose scales and biases are decoded at once.
  @Test(.enabled(if: Arithmetic.fast.isAvailable), arguments: [WeightMatrix.Format.affine(bits: 2, group: 32), .mxfp8])
  func `long rows do not see each other`(format: WeightMatrix.Format) throws {
    let columns = 8192 + 96
    let w = try RandomMatrix(format, rows: 7, columns: columns).matrix
    var random = Random(4)
    let row = random.normals(columns).map { FloatConversion.rounded($0, to: .bf16) }
    var canonical = [Float](repeating: 0, count: 7)
    Vector.multiply(w, outputRows: 0..<7, row, rows: 1, into: &canonical, yStride: 7)
    for m in [1, 3, 24] {
      let x = (0..<m).flatMap { _ in row }
      var y = [Float](repeating: 0, count: m * 7)
      Vector.multiply(w, outputRows: 0..<7, x, rows: m, into: &y, yStride: 7, arithmetic: .fast)
      let largest = canonical.map(\.magnitude).max() ?? 0
      #expect(zip(canonical, y).allSatisfy { ($0 - $1).magnitude <= largest * 2e-6 }, "\(format) \(m)")
      for r in 1..<max(m, 2) where r < m {
        #expect(firstDifference(Array(y[..<7]), Array(y[r * 7..<r * 7 + 7])) == nil)
      }
    }
  }

  /// Where there is no fast product the canonical one is formed, of the same bits.
  @Test(arguments: WeightMatrix.Format.all)
  func `without the instruction it is canonical`(format: WeightMatrix.Format) throws {
    let w = try RandomMatrix(format, rows: 4, columns: 256).matrix
    var random = Random(3)
    let x = random.normals(512)
    var canonical = [Float](repeating: 0, count: 8)
    var fast = canonical
    Vector.multiply(w, outputRows: 0..<4, x, rows: 2, into: &canonical, yStride: 4)
    _ = SIMDTier.portable.only {
      Vector.multiply(w, outputRows: 0..<4, x, rows: 2, into: &fast, yStride: 4, arithmetic: .fast)
    }
    #expect(firstDifference(canonical, fast) == nil)
  }
}
