import Checkpoint
import Diagnostics
import Files
import Planning
import Safetensors
import StrictJSON

/// What readers decide by: files, the names and shapes in them, metadata, index and configuration of a model folder.
/// Made of a folder or of a plan, so that a manifest's demands are met before a byte is written.
public struct PackageView: Sendable {
  /// One safetensors file.
  struct File: Sendable {
    /// The name relative to the folder; a name with a slash is in a folder below.
    let name: String
    /// `format` of its metadata.
    let format: String?
    /// Shapes by name.
    let tensors: [UTF8Name: [Int]]
    /// Whether there is a name with `mtp.` in it.
    let hasHead: Bool

    init(name: String, format: String?, tensors: [UTF8Name: [Int]]) {
      self.name = name
      self.format = format
      self.tensors = tensors
      // Every reader asks for it, of files with names by the hundred thousand.
      hasHead = tensors.keys.contains { $0.string.hasBytes(anywhere: "mtp.") }
    }

    var names: [String] { tensors.keys.map(\.string) }
  }

  /// How the head's norms are, seen from the convention that is recorded of them.
  enum HeadNorms: Sendable {
    case sound, neverShifted, shiftedTwice
  }

  let files: [File]
  /// `weight_map`; nil without an index.
  let index: [UTF8Name: String]?
  let config: JSONValue
  let model: ModelConfig
  /// Whether the trunk is an MLX conversion.
  let isConverted: Bool
  /// Why the trunk is not complete; nil when it is, or when there is none to be.
  let trunkProblem: String?
  /// Why the head is not usable at all; nil when it is, or when there is none.
  let headProblem: String?
  let norms: HeadNorms
  let isDrafter: Bool
  /// Whether there is a tokenizer in any of the forms that libraries load.
  let hasTokenizer: Bool
  /// The head's norms whose mean, as they are stored, is below a half.
  let lowHeadNorms: [String]
  /// Whether `mtp/manifest.json` says that the norms of the head beside it are plain factors.
  let declaresHeadFactors: Bool
  /// What a drafter's folder with a usable head says of itself: this folder's own when it is one, else that of the folder
  /// beside, under its name and `-mtp`; nil when there is none.
  let drafter: Drafter?

  package struct Drafter: Sendable {
    /// `model_type` in its `text_config`.
    let textType: String
    let isMixture: Bool

    init(config: JSONValue, isMixture: Bool) {
      textType = config["text_config"]?["model_type"]?.stringValue ?? ""
      self.isMixture = isMixture
    }
  }

  var modelType: String { model.modelType }

  /// What is to be added where mlx-vlm loads a head: up to 0.7.10 its trunk of Qwen3-Next returns no hidden states, so that
  /// decoding with a draft model ends with an error.
  var draftingLimit: String {
    modelType == "qwen3_next" ? ", but up to 0.7.10 cannot decode with a draft model of this architecture" : ""
  }

  /// Rows of the head's router; nil for a dense head.
  func headExperts(in files: [File]) -> Int? { shape("mtp.layers.0.mlp.gate.weight", in: files)?.first }

  /// A shape, wherever the tensor is.
  func shape(_ name: String, in files: [File]) -> [Int]? { files.lazy.compactMap { $0.tensors[UTF8Name(name)] }.first }
}

extension PackageView {
  /// The view of a folder. Only headers are read, and the norms.
  /// - Throws: what opening the folder throws.
  public init(of folder: CheckpointFolder) throws { try self.init(of: folder, drafter: nil) }

