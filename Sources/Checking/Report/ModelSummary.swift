import Inference

/// What a report says of a model.
public struct ModelSummary: Sendable, Hashable {
  /// `model_type` of config.json.
  public var modelType: String
  /// Whether it is a package of ours, and no checkpoint.
  public var isPackage: Bool
  /// Whether it has an MTP head.
  public var hasHead: Bool
  /// V, how many tokens have a logit.
  public var vocabulary: Int
  /// L, how many layers it has.
  public var layers: Int
  /// Bytes of the state that do not depend on its length: recurrent states and convolution inputs, f32.
  public var fixedStateBytes: Int
  /// Bytes of keys and values for each token, f32; the head's among them.
  public var stateBytesPerToken: Int

  /// A summary by its numbers, for reports that are not made of an opened model.
  package init(
    modelType: String, isPackage: Bool, hasHead: Bool, vocabulary: Int, layers: Int, fixedStateBytes: Int,
    stateBytesPerToken: Int
  ) {
    self.modelType = modelType
    self.isPackage = isPackage
    self.hasHead = hasHead
    self.vocabulary = vocabulary
    self.layers = layers
    self.fixedStateBytes = fixedStateBytes
    self.stateBytesPerToken = stateBytesPerToken
  }

  /// - Parameter model: The model that is summed up.
  public init(_ model: LoadedModel) {
    let configuration = model.configuration
    let full = configuration.fullAttention.count { $0 }
    let delta = configuration.delta
    modelType = configuration.modelType
    isPackage = model.isPackage
    hasHead = model.hasHead
    vocabulary = configuration.vocabulary
    layers = configuration.layerCount
    fixedStateBytes = 4 * (configuration.layerCount - full) * (delta.stateCount + (delta.taps - 1) * delta.channels)
    stateBytesPerToken = 4 * (full + (model.hasHead ? 1 : 0)) * 2 * configuration.attention.cacheWidth
  }
}
