import Safetensors
import SystemPackage

/// A head, resolved against a trunk that it fits.
public struct Head: Sendable {
  /// The head's tensors under their package names (`mtp.…`), by name.
  public let tensors: [ResolvedTensor]
  /// How the head was recognised, and how its norms are stored.
  public let evidence: HeadEvidence
  /// How its norms are stored, with everything that speaks for it.
  public let norms: NormDecision
  /// Experts of the head when they differ from the trunk's; nil when they agree or the head is dense.
  public let ownExperts: Int?
  /// The folder's own tensors that it is made of.
  public let tally: TensorTally

  /// Whether some of its matrices were quantized before.
  public var isPacked: Bool { tensors.contains { $0.packing != nil } }
}

extension CheckpointFolder {
  /// Resolves this folder's head and proves that it fits `trunk`.
  ///
  /// The head has its own router and experts, so its expert count may differ from the trunk's; everything else is
  /// checked against the trunk's dimensions. Its norms are compared with the trunk's.
  /// - Parameters:
  ///   - trunk: the model that the head is to draft for.
  ///   - override: the norm convention, when a person knows better than what is recorded.
  /// - Throws: ``HeadError``.
  public func head(for trunk: CheckpointFolder, norms override: NormConvention? = nil) throws -> Head {
    let evidence = headEvidence
    guard let prefix = evidence.prefix else {
      throw HeadError.absent(
        path: path, modelType: model.modelType, shards: shards.count, tensors: tensorCount,
        declared: evidence.declaredLayers)
    }
    guard table.family == trunk.table.family else {
      throw HeadError.familyMismatch(path: path, expected: trunk.table.family, found: table.family)
    }
    guard evidence.layers <= 1 else { throw HeadError.layerCount(path: path, layers: evidence.layers) }
    if let order = evidence.inputOrder, order != "embedding,hidden" {
      throw HeadError.inputOrder(path: path, found: order)
    }
    let (resolved, tally) = try resolveHead(evidence, prefix, trunk)
    let norms = try decideNorms(evidence.norms, prefix, trunk, override)
    let tensors = resolved.map { tensor in
      norms.convention == .gamma && tensor.transform == .addOne ? tensor.withoutTransform : tensor
    }
    return Head(
      tensors: tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, evidence: evidence,
      norms: norms, ownExperts: evidence.experts.flatMap { $0 == trunk.model["E"] ? nil : $0 },
      tally: tally)
  }

  private func resolveHead(
    _ evidence: HeadEvidence, _ prefix: String, _ trunk: CheckpointFolder
  ) throws -> ([ResolvedTensor], TensorTally) {
    var symbols = trunk.model.symbols
    if let experts = evidence.experts { symbols["E"] = experts }
    if conversionEvidence == nil, !isDrafter { try requireReadableFormat(ofHead: true) }
    var resolver = TensorResolver(self, symbols: symbols)
    do {
      for row in trunk.table.head {
        try resolver.resolve(row, source: prefix, package: "mtp.", indices: row.layers == .all ? [0] : [nil])
      }
    } catch let CheckpointError.shape(file, tensor, expected, found) {
      if let experts = evidence.experts, let count = stackedExperts(tensor), count != experts {
        throw HeadError.expertsIncomplete(
          path: FilePath(file), tensor: tensor, routerRows: experts, experts: count,
          missing: Array(min(count, experts)..<experts)
        )
      }
      throw HeadError.dimensionMismatch(
        path: FilePath(file), tensor: tensor, expected: "\(expected) for the trunk \(trunk.path)", found: found)
    } catch let CheckpointError.tensorMissing(_, tensors, count) {
      throw HeadError.tensorMissing(path: path, tensors: tensors, count: count)
    } catch let CheckpointError.expertsIncomplete(_, tensor, declared, missing) {
      throw HeadError.expertsIncomplete(
        path: path, tensor: tensor, routerRows: declared, experts: declared - missing.count, missing: missing)
    }
    let unknown = evidence.tensors.first { !resolver.isUsed($0) }
    if conversionEvidence == nil, let unknown { try requireReadMethod(unknown, isHead: true) }
    if !resolver.missing.isEmpty {
      try requireUnwrapped(evidence.tensors)
      // Their parts are not read as such: how the norms are stored is said nowhere.
      let others = [".eh_proj.weight", ".enorm.weight", ".hnorm.weight", ".final_layernorm.weight"]
      if let other = evidence.tensors.first(where: { name in others.contains { name.hasSuffix($0) } }) {
        throw HeadError.otherNames(path: path, tensor: other)
      }
      throw HeadError.tensorMissing(
        path: path, tensors: Array(resolver.missing.prefix(4)), count: resolver.missing.count)
    }
    if let unknown {
      if let experts = evidence.experts, unknown.contains(".experts.") {
        throw HeadError.expertsIncomplete(
          path: path, tensor: unknown, routerRows: experts, experts: expertCount(evidence.tensors), missing: [])
      }
      throw HeadError.tensorUnknown(path: path, tensor: unknown)
    }
    try requireFloats(resolver.resolved)
    return (resolver.resolved, resolver.tallies[.mtp] ?? TensorTally())
  }

  /// First dimension of a tensor that holds all experts; nil for any other.
  private func stackedExperts(_ tensor: String) -> Int? {
    guard
      tensor.contains(".switch_mlp.") || tensor.contains(".experts.gate_up") || tensor.hasSuffix(".experts.down_proj")
    else { return nil }
    return self[tensor]?.entry.shape.first
  }

  /// Experts that have a separate tensor.
  private func expertCount(_ names: [String]) -> Int {
    Set(
      names.compactMap { name -> Substring? in
        let parts = name.split(separator: ".")
        return parts.firstIndex(of: "experts").flatMap { $0 + 1 < parts.count ? parts[$0 + 1] : nil }
      }
    ).count
  }

  /// The recorded convention, compared with the trunk's norms; where nothing is recorded, the one that they imply.
  private func decideNorms(
    _ recorded: NormDecision, _ prefix: String, _ trunk: CheckpointFolder, _ override: NormConvention?
  ) throws -> NormDecision {
    if let override {
      return NormDecision(
        convention: override, evidence: "the manifest says so; \(recorded.evidence)", isRecorded: true)
    }
    let convention = recorded.convention
    let comparison = try NormComparison(head: self, prefix: prefix, convention: convention, trunk: trunk)
    switch (comparison.verdict, recorded.isRecorded) {
    case (.some(0), _):
      return NormDecision(
        convention: convention, evidence: recorded.evidence + "; the trunk's norms of the same types agree",
        isRecorded: true)
    case (nil, true): return recorded
    case (nil, false):
      throw HeadError.normsUnknown(path: path, evidence: recorded.evidence, comparison: comparison.words)
    case (.some(-1), false):
      return NormDecision(
        convention: .offset, evidence: recorded.evidence + "; the trunk's norms of the same types say offset",
        isRecorded: true)
    case (.some(let excess), _):
      throw HeadError.norms(
        path: path, convention: convention, evidence: recorded.evidence, excess: excess, comparison: comparison.words)
    }
  }
}

extension ResolvedTensor {
  /// The same tensor when its norm is a plain factor already.
  var withoutTransform: ResolvedTensor {
    ResolvedTensor(
      name: name, role: role, transform: .none, dtype: dtype, shape: shape, sources: sources, assembly: assembly,
      segments: segments, packing: packing)
  }
}
