/// One architecture as data: which tensors it has, under which names, of which shapes, and what becomes of them.
///
/// Rows name tensors relative to a section (text stack, vision tower, MTP head), which has the prefixes in the source
/// and in the package. `{i}` is a layer or block, `{e}` an expert. A sibling model is a new table, not new code.
public struct ArchitectureTable: Sendable {
  /// `model_type` in `config.json`.
  public let modelType: String
  /// Whether the text configuration is nested in `text_config`.
  public let wrapped: Bool
  /// Whether the feed-forward layers are mixtures of experts.
  public let mixture: Bool
  /// Integers that the configuration must state.
  let fields: [ConfigField]
  /// Text stack, vision tower and output projection.
  let sections: [TensorSection]
  /// The MTP head; names relative to `mtp.`.
  let head: [TensorRow]

  /// Models of one family have the same head; a text-only export belongs to the family of its wrapper.
  var family: String { modelType.hasSuffix("_text") ? String(modelType.dropLast("_text".count)) : modelType }

  /// The wrapper's `model_type` of a text-only export; nil for any other model.
  public var wrapperType: String? { family == modelType ? nil : family }

  /// All tables.
  public static let all: [ArchitectureTable] = [.qwen3Next, .qwen35, .qwen35MoE, .qwen35Text, .qwen35MoEText]

  /// The table of a `model_type`.
  public static func named(_ modelType: String) -> ArchitectureTable? { all.first { $0.modelType == modelType } }
}

/// A group of rows that share prefixes.
struct TensorSection: Sendable {
  let source: String
  let package: String
  /// Another prefix that converted checkpoints in the wild have; Cambium never writes it.
  var alternate: String?
  let rows: [TensorRow]
}

/// Which layers have a row.
enum LayerSelector: Sendable {
  case once, all, full, linear, dense, sparse, visionBlock, untied
}

/// What is done with a tensor's elements on the way, before its treatment.
public enum TensorTransform: String, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// `T(f32(w) + 1)`: zero-centred RMS norm to a plain factor (MLX stores `1 + w`).
  case addOne = "add_one"
  /// Axes 1 and 2 swapped: `[C, 1, K]` to `[C, K, 1]`. The bytes stay.
  case conv1d = "conv1d_to_mlx"
  /// Axes to 0, 2, 3, 4, 1: `[D, C, T, P, P]` to `[D, T, P, P, C]`.
  case patchEmbed = "patch_embed_to_mlx"
}

/// How a package tensor is found in a source.
enum SourceForm: Sendable {
  /// One tensor of the row's shape.
  case whole(String)
  /// One tensor an expert, stacked on a new first axis in index order; `{e}` is the expert.
  case stacked(String)
  /// Rows `part`/`of` of each matrix of a three-axis tensor.
  case slice(String, part: Int, of: Int)
}

/// One tensor, or one a layer.
struct TensorRow: Sendable {
  let role: TensorRole
  let package: String
  let shape: [String]
  let transform: TensorTransform
  let layers: LayerSelector
  let forms: [SourceForm]
  /// What an earlier conversion did with the elements already.
  var settled = TensorTransform.none

  init(
    _ role: TensorRole, _ name: String, _ shape: [String], _ layers: LayerSelector,
    _ transform: TensorTransform = .none,
    from forms: [SourceForm]? = nil
  ) {
    self.role = role
    self.package = name
    self.shape = shape
    self.transform = transform
    self.layers = layers
    self.forms = forms ?? [.whole(name)]
  }
}
