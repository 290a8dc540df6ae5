import Files
import StrictJSON
import SystemPackage

/// How RMS norms are stored: as offsets from 1 (Hugging Face) or as plain factors (MLX).
public enum NormConvention: String, Sendable, CaseIterable {
  /// Offsets: the factor is 1 + the stored number.
  case offset
  /// Plain factors.
  case gamma
}

/// How a head's norms are stored, and how we know.
public struct NormDecision: Sendable, Equatable {
  /// How they are stored.
  public let convention: NormConvention
  /// The evidence, in words.
  public let evidence: String
  /// Whether something says so. If not, only a comparison with the trunk's norms can decide.
  public let isRecorded: Bool
}

extension CheckpointFolder {
  /// The norm convention of the head in these files, from what is recorded and from layouts, never from values.
  ///
  /// In this order: `norm_convention` in the metadata of the head's file; `rmsnorm_weight_format` of `mtp/manifest.json`;
  /// `format: mlx` in the metadata, by which readers decide; the layout of the trunk's `conv1d`.
  func normDecision(files: [Shard]) -> NormDecision {
    for shard in files {
      if let recorded = shard.file.header.metadataValue("norm_convention"),
        let convention = NormConvention(rawValue: recorded)
      {
        return decided(convention, "recorded as norm_convention in \(shard.name)")
      }
    }
    if files.contains(where: { $0.name.hasPrefix(FolderListing.headFolder + "/") }), let word = manifestWord {
      if word == "mlx_gamma" { return decided(.gamma, "recorded as rmsnorm_weight_format in mtp/manifest.json") }
      if word.hasPrefix("hf") { return decided(.offset, "recorded as rmsnorm_weight_format in mtp/manifest.json") }
    }
    guard let shard = files.first else { return decided(.offset, "no head") }
    let format = shard.file.header.metadataValue("format")
    if format == "mlx" { return decided(.gamma, "\(shard.name) is marked format mlx") }
    if isDrafter { return decided(.gamma, "the folder is a drafter (\(ModelConfig.drafterType)), made for MLX") }
    if let evidence = conversionEvidence {
      guard format != nil else {
        return NormDecision(
          convention: .gamma, evidence: "\(shard.name) is not marked, beside an MLX conversion (\(evidence))",
          isRecorded: false)
      }
      return decided(.offset, "\(shard.name) is marked format \(format ?? "nothing"), not mlx")
    }
    if let conv = tensorNames.first(where: { $0.hasSuffix(".conv1d.weight") }) {
      return decided(.offset, "\(conv) has the Hugging Face layout")
    }
    return decided(.offset, "\(shard.name) is marked format \(format ?? "nothing"), not mlx")
  }

  private func decided(_ convention: NormConvention, _ evidence: String) -> NormDecision {
    NormDecision(convention: convention, evidence: evidence, isRecorded: true)
  }

  /// `rmsnorm_weight_format` of `mtp/manifest.json`.
  private var manifestWord: String? { headManifest?["rmsnorm_weight_format"]?.stringValue }

  /// `mtp/manifest.json` of a folder; nil when it is not there, or not JSON.
  /// - Throws: `FileError` for one that cannot be read: it would else be taken for one that says nothing.
  static func headManifest(_ path: FilePath) throws(FileError) -> JSONValue? {
    let file = path.appending(FolderListing.headFolder).appending("manifest.json")
    let bytes = try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: file).readAll(limit: 4 << 20) }
    return bytes.flatMap { try? JSONValue.parse($0, file: file.string, maxValues: JSONValue.modestCount) }
  }

  /// Whether `mtp/manifest.json` says, in the words of its first version, that norms are plain factors.
  package var declaresHeadFactors: Bool {
    headManifest?["artifact_schema_version"]?.intValue == 1 && manifestWord == "mlx_gamma"
  }

  /// The head's vectors, all of them norms, whose mean is below a bound, as they are stored.
  package func headNorms(below bound: Double) throws -> [String] {
    try tensorNames.filter { name in
      guard HeadPrefix.of(name) != nil, let values = try floats(name), !values.isEmpty else { return false }
      return values.reduce(0) { $0 + Double($1) } / Double(values.count) < bound
    }
  }
}
