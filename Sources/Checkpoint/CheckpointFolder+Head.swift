import Safetensors

/// A head, resolved against a trunk that it fits.
public struct Head: Sendable {
  /// The head's tensors under their package names (`mtp.…`), by name.
  public let tensors: [ResolvedTensor]
  public let evidence: HeadEvidence
  /// Experts of the head when they differ from the trunk's; nil when they agree or the head is dense.
  public let ownExperts: Int?
}

extension CheckpointFolder {
  /// Resolves this folder's head and proves that it fits `trunk`.
  ///
  /// The head has its own router and experts, so its expert count may differ from the trunk's; everything else is
  /// checked against the trunk's dimensions.
  /// - Throws: ``HeadError``.
  public func head(for trunk: CheckpointFolder) throws -> Head {
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
    var symbols = trunk.model.symbols
    if let experts = evidence.experts { symbols["E"] = experts }
    var resolver = TensorResolver(self, symbols: symbols)
    do {
      for row in trunk.table.head {
        try resolver.resolve(row, source: prefix, package: "mtp.", indices: row.layers == .all ? [0] : [nil])
      }
    } catch let CheckpointError.shape(file, tensor, expected, found) {
      throw HeadError.dimensionMismatch(
        path: file, tensor: tensor, expected: "\(expected) for the trunk \(trunk.path)", found: found)
    } catch let CheckpointError.expertsIncomplete(_, tensor, declared, missing) {
      throw HeadError.expertsIncomplete(path: path, tensor: tensor, routerRows: declared, missing: missing)
    }
    if !resolver.missing.isEmpty {
      throw HeadError.tensorMissing(
        path: path, tensors: Array(resolver.missing.prefix(4)), count: resolver.missing.count)
    }
    if let unknown = evidence.tensors.first(where: { !resolver.used.contains($0) }) {
      if let experts = evidence.experts, unknown.contains(".experts.") {
        throw HeadError.dimensionMismatch(
          path: path, tensor: unknown, expected: "\(experts) experts, one a router row", found: "an expert beyond them")
      }
      throw HeadError.tensorUnknown(path: path, tensor: unknown)
    }
    for tensor in resolver.resolved where ![.bf16, .f16, .f32].contains(tensor.dtype) {
      throw CheckpointError.dtype(
        file: tensor.segments.first.map { path + "/" + shards[$0.shard].name } ?? path,
        tensor: tensor.sources.first ?? tensor.name, expected: "BF16, F16 or F32",
        found: tensor.dtype.rawValue)
    }
    let convention = evidence.normConvention
    let tensors = resolver.resolved.map { tensor in
      convention == .gamma && tensor.transform == .addOne ? tensor.withoutTransform : tensor
    }
    let own = evidence.experts.flatMap { $0 == trunk.model["E"] ? nil : $0 }
    return Head(
      tensors: tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, evidence: evidence,
      ownExperts: own)
  }
}

extension ResolvedTensor {
  /// The same tensor when its norm is a plain factor already.
  var withoutTransform: ResolvedTensor {
    ResolvedTensor(
      name: name, role: role, transform: .none, dtype: dtype, shape: shape, sources: sources, assembly: assembly,
      segments: segments)
  }
}
