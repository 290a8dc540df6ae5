import Foundation
import Safetensors
import StrictJSON

/// The trunk of a checkpoint, resolved against its architecture's table.
public struct Trunk: Sendable {
  /// Every tensor of the package but those of the head, by name.
  public let tensors: [ResolvedTensor]
  /// Source tensors that are left out, with the reason.
  public let dropped: [(tensor: String, reason: String)]
  /// Why we know that the folder is an MLX conversion, whose tensors keep their names and bytes; nil for a Hugging Face
  /// checkpoint.
  public let conversion: String?
  /// The folder's own tensors by what they belong to; of several that become one, each counts, and one of which two are
  /// made counts once.
  public let tallies: [TensorRole: TensorTally]

  /// Whether some of its matrices were quantized before.
  public var isPacked: Bool { tensors.contains { $0.packing != nil } }
}

extension CheckpointFolder {
  /// GPTQ and AWQ have `.scales` too, but beside `.qweight`: MLX's are beside a `.weight` of words.
  static func conversionEvidence(_ shards: [Shard]) -> String? {
    var first: (packed: String?, convolution: (name: String, shape: [Int])?)
    let words = Set(
      shards.flatMap { shard in
        shard.file.header.tensors.lazy.filter { $0.dtype == .u32 && $0.name.hasBytes(atEnd: ".weight") }.map {
          UTF8Name($0.name)
        }
      })
    for shard in shards {
      let header = shard.file.header
      for entry in header.tensors {
        let name = shard.key(entry)
        if !words.isEmpty, name.hasSuffix(".scales"), HeadPrefix.of(name) == nil, precedes(name, first.packed),
          words.contains(UTF8Name(name.dropLast(".scales".count) + ".weight"))
        {
          first.packed = name
        }
        let shape = entry.shape
        if name.hasSuffix(".conv1d.weight"), shape.count == 3, shape[1] != 1, shape[2] == 1,
          precedes(name, first.convolution?.name)
        {
          first.convolution = (name, shape)
        }
      }
    }
    if let name = first.packed { return "packed tensors such as \(name)" }
    return first.convolution.map { "\($0.name) has the MLX layout \($0.shape)" }
  }

  private static func precedes(_ name: String, _ other: String?) -> Bool {
    guard let other else { return true }
    return name.utf8.lexicographicallyPrecedes(other.utf8)
  }

  /// Resolves every tensor but the head's.
  ///
  /// Those of an MLX conversion are taken as they are: same names, same bytes, packed matrices part by part. It may lack
  /// the vision tower, which mlx-lm drops.
  /// - Throws: ``CheckpointError`` for an unknown or missing tensor, a wrong shape or incomplete experts.
  public func trunk() throws -> Trunk {
    guard tensorNames.isEmpty || tensorNames.contains(where: { HeadPrefix.of($0) == nil }) else {
      throw CheckpointError.headAlone(path: path, tensors: tensorCount)
    }
    let conversion = conversionEvidence
    if conversion == nil { try requireReadableFormat(ofHead: false) } else { try requireOwnNames() }
    var resolver = TensorResolver(self, symbols: model.symbols)
    for section in table.sections {
      var (source, package) = (section.source, section.package)
      if conversion != nil {
        if let alternate = section.alternate, hasTensors(alternate) { package = alternate }
        source = package
      }
      if section.package == "vision_tower." {
        guard hasTensors(source) else { continue }
        if let problem = model.visionProblem { throw problem }
      }
      for row in section.rows {
        try resolver.resolve(
          conversion == nil ? row : row.converted, source: source, package: package, indices: indices(row.layers))
      }
    }
    var dropped: [(String, String)] = []
    for name in tensorNames where !resolver.isUsed(name) && HeadPrefix.of(name) == nil {
      if name == "lm_head.weight", model.tiedEmbeddings {
        dropped.append((name, "the embedding serves as output projection (tie_word_embeddings)"))
        continue
      }
      if conversion == nil, let reason = CheckpointFolder.harmless(name) {
        dropped.append((name, reason))
        continue
      }
      guard let place = self[name] else { continue }
      try requireUnwrapped(tensorNames)
      if conversion == nil { try requireReadMethod(name, isHead: false) }
      throw CheckpointError.tensorUnknown(
        file: shardPath(of: place).string, tensor: name, modelType: model.modelType, hint: unknownHint(name))
    }
    if !resolver.missing.isEmpty {
      throw CheckpointError.tensorMissing(
        path: path, tensors: Array(resolver.missing.prefix(4)), count: resolver.missing.count)
    }
    try requireFloats(resolver.resolved)
    return Trunk(
      tensors: resolver.resolved.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, dropped: dropped,
      conversion: conversion, tallies: resolver.tallies)
  }

