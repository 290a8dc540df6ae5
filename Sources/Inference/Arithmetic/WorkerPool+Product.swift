extension WorkerPool {
  /// y[r · yStride + o] = W[o] · x[r] for all outputs of `w`, spread over the threads.
  ///
  /// - Parameters:
  ///   - x: m × w.columns, contiguous.
  ///   - m: at least 1.
  public func multiply(
    _ w: WeightMatrix, _ x: UnsafePointer<Float>, rows m: Int, into y: UnsafeMutablePointer<Float>, yStride: Int
  ) {
    run(count: w.rows, grain: 64) { rows, _ in
      Vector.multiply(w, outputRows: rows, x, rows: m, into: y, yStride: yStride)
    }
  }
}
