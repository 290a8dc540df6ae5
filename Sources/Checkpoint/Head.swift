import Foundation
import Safetensors

/// The prefixes under which an MTP head lies in checkpoints in the wild.
enum HeadPrefix {
  static let all = ["mtp.", "model.mtp.", "language_model.mtp.", "model.language_model.mtp."]

  /// The prefix of a tensor's name, or nil for a tensor of the trunk.
  static func of(_ name: String) -> String? { all.first { name.hasPrefix($0) } }
}

/// How RMS norms are stored: as offsets from 1 (Hugging Face) or as plain factors (MLX).
public enum NormConvention: String, Sendable {
  case offset
  case gamma
}

/// What a folder tells about its MTP head, from tensors first and from flags beside them.
public struct HeadEvidence: Sendable {
  /// Names of the head's tensors as they stand in the folder.
  public let tensors: [String]
  /// Their prefix, such as `mtp.`.
  public let prefix: String?
  /// Files that hold them.
  public let shards: [String]
  /// MTP layers that `config.json` promises; nil when it says nothing.
  public let declaredLayers: Int?
  /// Layers found.
  public let layers: Int
  /// Experts of the head (rows of its router); nil for a dense head.
  public let experts: Int?
  /// `dense`, `split`, `fused` or `stacked` experts; nil when there is no head.
  public let layout: String?
  /// How its norms are stored, and why we think so.
  public let normConvention: NormConvention
  public let normEvidence: String

  public var isPresent: Bool { !tensors.isEmpty }
  /// Whether the configuration promises a head that is not there.
  public var isBrokenPromise: Bool { tensors.isEmpty && (declaredLayers ?? 0) > 0 }
}

extension CheckpointFolder {
  /// What the folder tells about its MTP head.
  public var headEvidence: HeadEvidence {
    let names = tensorNames.filter { HeadPrefix.of($0) != nil }
    let prefix = names.first.flatMap(HeadPrefix.of)
    let shards = Set(names.compactMap { self[$0].map { self.shards[$0.shard].name } }).sorted()
    let layers = Set(
      names.compactMap { name -> Int? in
        guard let prefix = HeadPrefix.of(name) else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: ".")
        return parts.first == "layers" && parts.count > 1 ? Int(parts[1]) : nil
      }
    ).count
    let router = prefix.flatMap { self[$0 + "layers.0.mlp.gate.weight"] }
    let layout: String? =
      if names.isEmpty {
        nil
      } else if names.contains(where: { $0.contains(".mlp.experts.0.") }) {
        "split experts"
      } else if names.contains(where: { $0.hasSuffix(".mlp.experts.gate_up_proj") }) {
        "fused experts"
      } else if names.contains(where: { $0.contains(".switch_mlp.") }) {
        "stacked experts"
      } else {
        "dense"
      }
    let (convention, evidence) = normConvention(names)
    return HeadEvidence(
      tensors: names, prefix: prefix, shards: shards, declaredLayers: model.declaredMTPLayers, layers: layers,
      experts: router.map { $0.entry.shape.first ?? 0 }, layout: layout, normConvention: convention,
      normEvidence: evidence)
  }

  /// The norm convention, from what is recorded and from layouts, never from values.
  private func normConvention(_ names: [String]) -> (NormConvention, String) {
    if let name = names.first, let place = self[name],
      let recorded = shards[place.shard].file.header.metadataValue("norm_convention"),
      let convention = NormConvention(rawValue: recorded)
    {
      return (convention, "recorded as norm_convention in \(shards[place.shard].name)")
    }
    if let evidence = conversionEvidence { return (.gamma, evidence) }
    if let conv = tensorNames.first(where: { $0.hasSuffix(".conv1d.weight") }) {
      return (.offset, "\(conv) has the Hugging Face layout")
    }
    if let name = names.first, let place = self[name] {
      let format = shards[place.shard].file.header.metadataValue("format")
      if format == "mlx" { return (.gamma, "\(shards[place.shard].name) is marked format mlx") }
      return (.offset, "\(shards[place.shard].name) is marked format \(format ?? "nothing"), not mlx")
    }
    return (.offset, "no head")
  }
}
