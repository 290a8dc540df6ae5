/// A tensor of an MLX package: where its parts lie.
public struct PackageTensor: Sendable {
  /// Canonical name, as the converter writes it.
  public let name: String
  /// Name of the weight as it stands in the folder; the key of its module is this without `.weight`.
  public let storedName: String
  public let role: TensorRole
  /// What the conversion did to the elements; `addOne` marks a norm.
  public let transform: TensorTransform
  /// Logical shape, before packing.
  public let shape: [Int]
  public let weight: CheckpointFolder.Place
  /// One scale for each group of the last dimension; nil when the tensor is not quantized.
  public let scales: CheckpointFolder.Place?
  /// Beside the scales in affine mode.
  public let biases: CheckpointFolder.Place?
}

extension ArchitectureTable {
  /// Prefix of the text stack's tensors in a package, such as `language_model.model.`.
  public var textPrefix: String { sections.first?.package ?? "" }

  /// Prefix of the output projection in a package.
  public var outputPrefix: String { sections.dropFirst().first?.package ?? "" }

  /// The rows of the text stack and the output projection.
  var textSections: [TensorSection] { sections.filter { !$0.rows.contains { $0.role == .vision } } }

  /// Prefixes under which converters write a section: as its table says, or with or without `language_model.` before it.
  static func packagePrefixes(_ section: TensorSection) -> [String] {
    let marker = "language_model."
    let other =
      section.package.hasPrefix(marker) ? String(section.package.dropFirst(marker.count)) : marker + section.package
    return [section.package, other]
  }
}
