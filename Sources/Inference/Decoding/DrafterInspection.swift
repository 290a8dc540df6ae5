import Checkpoint
import Safetensors
import StrictJSON
import SystemPackage

/// A drafter's folder as whoever packs it has to see it: of a kind that is read, whole, and made for the model.
public struct DrafterInspection: Sendable {
  /// Absolute path.
  public let path: FilePath
  /// The kind of the drafter.
  public let kind: DrafterKind
  /// The class that its configuration names.
  public let architecture: String
  /// Places of a block; nil for a drafter that drafts token by token.
  public let block: Int?
  /// Tokens that it drafts in a round when nothing else is said.
  public let places: Int
  /// Layers of the model after which it reads the residual stream.
  public let taps: [Int]
  /// `config.json`.
  public let config: JSONValue
  /// The file of its weights.
  package let weights: SafetensorsFile

  /// Opens a drafter, and checks that it fits the model.
  /// - Parameters:
  ///   - reference: The drafter.
  ///   - model: The model that it is to draft for.
  /// - Throws: ``DrafterError``, ``InferenceError``, ``WeightMatrixError``, `CheckpointError`, `FileError`, `JSONError`,
  ///   `SafetensorsError`.
  public init(_ reference: ModelReference, for model: CheckpointFolder) throws {
    let folder = try DrafterFolder(reference)
    let target = try TextConfiguration(model)
    let kind = try LoadedDrafters.kind(of: folder)
    try folder.requireTokenizer(of: model.path)
    self.kind = kind
    path = folder.path
    config = folder.config
    weights = folder.weights
    architecture = folder.config["architectures"]?.arrayValue?.first?.stringValue ?? ""
    switch kind {
    case .dflash:
      let drafter = try DFlashModel(folder, target: target)
      (block, places, taps) = (drafter.block, drafter.block - 1, drafter.taps)
    case .eagle3:
      let drafter = try Eagle3Model(folder, target: target)
      (block, places, taps) = (nil, DecodingMethod.eagle3().depth, drafter.taps)
    case .lookup, .mtp: throw DrafterError.kind(file: folder.configFile, found: architecture)
    }
  }
}
