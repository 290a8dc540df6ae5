import Inference
import Quantization
import Testing
import Threads

/// The matrix product against its definition, in each tier.
@Suite struct ProductTests {
  private static let columns: [Int: [Int]] = [
    1: [1, 15, 16, 17, 100, 1040], 16: [16, 48, 128, 208, 1296], 32: [32, 96, 160, 256, 1312],
    64: [64, 192, 1344], 128: [128, 384, 1408],
  ]

  @Test(arguments: SIMDTier.available, WeightMatrix.Format.all)
  func `one row is the definition`(tier: SIMDTier, format: WeightMatrix.Format) throws {
    for columns in Self.columns[format.group] ?? [] {
      let w = try RandomMatrix(format, rows: 7, columns: columns, seed: UInt64(columns)).matrix
      try check(w, tier)
    }
  }

  @Test(arguments: SIMDTier.available, [WeightMatrix.Format.mxfp4, .mxfp8, .nvfp4, .affine(bits: 4, group: 32)])
  func `extreme scales are the definition`(tier: SIMDTier, format: WeightMatrix.Format) throws {
    try check(RandomMatrix(format, rows: 400, columns: 160, scales: .any).matrix, tier)
  }

  @Test(arguments: SIMDTier.available, [FloatType.f16, .f32])
  func `affine parameters of every type are the definition`(tier: SIMDTier, type: FloatType) throws {
    for format in [WeightMatrix.Format.affine(bits: 4, group: 64), .affine(bits: 6, group: 32)] {
      try check(RandomMatrix(format, rows: 5, columns: 320, parameterType: type).matrix, tier)
    }
  }

  /// Past the columns whose scales the kernels decode at once.
  @Test(arguments: SIMDTier.available, [WeightMatrix.Format.mxfp4, .nvfp4, .affine(bits: 2, group: 32), .mxfp8])
  func `long rows are the definition`(tier: SIMDTier, format: WeightMatrix.Format) throws {
    try check(RandomMatrix(format, rows: 2, columns: 8192 + 96).matrix, tier)
  }

  /// Past the columns that several rows of x take at once.
  @Test(arguments: SIMDTier.available, [WeightMatrix.Format.mxfp4, .affine(bits: 5, group: 64), .mxfp8])
  func `long rows do not see each other`(tier: SIMDTier, format: WeightMatrix.Format) throws {
    let columns = 8192 + 192
    let w = try RandomMatrix(format, rows: 9, columns: columns).matrix
    var random = Random(6)
    let x = random.normals(5 * columns)
    let expected = (0..<5).flatMap { r in
      (0..<9).map { ReferenceProduct.row(w, $0, Array(x[r * columns..<(r + 1) * columns])) }
    }
    for m in [2, 3, 5] {
      var y = [Float](repeating: 0, count: m * 9)
      _ = tier.only { Vector.multiply(w, outputRows: 0..<9, x, rows: m, into: &y, yStride: 9) }
      #expect(firstDifference(y, Array(expected[..<(m * 9)])) == nil, "\(tier) \(format) \(m)")
    }
  }

  private func check(_ w: WeightMatrix, _ tier: SIMDTier) throws {
    var random = Random(3)
    let x = random.normals(w.columns)
    let expected = (0..<w.rows).map { ReferenceProduct.row(w, $0, x) }
    var y = [Float](repeating: -1, count: w.rows)
    try #require(tier.only { Vector.multiply(w, outputRows: 0..<w.rows, x, rows: 1, into: &y, yStride: w.rows) } != nil)
    #expect(firstDifference(y, expected) == nil, "\(tier) \(w.format) \(w.columns)")
  }

  /// What a row of x gives does not depend on the rows beside it, nor on the range of outputs.
  @Test(arguments: SIMDTier.available, WeightMatrix.Format.all)
  func `rows do not see each other`(tier: SIMDTier, format: WeightMatrix.Format) throws {
    let columns = 1024 + 3 * max(format.group, 32) - (format.group == 1 ? 5 : 0)
    let w = try RandomMatrix(format, rows: 11, columns: columns).matrix
    var random = Random(4)
    let x = random.normals(70 * columns)
    let most = tier == .portable ? 23 : 70
    var single = [Float](repeating: 0, count: most * w.rows)
    for r in 0..<most {
      x.withUnsafeBufferPointer { x in
        single.withUnsafeMutableBufferPointer { y in
          guard let x = x.baseAddress, let y = y.baseAddress else { return }
          Vector.multiply(w, outputRows: 0..<11, x + r * columns, rows: 1, into: y + r * 11, yStride: 11)
        }
      }
    }
    for m in [2, 3, 4, 5, 6, 7, 8, 9, 17, 23, 64, 70] where m <= most {
      for outputs in [0..<11, 2..<3, 3..<8] {
        var y = [Float](repeating: 9, count: m * 11)
        _ = tier.only { Vector.multiply(w, outputRows: outputs, x, rows: m, into: &y, yStride: 11) }
        let expected = (0..<m * 11).map { outputs.contains($0 % 11) ? single[$0] : 9 }
        #expect(firstDifference(y, expected) == nil, "\(tier) \(format) \(m) \(outputs)")
      }
    }
  }

  @Test(arguments: [1, 2, 5])
  func `threads do not change the result`(threads: Int) throws {
    let pool = WorkerPool(threads: threads)
    for m in [1, 3, 9] {
      let w = try RandomMatrix(.mxfp4, rows: 1000, columns: 256).matrix
      var random = Random(5)
      let x = random.normals(m * 256)
      var expected = [Float](repeating: 0, count: m * 1003)
      Vector.multiply(w, outputRows: 0..<1000, x, rows: m, into: &expected, yStride: 1003)
      var y = [Float](repeating: 0, count: m * 1003)
      pool.multiply(w, x, rows: m, into: &y, yStride: 1003)
      #expect(firstDifference(y, expected) == nil)
    }
  }

  @Test(arguments: SIMDTier.available, WeightMatrix.Format.all)
  func `decoded rows are the dequantizer's`(tier: SIMDTier, format: WeightMatrix.Format) throws {
    let columns = format.group == 1 ? 77 : 3 * format.group
    let w = try RandomMatrix(format, rows: 6, columns: columns, scales: .any).matrix
    for row in 0..<6 {
      var y = [Float](repeating: -1, count: columns)
      var expected = y
      _ = tier.only { Vector.decodeRow(w, row: row, into: &y) }
      ReferenceProduct.decodeRow(w, row: row, into: &expected)
      #expect(firstDifference(y, expected) == nil, "\(tier) \(format)")
    }
  }
}