  /// The view of a folder before the drafter's folder is made.
  /// - Parameters:
  ///   - folder: The folder.
  ///   - foretold: The drafter's folder that is going to be beside; nil to look for it.
  package init(of folder: CheckpointFolder, drafter foretold: Drafter?) throws {
    var index: [UTF8Name: String]?
    if folder.indexedCount != nil {
      let path = folder.path.appending(PackageFiles.index)
      let bytes = try ReadOnlyFile(path: path).readAll(limit: WeightIndex.mostBytes)
      let map = try JSONValue.parse(bytes, file: path.string)["weight_map"]
      index = Dictionary((map?.members ?? []).map { (UTF8Name($0.key), $0.value.stringValue ?? "") }) { first, _ in
        first
      }
    }
    self.index = index
    files = folder.shards.map { shard in
      File(
        name: shard.name, format: shard.file.header.metadataValue("format"),
        tensors: Dictionary(shard.file.header.tensors.map { (UTF8Name($0.name), $0.shape) }) { first, _ in first })
    }
    config = folder.config
    model = folder.model
    isConverted = folder.conversionEvidence != nil
    isDrafter = folder.isDrafter
    hasTokenizer = folder.sidecars.hasTokenizer
    lowHeadNorms = folder.isDrafter ? [] : try folder.headNorms(below: 0.5)
    declaresHeadFactors = folder.declaresHeadFactors
    trunkProblem = folder.isDrafter ? nil : try Diagnostic.verdict { _ = try folder.trunk() }
    var norms = HeadNorms.sound
    headProblem =
      folder.headEvidence.isPresent
      ? try Diagnostic.verdict {
        do {
          _ = try folder.head(for: folder)
        } catch {
          guard case HeadError.norms(_, _, _, let excess, _) = error else { throw error }
          norms = excess > 0 ? .shiftedTwice : .neverShifted
        }
      } : nil
    self.norms = norms
    if folder.isDrafter {
      drafter = headProblem == nil ? Drafter(config: folder.config, isMixture: folder.table.mixture) : nil
    } else if let foretold {
      drafter = foretold
    } else {
      var found: Drafter?
      _ = try Diagnostic.verdict {
        let beside = try CheckpointFolder(.folder(folder.path.appending(suffix: PackageTarget.drafter.suffix)))
        guard beside.isDrafter else { return }
        _ = try beside.head(for: folder)
        found = Drafter(config: beside.config, isMixture: beside.table.mixture)
      }
      drafter = found
    }
  }

  /// The view of what a plan will make.
  /// - Parameters:
  ///   - plan: the tensors and files that will be made.
  ///   - known: the files besides the weights, of which configuration and index count.
  ///   - resolution: source and donor, whose configuration is read.
  package init(_ plan: Plan, _ known: KnownFiles, _ resolution: Resolution) throws {
    var tensors: [[UTF8Name: [Int]]] = plan.weights.map { _ in [:] }
    for tensor in plan.tensors {
      for part in tensor.parts { tensors[part.file][UTF8Name(part.name)] = part.shape }
    }
    files = zip(plan.weights, tensors).map { File(name: $0.path, format: "mlx", tensors: $1) }
    config = try known.document(PackageFiles.config) ?? .object([])
    index = try known.document(PackageFiles.index).map { value in
      Dictionary((value["weight_map"]?.members ?? []).map { (UTF8Name($0.key), $0.value.stringValue ?? "") }) {
        first, _ in first
      }
    }
    model = try ModelConfig(config, file: PackageFiles.config)
    isConverted = true
    isDrafter = resolution.target == .drafter
    hasTokenizer = resolution.source.sidecars.hasTokenizer
    lowHeadNorms = []
    declaresHeadFactors = plan.head?.file == WeightLayout.nestedHeadFile
    trunkProblem = nil
    headProblem = nil
    norms = .sound
    drafter = PackageView.drafter(resolution)
  }

  /// What the drafter's folder that a manifest asks for will say of itself; nil when it asks for none.
  package static func drafter(_ resolution: Resolution) -> Drafter? {
    guard resolution.head != nil, PackageTarget.all(resolution.manifest).contains(.drafter) else { return nil }
    let isMixture = resolution.source.table.mixture
    return Drafter(
      config: ["text_config": ["model_type": isMixture ? "qwen3_5_moe_text" : "qwen3_5_text"]], isMixture: isMixture)
  }
}
