import CKernels
import Threads

extension Vector {
  /// y[r · yStride + o] = W[o] · x[r] for the rows r < m of x and the outputs o of `outputRows`.
  ///
  /// Each result is the same whatever m and `outputRows` are. `WorkerPool.multiply` spreads a whole product over the
  /// threads and prepares x once for all of them: prefer it.
  ///
  /// - Parameters:
  ///   - w: The matrix, rows × columns.
  ///   - outputRows: within 0 ..< w.rows.
  ///   - x: m × w.columns, contiguous.
  ///   - m: at least 1.
  ///   - y: element o of row r is y[r · yStride + o]; the other elements are left alone.
  ///   - yStride: Elements from a row of y to the next; at least w.rows for all outputs.
  ///   - arithmetic: The arithmetic of the products; another than the canonical one yields other results.
  public static func multiply(
    _ w: WeightMatrix, outputRows: Range<Int>, _ x: UnsafePointer<Float>, rows m: Int,
    into y: UnsafeMutablePointer<Float>, yStride: Int, arithmetic: Arithmetic = .canonical
  ) {
    withPrepared(w, rows: m, arithmetic) { prepared in
      prepare(w, x, rows: m, into: prepared, arithmetic: arithmetic)
      multiply(
        w, outputRows: outputRows, prepared: prepared, rows: m, into: y, yStride: yStride, arithmetic: arithmetic)
    }
  }

  /// Calls `body` with memory for m prepared rows, aligned so that no vector straddles two cache lines.
  static func withPrepared(
    _ w: WeightMatrix, rows m: Int, _ arithmetic: Arithmetic, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let count = preparedCount(w, rows: m, arithmetic: arithmetic)
    withUnsafeTemporaryAllocation(byteCount: count * 4, alignment: 64) { buffer in
      guard let start = buffer.baseAddress else { return }
      body(start.bindMemory(to: Float.self, capacity: count))
    }
  }

  /// Elements that m prepared rows of x take. Memory for them is best aligned to 64 bytes.
  public static func preparedCount(_ w: WeightMatrix, rows m: Int, arithmetic: Arithmetic = .canonical) -> Int {
    withUnsafePointer(to: w.kernel) {
      (arithmetic.isFast($0) ? cambium_fast_stride($0) : cambium_prepared_stride($0)) * m
    }
  }

  /// Puts m rows of x into the order in which the kernels of `w` read them, for several calls of `multiply`. What
  /// comes out serves every matrix of the same format and columns with the same arithmetic.
  public static func prepare(
    _ w: WeightMatrix, _ x: UnsafePointer<Float>, rows m: Int, into prepared: UnsafeMutablePointer<Float>,
    arithmetic: Arithmetic = .canonical
  ) {
    withUnsafePointer(to: w.kernel) {
      if arithmetic.isFast($0) {
        cambium_fast_prepare($0, x, m, prepared)
      } else {
        cambium_prepare($0, x, m, prepared)
      }
    }
  }

  /// The same, from prepared rows.
  public static func multiply(
    _ w: WeightMatrix, outputRows: Range<Int>, prepared: UnsafePointer<Float>, rows m: Int,
    into y: UnsafeMutablePointer<Float>, yStride: Int, arithmetic: Arithmetic = .canonical
  ) {
    withUnsafePointer(to: w.kernel) {
      if arithmetic.isFast($0) {
        cambium_fast_product($0, outputRows.lowerBound, outputRows.upperBound, prepared, m, y, yStride)
      } else {
        cambium_product($0, outputRows.lowerBound, outputRows.upperBound, prepared, m, y, yStride)
      }
    }
  }

  /// Row `row` dequantized, `w.columns` values (an embedding): the values that MLX's `dequantize` returns, for affine
  /// in the type of its parameters, for the other quantized formats in f32.
  public static func decodeRow(_ w: WeightMatrix, row: Int, into y: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: w.kernel) { cambium_decode_row($0, row, y) }
  }
}
