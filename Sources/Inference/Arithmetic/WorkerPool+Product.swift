import Threads

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

  /// Output rows of one piece: as many as the kernels take at once or a multiple, and no more than a sixteenth of the
  /// matrix. With few rows of x about 64 KiB of codes: a thread waits for the other's last piece at the end of each product.
  static func grain(_ w: WeightMatrix, rows m: Int) -> Int {
    let atOnce = m < 20 ? 16 : 48
    let wanted = (m < 20 ? 1 << 16 : 1 << 17) / max(1, w.format.rowBytes(columns: w.columns))
    return max(1, min(wanted, w.rows / 16) / atOnce) * atOnce
  }
}
