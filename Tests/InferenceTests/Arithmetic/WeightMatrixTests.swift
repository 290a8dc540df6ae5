import Inference
import Testing

@Suite struct WeightMatrixTests {
  private func make(
    _ format: WeightMatrix.Format, _ rows: Int, _ columns: Int, codes: Int, scales: Int = 0, biases: Int = 0
  ) throws(WeightMatrixError) {
    let bytes = [UInt8](repeating: 0, count: 4096)
    var failure: WeightMatrixError?
    bytes.withUnsafeBytes { raw in
      let part = { (count: Int) in count == 0 ? nil : UnsafeRawBufferPointer(rebasing: raw[0..<count]) }
      do throws(WeightMatrixError) {
        _ = try WeightMatrix(
          format: format, rows: rows, columns: columns,
          codes: part(codes) ?? UnsafeRawBufferPointer(rebasing: raw[0..<0]),
          scales: part(scales), biases: part(biases))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  @Test func `exact sizes are taken`() throws {
    try make(.mxfp4, 2, 64, codes: 64, scales: 4)
    try make(.nvfp4, 2, 64, codes: 64, scales: 8)
    try make(.affine(bits: 3, group: 64), 4, 64, codes: 96, scales: 8, biases: 8)
    try make(.bf16, 3, 5, codes: 30)
  }

  @Test func `wrong sizes are refused`() {
    #expect(throws: WeightMatrixError.size(buffer: "weight", expected: 64, found: 63)) {
      try make(.mxfp4, 2, 64, codes: 63, scales: 4)
    }
    #expect(throws: WeightMatrixError.size(buffer: "scales", expected: 4, found: 0)) {
      try make(.mxfp4, 2, 64, codes: 64)
    }
    #expect(throws: WeightMatrixError.size(buffer: "biases", expected: 0, found: 4)) {
      try make(.mxfp4, 2, 64, codes: 64, scales: 4, biases: 4)
    }
    #expect(throws: WeightMatrixError.size(buffer: "biases", expected: 8, found: 6)) {
      try make(.affine(bits: 3, group: 64), 4, 64, codes: 96, scales: 8, biases: 6)
    }
  }

  @Test(arguments: [(2, 48), (0, 64), (-1, 64), (2, 0), (Int.max, 64), (1 << 40, 1 << 40)])
  func `impossible shapes are refused`(rows: Int, columns: Int) {
    #expect(throws: WeightMatrixError.self) { try make(.mxfp4, rows, columns, codes: 64, scales: 4) }
  }

  @Test func `unknown formats are refused`() {
    for format in [
      WeightMatrix.Format.affine(bits: 7, group: 64), .affine(bits: 4, group: 16), .affine(bits: 4, group: 0),
    ] {
      #expect(throws: WeightMatrixError.self) { try make(format, 2, 64, codes: 64, scales: 4, biases: 4) }
    }
  }

  @Test(arguments: [WeightMatrix.Format.mxfp4, .bf16, .affine(bits: 5, group: 32)])
  func `experts are their rows`(format: WeightMatrix.Format) throws {
    let w = try RandomMatrix(format, rows: 12, columns: 96).matrix
    let expert = w.slice(matrix: 2, of: 4)
    #expect(expert.rows == 3)
    for row in 0..<3 {
      var a = [Float](repeating: 0, count: 96)
      var b = a
      Vector.decodeRow(expert, row: row, into: &a)
      Vector.decodeRow(w, row: 6 + row, into: &b)
      #expect(a == b)
    }
    #expect(w.slice(rows: 10..<20).rows == 2)
  }
}
