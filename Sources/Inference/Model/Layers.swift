/// The parameters of a gated full-attention layer; `W · x` with W [rows, columns].
struct AttentionParameters: Sendable {
  /// [2·Nq·D, H]: per head D query rows, then D gate rows.
  let query: WeightMatrix
  /// [Nkv·D, H].
  let key: WeightMatrix
  /// [Nkv·D, H].
  let value: WeightMatrix
  /// [H, Nq·D].
  let output: WeightMatrix
  /// [D], plain factors.
  let queryNorm: FloatBuffer
  let keyNorm: FloatBuffer
}

/// The parameters of a Gated DeltaNet layer.
struct DeltaParameters: Sendable {
  /// How q, k, v, z, b and a are projected.
  enum Projections: Sendable {
    /// [C, H], [Vd, H], [Hv, H], [Hv, H].
    case separate(qkv: WeightMatrix, z: WeightMatrix, b: WeightMatrix, a: WeightMatrix)
    /// [2·Kd + 2·Vd, H] and [2·Hv, H], rows grouped by key head: q, k, v, z and b, a.
    case fused(qkvz: WeightMatrix, ba: WeightMatrix)
  }

  let projections: Projections
  /// For each part of a head (q, k, v) that is convolved at once: [K, channels of the part], the oldest tap first.
  let convolution: FloatBuffer
  /// [Hv]: −exp(A_log).
  let decayRate: FloatBuffer
  /// [Hv]: dt_bias.
  let decayBias: FloatBuffer
  /// [dv], plain factors.
  let norm: FloatBuffer
  /// [H, Vd].
  let output: WeightMatrix
}

/// A gated feed-forward layer: down · (silu(gate · x) ⊙ up · x).
struct GatedLinear: Sendable {
  let gate: WeightMatrix
  let up: WeightMatrix
  let down: WeightMatrix
}

/// A mixture of experts with a shared expert.
struct MixtureParameters: Sendable {
  /// [E, H].
  let router: WeightMatrix
  let experts: [GatedLinear]
  let shared: GatedLinear
  /// [1, H].
  let sharedGate: WeightMatrix
}

/// The feed-forward part of a layer.
enum FeedForward: Sendable {
  case dense(GatedLinear)
  case mixture(MixtureParameters)
}

/// What mixes positions in a layer.
enum Mixer: Sendable {
  case attention(AttentionParameters)
  case delta(DeltaParameters)
}

/// One decoder layer; norms are plain factors [H].
struct DecoderLayer: Sendable {
  let inputNorm: FloatBuffer
  let mixer: Mixer
  let feedForwardNorm: FloatBuffer
  let feedForward: FeedForward
}

/// The MTP head: fc · [norm(embedding); norm(hidden)], one full-attention layer, norm; the trunk's output projection.
struct MTPHead: Sendable {
  let embeddingNorm: FloatBuffer
  let hiddenNorm: FloatBuffer
  /// [H, 2·H]: the first H columns take the embedding.
  let projection: WeightMatrix
  let inputNorm: FloatBuffer
  let attention: AttentionParameters
  let feedForwardNorm: FloatBuffer
  let feedForward: FeedForward
  let norm: FloatBuffer
  /// Whether the first H columns take the hidden state instead; see ``HeadRepair``.
  var takesHiddenFirst = false
}
