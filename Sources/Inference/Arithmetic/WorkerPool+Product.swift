extension WorkerPool {
  /// y[r · yStride + o] = W[o] · x[r] for all outputs of `w`, spread over the threads.
  ///
  /// - Parameters:
  ///   - x: m × w.columns, contiguous.
  ///   - m: at least 1.
  public func multiply(
    _ w: WeightMatrix, _ x: UnsafePointer<Float>, rows m: Int, into y: UnsafeMutablePointer<Float>, yStride: Int,
    arithmetic: Arithmetic = .canonical
  ) {
    Vector.withPrepared(w, rows: m, arithmetic) { prepared in
      Vector.prepare(w, x, rows: m, into: prepared, arithmetic: arithmetic)
      run(count: w.rows, grain: Self.grain(w, rows: m)) { rows, _ in
        Vector.multiply(
          w, outputRows: rows, prepared: prepared, rows: m, into: y, yStride: yStride, arithmetic: arithmetic)
      }
    }
  }

  /// Output rows of one piece: a multiple of 24, so of what the kernels take at once (1, 2, 4 or 6), about 128 KiB of
  /// codes, and no more than a sixteenth of the matrix.
  static func grain(_ w: WeightMatrix, rows m: Int) -> Int {
    let wanted = (1 << 17) / max(1, w.format.rowBytes(columns: w.columns))
    return max(1, min(wanted, w.rows / 16) / 24) * 24
  }
}
