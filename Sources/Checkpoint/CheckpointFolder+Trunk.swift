import Foundation
import Safetensors

/// The trunk of a checkpoint, resolved against its architecture's table.
public struct Trunk: Sendable {
  /// Every tensor of the package but those of the head, by name.
  public let tensors: [ResolvedTensor]
  /// Source tensors that are left out, with the reason.
  public let dropped: [(tensor: String, reason: String)]
  /// Why we know that the folder is an MLX conversion, whose tensors keep their names and bytes; nil for a Hugging Face
  /// checkpoint.
  public let conversion: String?
}

extension CheckpointFolder {
  /// Whether the folder holds an MLX conversion: the evidence, or nil for a Hugging Face checkpoint.
  ///
  /// Decided from packed tensors and from the layout of `conv1d` (`[C, 1, K]` in Hugging Face, `[C, K, 1]` in MLX),
  /// never from values. The head says nothing of the trunk.
  public var conversionEvidence: String? {
    if let name = tensorNames.first(where: { $0.hasSuffix(".scales") && HeadPrefix.of($0) == nil }) {
      return "packed tensors such as \(name)"
    }
    for name in tensorNames where name.hasSuffix(".conv1d.weight") {
      guard let shape = self[name]?.entry.shape, shape.count == 3 else { continue }
      if shape[1] != 1, shape[2] == 1 { return "\(name) has the MLX layout \(shape)" }
    }
    return nil
  }

  /// Resolves every tensor but the head's.
  ///
  /// Those of an MLX conversion are taken as they are: same names, same bytes, packed matrices part by part. It may lack
  /// the vision tower, which mlx-lm drops.
  /// - Throws: ``CheckpointError`` for an unknown or missing tensor, a wrong shape or incomplete experts.
  public func trunk() throws -> Trunk {
    let conversion = conversionEvidence
    var resolver = TensorResolver(self, symbols: model.symbols)
    for section in table.sections {
      var (source, package) = (section.source, section.package)
      if conversion != nil {
        if let alternate = section.alternate, hasTensors(alternate) { package = alternate }
        if package == "vision_tower.", !hasTensors(package) { continue }
        source = package
      }
      for row in section.rows {
        try resolver.resolve(
          conversion == nil ? row : row.converted, source: source, package: package, indices: indices(row.layers))
      }
    }
    var dropped: [(String, String)] = []
    for name in tensorNames where !resolver.used.contains(name) && HeadPrefix.of(name) == nil {
      if name == "lm_head.weight", model.tiedEmbeddings {
        dropped.append((name, "the embedding serves as output projection (tie_word_embeddings)"))
        continue
      }
      guard let place = self[name] else { continue }
      throw CheckpointError.tensorUnknown(
        file: shardPath(of: place), tensor: name, modelType: model.modelType, hint: unknownHint(name))
    }
    if !resolver.missing.isEmpty {
      throw CheckpointError.tensorMissing(
        path: path, tensors: Array(resolver.missing.prefix(4)), count: resolver.missing.count)
    }
    try requireFloats(resolver.resolved)
    return Trunk(
      tensors: resolver.resolved.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, dropped: dropped,
      conversion: conversion)
  }

  /// Refuses a number format that nothing here reads, which is every one but plain floats, FP8 with scales by blocks,
  /// and what MLX packs.
  func requireFloats(_ tensors: [ResolvedTensor]) throws {
    for tensor in tensors where tensor.packing == nil {
      let isKnown = [.bf16, .f16, .f32].contains(tensor.valueDType)
      guard !isKnown || (!tensor.blockScales.isEmpty && tensor.transform != .none) else { continue }
      throw CheckpointError.dtype(
        file: tensor.segments.first.map { path + "/" + shards[$0.shard].name } ?? path,
        tensor: tensor.sources.first ?? tensor.name,
        expected: "BF16, F16 or F32" + (tensor.dtype == .f8e4m3 ? ", or a matrix with its weight_scale_inv" : ""),
        found: tensor.dtype.rawValue)
    }
  }

  private func hasTensors(_ prefix: String) -> Bool { tensorNames.contains { $0.hasPrefix(prefix) } }

  private func indices(_ selector: LayerSelector) -> [Int?] {
    let layers = model.fullAttention.indices
    return switch selector {
    case .once: [nil]
    case .untied: model.tiedEmbeddings ? [] : [nil]
    case .all: Array(layers)
    case .full: layers.filter { model.fullAttention[$0] }
    case .linear: layers.filter { !model.fullAttention[$0] }
    case .sparse: layers.filter { model.sparse[$0] }
    case .dense: layers.filter { !model.sparse[$0] }
    case .visionBlock: Array(0..<model["Lv"])
    }
  }

  /// Why a name may be unknown: a layer or expert beyond what the configuration says.
  private func unknownHint(_ name: String) -> String? {
    let parts = name.split(separator: ".")
    for (key, symbol, field) in [("layers", "L", "num_hidden_layers"), ("experts", "E", "num_experts")] {
      guard let at = parts.firstIndex(where: { $0 == key }), at + 1 < parts.count, let index = Int(parts[at + 1]) else {
        continue
      }
      let limit = model[symbol]
      if index >= limit { return "\(key) \(index), but config.json says \(field) \(limit)" }
    }
    return nil
  }
}

extension TensorRow {
  /// The row as it stands in an MLX conversion: transforms done, experts stacked.
  fileprivate var converted: TensorRow {
    let permuted =
      switch transform {
      case .none, .addOne: shape
      case .conv1d: [shape[0], shape[2], shape[1]]
      case .patchEmbed: [shape[0], shape[2], shape[3], shape[4], shape[1]]
      }
    return TensorRow(role, package, permuted, layers)
  }
}
