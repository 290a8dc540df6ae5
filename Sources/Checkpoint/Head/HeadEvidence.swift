import Safetensors

/// What a folder tells about its MTP head, from tensors first and from flags beside them.
public struct HeadEvidence: Sendable {
  /// Names of the head's tensors as they are written in the folder.
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
  /// How its norms are stored, and how we know.
  public let norms: NormDecision
  /// Its scales: as many as it has matrices that were quantized before.
  public let packed: [String]
  /// `fc_input_order` as its file records it; nil when it does not.
  public let inputOrder: String?

  /// How the head's norms are stored.
  public var normConvention: NormConvention { norms.convention }
  /// How that is known, in words.
  public var normEvidence: String { norms.evidence }

  /// Whether there is a head.
  public var isPresent: Bool { !tensors.isEmpty }
  /// Whether the configuration promises a head that is not there.
  public var isBrokenPromise: Bool { tensors.isEmpty && (declaredLayers ?? 0) > 0 }
}

extension CheckpointFolder {
  /// What the folder tells about its MTP head.
  public var headEvidence: HeadEvidence {
    let names = tensorNames.filter { HeadPrefix.of($0) != nil }
    let prefix = names.first.flatMap(HeadPrefix.of)
    let files = Set(names.compactMap { self[$0]?.shard }).sorted().map { self.shards[$0] }
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
    return HeadEvidence(
      tensors: names, prefix: prefix, shards: files.map(\.name), declaredLayers: model.declaredMTPLayers,
      layers: layers,
      experts: router.map { $0.entry.shape.first ?? 0 }, layout: layout, norms: normDecision(files: files),
      packed: names.filter { $0.hasSuffix(".scales") },
      inputOrder: files.compactMap { $0.file.header.metadataValue("fc_input_order") }.first)
  }
}
