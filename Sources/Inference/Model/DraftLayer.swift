/// Sizes of a drafter that is a small transformer.
struct DrafterShape: Sendable {
  /// H, as the target's.
  let hidden: Int
  /// V, as the target's.
  let vocabulary: Int
  let layers: Int
  /// Width of the feed-forward part.
  let wide: Int
  let attention: AttentionShape
  /// ε of every norm.
  let epsilon: Float
  let rotary: Rotary
}

/// One layer of such a drafter; norms are plain factors.
struct DraftLayer: Sendable {
  /// [H]; of EAGLE-3 that of the token's embedding.
  let inputNorm: FloatBuffer
  /// [Nq·D, X], [Nkv·D, X], [Nkv·D, X]; X is H, of EAGLE-3 2·H.
  let query, key, value: WeightMatrix
  /// [H, Nq·D].
  let output: WeightMatrix
  /// [D]; nil without norms of heads.
  let queryNorm, keyNorm: FloatBuffer?
  let feedForwardNorm: FloatBuffer
  let feedForward: GatedLinear
}

extension DrafterFolder {
  /// A layer by its prefix.
  /// - Parameters:
  ///   - prefix: With the dot at its end.
  ///   - shape: The drafter's shape.
  ///   - input: X, the width of what is projected to queries, keys and values.
  ///   - hasHeadNorms: Whether queries and keys are normed.
  func layer(_ prefix: String, _ shape: DrafterShape, input: Int, hasHeadNorms: Bool) throws -> DraftLayer {
    let (attention, mlp) = (prefix + "self_attn.", prefix + "mlp.")
    let (queries, keys, dimension) = (
      shape.attention.queryWidth, shape.attention.cacheWidth, shape.attention.headDimension
    )
    return DraftLayer(
      inputNorm: try vector(prefix + "input_layernorm.weight", shape.hidden),
      query: try matrix(attention + "q_proj.weight", queries, input),
      key: try matrix(attention + "k_proj.weight", keys, input),
      value: try matrix(attention + "v_proj.weight", keys, input),
      output: try matrix(attention + "o_proj.weight", shape.hidden, queries),
      queryNorm: hasHeadNorms ? try vector(attention + "q_norm.weight", dimension) : nil,
      keyNorm: hasHeadNorms ? try vector(attention + "k_norm.weight", dimension) : nil,
      feedForwardNorm: try vector(prefix + "post_attention_layernorm.weight", shape.hidden),
      feedForward: GatedLinear(
        gate: try matrix(mlp + "gate_proj.weight", shape.wide, shape.hidden),
        up: try matrix(mlp + "up_proj.weight", shape.wide, shape.hidden),
        down: try matrix(mlp + "down_proj.weight", shape.hidden, shape.wide)))
  }
}
