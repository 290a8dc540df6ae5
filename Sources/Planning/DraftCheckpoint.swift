import Checkpoint
import Digests
import Files
import Safetensors
import StrictJSON
import SystemPackage

/// A drafter with its own weights that the manifest names, opened and matched to the source by the runner that computes
/// it. It goes into a folder of the package, with every tensor as it is.
public struct DraftCheckpoint: Sendable {
  /// A tensor of it.
  package struct Tensor: Sendable {
    package let name: String
    package let dtype: String
    package let shape: [Int]
    package let bytes: Int
  }

  /// Absolute path.
  public let path: FilePath
  /// How the manifest names it.
  public let reference: ModelReference
  /// The way of decoding with it, as the runner spells it.
  package let decoder: String
  /// The class that its configuration names.
  package let architecture: String
  /// Places of a block; nil for a drafter that drafts token by token.
  package let block: Int?
  /// Tokens that it drafts in a round.
  package let places: Int
  /// Layers of the source after which it reads the residual stream.
  package let taps: [Int]
  /// The file of its weights.
  package let weights: SafetensorsFile
  /// Its files but configuration and weights that travel along: card and licences.
  private let others: [(name: String, bytes: Int)]
  private let configBytes: [UInt8]
  private let config: JSONValue

  /// The folder in the package. `mlx-vlm` loads it as a draft model, and the runner finds it there.
  package static let folder = "drafter"
  /// What the names of its files in the package, and as inputs, begin with.
  package static let prefix = "\(folder)/"

  private static let config = "config.json"
  /// What names code beside the weights, in a configuration.
  private static let codeField = "auto_map"

  /// - Parameters:
  ///   - reference: How the manifest names it.
  ///   - path: Absolute path of its folder.
  ///   - weights: The file of its weights, open.
  ///   - decoder: The way of decoding with it, as the runner spells it.
  ///   - architecture: The class that its configuration names.
  ///   - block: Places of a block; nil for a drafter that drafts token by token.
  ///   - places: Tokens that it drafts in a round.
  ///   - taps: Layers of the source after which it reads the residual stream.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`.
  package init(
    _ reference: ModelReference, path: FilePath, weights: SafetensorsFile, decoder: String, architecture: String,
    block: Int?, places: Int, taps: [Int]
  ) throws {
    self.reference = reference
    self.path = path
    self.weights = weights
    self.decoder = decoder
    self.architecture = architecture
    self.block = block
    self.places = places
    self.taps = taps
    let file = path.appending(DraftCheckpoint.config)
    configBytes = try ReadOnlyFile(path: file).readAll(limit: 1 << 20)
    config = try JSONValue.parse(configBytes, file: file.string)
    let listing = try FolderListing(path)
    let travels = { (name: String) in name == PackageFiles.card || Sidecars.isLegal(name) }
    try listing.require(travels)
    others = try listing.files.filter { travels($0) && ChecksumList.canList($0) }.map {
      ($0, try ReadOnlyFile(path: path.appending($0)).size)
    }
  }

  /// The commit of a drafter from the hub's cache; nil for a plain folder.
  package var commit: String? {
    guard case .hub = reference else { return nil }
    return path.name
  }

  /// Where the weights are in the package.
  package var weightsFile: String { DraftCheckpoint.place(weights.path.name) }

  /// The tensors in the order of their names.
  package var tensors: [Tensor] {
    weights.header.tensors.map {
      Tensor(name: $0.name, dtype: $0.dtype.rawValue, shape: $0.shape, bytes: $0.byteCount)
    }
  }

  /// What it is, for a report.
  package var json: JSONValue {
    .object([
      ("architecture", .string(architecture)), ("decoder", .string(decoder)),
      ("block", block.map { .int($0) } ?? .null), ("taps", .array(taps.map { .int($0) })),
      ("tensors", .int(tensors.count)), ("bytes", .int(weights.header.dataSize)),
    ])
  }

  /// What a person wants to know of it.
  package var notes: [String] {
    let (folder, code) = (DraftCheckpoint.folder, DraftCheckpoint.codeField)
    return ["the drafter (\(architecture), \(tensors.count) tensors) goes into the folder \(folder) as it is"]
      + (config[code] == nil
        ? [] : ["\(code) in the drafter's config.json is left out: it names code, and code is never copied"])
  }

  /// The files that it has in the package.
  var files: [PlannedFile] {
    let written = writtenConfig
    return [
      PlannedFile(
        path: DraftCheckpoint.place(DraftCheckpoint.config), bytes: written.count, content: .generated(written)),
      PlannedFile(
        path: weightsFile, bytes: weights.header.fileSize, content: .drafter(from: weights.path)),
    ]
      + others.map {
        PlannedFile(
          path: DraftCheckpoint.place($0.name), bytes: $0.bytes, content: .drafter(from: path.appending($0.name)))
      }
  }

  /// Its files as inputs, under the names that they have in the package.
  var inputs: [InputFile] {
    [
      InputFile(
        name: DraftCheckpoint.place(DraftCheckpoint.config), path: path.appending(DraftCheckpoint.config),
        bytes: configBytes.count, shard: nil, sha256: SHA256Digest.of(configBytes)),
      InputFile(
        name: weightsFile, path: weights.path, bytes: weights.header.fileSize, shard: nil, sha256: nil),
    ]
      + others.map {
        InputFile(
          name: DraftCheckpoint.place($0.name), path: path.appending($0.name), bytes: $0.bytes, shard: nil, sha256: nil)
      }
  }

  /// The configuration byte for byte, unless it names code.
  private var writtenConfig: [UInt8] {
    guard config[DraftCheckpoint.codeField] != nil else { return configBytes }
    var config = config
    config.removeKey(DraftCheckpoint.codeField)
    return JSONWriter.pretty(config)
  }

  private static func place(_ name: String) -> String { prefix + name }
}
