import CKernels

extension Vector {
  /// One row of the causal depthwise convolution: y[c] = silu(Σ weights[tap][c] · window[tap][c]), taps ascending.
  ///
  /// - Parameters:
  ///   - window: `taps` rows of `count` channels, `stride` apart, the oldest first, the current one last. For a pass of
  ///     m rows keep [taps − 1 + m] rows and call with the window of each row.
  ///   - weights: taps × count (a checkpoint's [count, 1, taps] transposed).
  public static func convolve(
    _ window: UnsafePointer<Float>, stride: Int, taps: Int, weights: UnsafePointer<Float>, count: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    cambium_convolve(window, stride, taps, weights, count, y)
  }

  /// One token of one head of the gated delta rule (architecture page, Gated DeltaNet):
  /// S ← decay · S; d = beta · (v − S k); S ← S + d kᵀ; out = S q.
  ///
  /// - Parameters:
  ///   - state: valueDimension × keyDimension: one row of keyDimension elements for each component of v (the transpose
  ///     of the [dk, dv] of most papers), so that both products are dot products of rows.
  ///   - next: Where the new state goes; nil to replace the old one.
  ///   - query, key: keyDimension elements, normalised, the query scaled.
  ///   - value, out: valueDimension elements.
  ///   - decay: exp(g), in 0 … 1.
  public static func deltaStep(
    state: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>? = nil, keyDimension: Int,
    valueDimension: Int, query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>,
    decay: Float, beta: Float, into out: UnsafeMutablePointer<Float>
  ) {
    cambium_delta_step(state, next ?? state, keyDimension, valueDimension, query, key, value, decay, beta, out)
  }
}
