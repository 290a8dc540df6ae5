import Checkpoint
import StrictJSON

/// Which hidden state of the trunk the MTP head takes.
public enum HeadInput: String, Sendable, CaseIterable {
  /// The hidden state after the final norm: what the family's heads were trained with.
  case postNorm = "post_norm"
  /// The residual stream before the final norm.
  case preNorm = "pre_norm"
}

/// The numbers of a text decoder, checked. Field names and defaults: architecture classes `qwen3_next`,
/// `qwen3_5_text` and `qwen3_5_moe_text` of the transformers library.
public struct TextConfiguration: Sendable {
  /// `model_type` of the top level.
  public let modelType: String
  /// V, how many tokens have an embedding and a logit.
  public let vocabulary: Int
  /// H, the width of the residual stream.
  public let hidden: Int
  /// Whether each layer is full attention (else Gated DeltaNet).
  public let fullAttention: [Bool]
  /// Whether each layer's feed-forward part is a mixture of experts.
  public let sparse: [Bool]
  /// The shape of the layers with full attention.
  public let attention: AttentionShape
  /// The shape of the layers with Gated DeltaNet.
  public let delta: DeltaShape
  /// nil for dense models.
  public let mixture: MixtureShape?
  /// ε of every RMS norm.
  public let epsilon: Float
  /// How positions turn queries and keys.
  public let rotary: Rotary
  /// Whether the output projection is the embedding.
  public let tied: Bool
  /// Which hidden state of the trunk the head is given.
  public let headInput: HeadInput

  /// L, how many layers there are.
  public var layerCount: Int { fullAttention.count }
}

/// Sizes of gated full attention.
public struct AttentionShape: Sendable, Hashable {
  /// Nq, query heads.
  public let heads: Int
  /// Nkv, key and value heads; divides `heads`.
  public let keyValueHeads: Int
  /// D, components of a head.
  public let headDimension: Int

  /// Width of all keys of a position, and of all values.
  public var cacheWidth: Int { keyValueHeads * headDimension }
  /// Width of all queries.
  public var queryWidth: Int { heads * headDimension }
}

/// Sizes of Gated DeltaNet.
public struct DeltaShape: Sendable, Hashable {
  /// Hk.
  public let keyHeads: Int
  /// Hv, a multiple of Hk.
  public let valueHeads: Int
  /// dk.
  public let keyDimension: Int
  /// dv.
  public let valueDimension: Int
  /// K, taps of the convolution.
  public let taps: Int
  /// Whether the projections are fused and grouped by key head (`qwen3_next`).
  public let fused: Bool

  /// Elements of all heads' queries, and of all heads' keys.
  public var keyWidth: Int { keyHeads * keyDimension }
  /// Elements of all heads' values.
  public var valueWidth: Int { valueHeads * valueDimension }
  /// C, channels of the convolution.
  public var channels: Int { 2 * keyWidth + valueWidth }
  /// Numbers of one layer's recurrent state: [Hv, dv, dk].
  public var stateCount: Int { valueWidth * keyDimension }
}

/// Sizes of a mixture of experts.
public struct MixtureShape: Sendable, Hashable {
  /// How many experts a token goes through.
  public let expertsPerToken: Int
  /// Whether the chosen experts' weights are divided by their sum.
  public let normalizes: Bool
}
