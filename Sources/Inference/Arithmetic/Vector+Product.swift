extension Vector {
  /// y[r · yStride + o] = W[o] · x[r] for the rows r < m of x and the outputs o of `outputRows`.
  ///
  /// Each result is the same whatever m and `outputRows` are. `WorkerPool.multiply` spreads a whole product over the
  /// threads and prepares x once for all of them: prefer it.
  ///
  /// - Parameters:
  ///   - outputRows: within 0 ..< w.rows.
  ///   - x: m × w.columns, contiguous.
  ///   - m: at least 1.
  ///   - y: element o of row r is y[r · yStride + o]; the other elements are left alone.
  public static func multiply(
    _ w: WeightMatrix, outputRows: Range<Int>, _ x: UnsafePointer<Float>, rows m: Int,
    into y: UnsafeMutablePointer<Float>, yStride: Int
  ) {
    for r in 0..<m {
      for o in outputRows { y[r * yStride + o] = ReferenceProduct.row(w, o, x + r * w.columns) }
    }
  }

  /// Row `row` dequantized, `w.columns` values (an embedding): the values that MLX's `dequantize` gives, for affine
  /// in the type of its parameters, for the other quantized formats in f32.
  public static func decodeRow(_ w: WeightMatrix, row: Int, into y: UnsafeMutablePointer<Float>) {
    ReferenceProduct.decodeRow(w, row: row, into: y)
  }
}
