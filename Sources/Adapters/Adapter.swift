import Checkpoint
import Files
import Safetensors
import SystemPackage

/// An adapter's folder, opened: configuration and the header of its weights. Factors are read when the rows that they
/// change are streamed.
public struct Adapter: Sendable {
  /// Absolute path.
  public let path: FilePath
  /// How the manifest names it.
  public let reference: ModelReference
  /// What `adapter_config.json` says.
  public let config: AdapterConfig
  /// The file of the factors.
  package let weights: SafetensorsFile

  /// - Throws: ``AdapterError``, `CheckpointError`, `FileError`, `JSONError`, `SafetensorsError`.
  public init(_ reference: ModelReference) throws {
    self.reference = reference
    path = try reference.resolve()
    let listing: FolderListing
    do { listing = try FolderListing(path) } catch is FileError {
      throw AdapterError.missing(path: path, expected: "a folder", found: "none")
    }
    let (config, weights) = (UnmergedAdapter.config, UnmergedAdapter.weights)
    try listing.require { $0 == config || $0 == weights }
    guard listing.files.contains(config) else {
      throw AdapterError.missing(path: path, expected: config, found: listing.summary)
    }
    self.config = try AdapterConfig(path: path.appending(config))
    guard listing.files.contains(weights) else {
      throw AdapterError.missing(path: path, expected: weights, found: listing.summary)
    }
    self.weights = try SafetensorsFile(path: path.appending(weights))
  }

  /// The commit of an adapter from the hub's cache; nil for a plain folder.
  package var commit: String? {
    guard case .hub = reference else { return nil }
    return path.name
  }

  /// The files that it consists of, by name.
  package var files: [(name: String, path: FilePath)] {
    [UnmergedAdapter.config, UnmergedAdapter.weights].map { ($0, path.appending($0)) }
  }

  /// What a person wants to know of a merge.
  package func notes(_ tensors: [ResolvedTensor]) -> [String] {
    let changed = tensors.filter { $0.delta != nil }
    let base = config.base.map { ", trained on \($0)" } ?? ""
    return ["the adapter changes \(changed.count) tensors (LoRA, rank \(config.rank)\(base))"]
      + idleTargets.map { "the adapter's target \($0) has no tensors in it" }
  }
}
