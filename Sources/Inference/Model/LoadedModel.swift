import Checkpoint
import Diagnostics
import Files
import Foundation
import SystemPackage

/// A model ready to run: the text decoder and its MTP head, if it has one, with all weights memory-mapped as stored.
///
/// Opened from an MLX package (quantized or not) or from a Hugging Face checkpoint in BF16, F16 or F32. Many sessions
/// may share one model.
public final class LoadedModel: Sendable {
  /// Absolute path of the folder.
  public let path: FilePath
  /// Sizes and layers of the text decoder.
  public let configuration: TextConfiguration
  /// Whether the folder is an MLX package.
  public let isPackage: Bool
  let embedding: WeightMatrix
  let layers: [DecoderLayer]
  let norm: FloatBuffer
  /// [V, H]; the embedding when tied.
  let output: WeightMatrix
  let head: MTPHead?
  let dflash: DFlashModel?
  let eagle3: Eagle3Model?

  /// The folders that it was opened from: its own, the head's when that is another, and those of drafters.
  public let folders: [FilePath]

  /// Bytes of the files that are mapped into memory; they count as resident only as far as they have been read.
  public let mappedBytes: Int

  /// Stored bits of a weight over the quantized matrices without the head; nil where nothing is quantized.
  package let quantizedBits: Double?

  /// Whether the model has an MTP head.
  public var hasHead: Bool { head != nil }

  /// Whether it has a drafter with its own weights: one that was given, or one in its package.
  public var hasDrafter: Bool { dflash != nil || eagle3 != nil }

  /// Opens a model: a folder, or `hub:org/name@revision`.
  /// - Parameters:
  ///   - path: The folder, or `hub:org/name@revision` for a snapshot in the local hub cache.
  ///   - head: A model that has the head, such as a drafter of mlx-vlm; nil for the model's own head.
  ///   - drafters: Folders of drafters with their own weights, each of another kind.
  /// - Throws: `CheckpointError`, `HeadError`, `SafetensorsError`, `JSONError`, ``DrafterError``, ``InferenceError``,
  ///   ``WeightMatrixError``.
  public static func open(_ path: String, head: String? = nil, drafters: [String] = []) throws -> LoadedModel {
    let folder = { (path: String) in
      try CheckpointFolder(ModelReference(typed: path))
    }
    return try LoadedModel(
      folder(path), head: head.map(folder), drafters: drafters.map { try ModelReference(typed: $0) })
  }

  /// Why the runner cannot run a folder's model, as far as its configuration tells; nil when it can.
  public static func obstacle(_ folder: CheckpointFolder) -> (any CambiumError)? {
    do {
      _ = try TextConfiguration(folder)
      return nil
    } catch {
      return error as? any CambiumError
    }
  }

  /// Maps the weights of an opened folder.
  ///
  /// A drafter in the folder `drafter` of a package is opened with it, unless one of its kind is given.
  public convenience init(
    _ folder: CheckpointFolder, head donor: CheckpointFolder? = nil, drafters: [ModelReference] = []
  ) throws {
    // What cannot be run is said before its weights are mapped.
    _ = try TextConfiguration(folder)
    try self.init(folder, StoredWeights(folder, head: donor), head: donor, drafters: drafters)
  }

  /// A model of weights that are mapped already.
  /// - Parameter donor: Where the head's are from, when not from the folder.
  init(
    _ folder: CheckpointFolder, _ weights: StoredWeights, head donor: CheckpointFolder? = nil,
    drafters: [ModelReference]
  ) throws {
    path = folder.path
    configuration = try TextConfiguration(folder)
    isPackage = folder.conversionEvidence != nil
    let drafters = try LoadedDrafters(drafters, target: configuration, model: folder.path)
    (dflash, eagle3) = (drafters.dflash, drafters.eagle3)
    folders = [folder.path] + [donor?.path].compactMap { $0 } + drafters.folders
    // Both together are smaller than the address space.
    quantizedBits = weights.quantizedBits
    mappedBytes = weights.mappedBytes + drafters.mappedBytes
    let reader = LayerReader(weights: weights, configuration: configuration)
    let prefix = weights.textPrefix
    let experts = configuration.mixture?.expertsPerToken ?? 0
    if let own = weights.headExperts, own < experts {
      throw InferenceError.unsupported(
        file: folder.configPath.string, feature: "a head with fewer experts than are chosen for a token",
        expected: "at least \(experts)", found: "\(own)")
    }
    embedding = try weights.matrix(prefix + "embed_tokens.weight")
    layers = try configuration.fullAttention.indices.map { try reader.layer($0, prefix: prefix + "layers.\($0).") }
    norm = try weights.vector(prefix + "norm.weight")
    output = configuration.tied ? embedding : try weights.matrix(weights.outputPrefix + "lm_head.weight")
    head = weights.hasHead ? try reader.head(prefix: "mtp.") : nil
  }
}

extension LoadedModel {
  /// Whether a drafter of a kind is there; lookup always is.
  public func has(_ kind: DrafterKind) -> Bool {
    switch kind {
    case .lookup: true
    case .mtp: head != nil
    case .dflash: dflash != nil
    case .eagle3: eagle3 != nil
    }
  }
}
