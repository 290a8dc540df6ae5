import CKernels

extension Vector {
  /// One row of the causal depthwise convolution: y[c] = silu(Σ weights[tap][c] · window[tap][c]), taps ascending.
  ///
  /// - Parameters:
  ///   - window: `taps` rows of `count` channels, `stride` apart, the oldest first, the current one last. For a pass of
  ///     m rows keep [taps − 1 + m] rows and call with the window of each row.
  ///   - stride: Elements from one row of the window to the next.
  ///   - taps: Length of the kernel.
  ///   - weights: taps × count (a checkpoint's [count, 1, taps] transposed).
  ///   - count: Channels.
  ///   - y: `count` elements.
  public static func convolve(
    _ window: UnsafePointer<Float>, stride: Int, taps: Int, weights: UnsafePointer<Float>, count: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    cambium_convolve(window, stride, taps, weights, count, y)
  }

  /// Tokens of one head of the gated delta rule (architecture page, Gated DeltaNet), one after another:
  /// S ← decay · S; u = beta · (v − S k); S ← S + u kᵀ; out = S q.
  ///
  /// - Parameters:
  ///   - state: valueDimension × keyDimension: one row of keyDimension elements for each component of v (the transpose
  ///     of the [dk, dv] of most papers), so that both products are dot products of rows.
  ///   - keyDimension: Elements of a query and a key.
  ///   - valueDimension: Elements of a value.
  ///   - record: Tokens that go into the state first.
  ///   - tokens: The new tokens.
  ///   - scratch: With 4 · keyDimension elements the new tokens leave the state as it is after those of the record,
  ///     and their u replace the record's, which needs room for them. With nil they go into the state.
  public static func deltaSteps(
    state: UnsafeMutablePointer<Float>, keyDimension: Int, valueDimension: Int, record: DeltaRecord? = nil,
    _ tokens: DeltaTokens, scratch: UnsafeMutablePointer<Float>? = nil
  ) {
    var record = record?.kernel ?? cambium_delta_record()
    var tokens = tokens.kernel
    cambium_delta_steps(state, keyDimension, valueDimension, &record, &tokens, scratch)
  }
}

/// Tokens to run through one head of the delta rule.
public struct DeltaTokens {
  var kernel: cambium_delta_tokens

  /// - Parameters:
  ///   - count: Tokens.
  ///   - query: keyDimension elements a token, normalised, the query scaled.
  ///   - key: keyDimension elements a token, normalised, the query scaled.
  ///   - value: valueDimension elements a token.
  ///   - stride: Elements from a token's query, key or value to the next token's.
  ///   - decay: exp(g) of each token, in 0 … 1.
  ///   - beta: The writing strength of each token, in 0 … 1.
  ///   - gateStride: Elements from a token's decay or beta to the next token's.
  ///   - out: valueDimension elements a token, `outStride` apart.
  ///   - outStride: Elements from a token's output to the next token's.
  public init(
    count: Int, query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>, stride: Int,
    decay: UnsafePointer<Float>, beta: UnsafePointer<Float>, gateStride: Int, out: UnsafeMutablePointer<Float>,
    outStride: Int
  ) {
    kernel = cambium_delta_tokens(
      count: count, queries: query, keys: key, values: value, stride: stride, decays: decay, betas: beta,
      gate_stride: gateStride, out: out, out_stride: outStride)
  }

  /// Creates a run of no tokens: for a record that is to go into the state by itself.
  init() { kernel = cambium_delta_tokens() }
}

/// Tokens of one head of the delta rule that ran on a copy of the state: what each needs to go into the state itself.
public struct DeltaRecord {
  var kernel: cambium_delta_record

  /// - Parameters:
  ///   - count: Tokens to go into the state.
  ///   - keys: keyDimension elements a token, `keyStride` apart.
  ///   - keyStride: Elements from a token's key to the next token's.
  ///   - decays: One a token, `decayStride` apart.
  ///   - decayStride: Elements from a token's decay to the next token's.
  ///   - updates: u, valueDimension elements a token, `updateStride` apart.
  ///   - updateStride: Elements from a token's u to the next token's.
  public init(
    count: Int, keys: UnsafePointer<Float>, keyStride: Int, decays: UnsafePointer<Float>, decayStride: Int,
    updates: UnsafeMutablePointer<Float>, updateStride: Int
  ) {
    kernel = cambium_delta_record(
      count: count, keys: keys, key_stride: keyStride, decays: decays, decay_stride: decayStride, updates: updates,
      update_stride: updateStride)
  }
}