  /// Refuses MLX's codes under the names that a checkpoint has, as AutoRound exports them: whether their convolutions and
  /// norms are those of a checkpoint, too, nothing in the folder says, and readers disagree.
  private func requireOwnNames() throws {
    let moved = table.sections.filter { $0.source != $0.package }
    guard !moved.contains(where: { hasTensors($0.package) || $0.alternate.map(hasTensors) == true }),
      let name = tensorNames.first(where: { name in moved.contains { name.hasBytes(atStart: $0.source) } })
    else { return }
    throw CheckpointError.quantizedFormat(
      path: path, tensor: name, format: "MLX's codes under the names of a checkpoint, as AutoRound exports them",
      isHead: false, isDeclared: true)
  }

  /// Refuses modules that PEFT wraps. Asked only when something is unknown, or missing.
  func requireUnwrapped(_ names: [String]) throws(CheckpointError) {
    guard let name = names.first(where: UnmergedAdapter.wraps), let place = self[name] else { return }
    throw .adapterInShards(file: shardPath(of: place).string, tensor: name)
  }

  /// Refuses a number format that nothing here reads, which is every one but plain floats, FP8 with scales by blocks,
  /// and what MLX packs.
  func requireFloats(_ tensors: [ResolvedTensor]) throws {
    for tensor in tensors where tensor.packing == nil {
      let isKnown = [.bf16, .f16, .f32].contains(tensor.valueDType)
      guard !isKnown || (tensor.isDequantized && tensor.transform != .none) else { continue }
      throw CheckpointError.dtype(
        file: (tensor.segments.first.map { path.appending(shards[$0.shard].name) } ?? path).string,
        tensor: tensor.sources.first ?? tensor.name,
        expected: "BF16, F16 or F32" + (tensor.dtype == .f8e4m3 ? ", or a matrix with its weight_scale_inv" : ""),
        found: tensor.dtype.rawValue)
    }
  }

  /// Whether the wrapper's vision tower is not there: a text-only tune or merge, or the work of a tool that drops it.
  public var lacksTower: Bool {
    table.wrapped && !hasTensors(conversionEvidence == nil ? "model.visual." : "vision_tower.")
  }

  /// Why a tensor that no table names may be left out: no reader of the family computes with it.
  private static func harmless(_ name: String) -> String? {
    if name.hasPrefix(HeadPrefix.valueHead) {
      return "a value head of reinforcement learning, which no reader of a language model takes"
    }
    let last = name.split(separator: ".").last.map(String.init) ?? name
    if last == "inv_freq" { return "rotary frequencies follow from config.json" }
    return activationScales.contains(last) ? "a scale of activations, which no MLX reader takes" : nil
  }

  /// Scales and zero points of what goes into a module and out of it, of the queries, keys and values of attention
  /// (compressed-tensors, AutoRound), and of its probabilities (`prob_scale` of vLLM, `prob_output_scale` of Quark).
  private static let activationScales: Set<String> = {
    let parts = ["input", "output", "q", "k", "v"].flatMap { what in
      ["scale", "zero_point", "global_scale"].map { "\(what)_\($0)" }
    }
    return Set(parts + ["prob_scale", "prob_output_scale"])
  }()

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

  /// Why a name may be unknown: the output of another kind of model, a layer or expert beyond what the configuration says.
  private func unknownHint(_ name: String) -> String? {
    if ["score.weight", "score.bias", "classifier.weight", "classifier.bias"].contains(name) {
      return "the output of a classifier or a reward model: this is no language model"
    }
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
  /// The row as it is in an MLX conversion: transforms done, experts stacked.
  fileprivate var converted: TensorRow {
    let permuted =
      switch transform {
      case .none, .addOne: shape
      case .conv1d: [shape[0], shape[2], shape[1]]
      case .patchEmbed: [shape[0], shape[2], shape[3], shape[4], shape[1]]
      }
    var row = TensorRow(role, package, permuted, layers)
    row.settled = transform
    return row
  }
}
