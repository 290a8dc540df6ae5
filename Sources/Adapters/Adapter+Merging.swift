import Checkpoint
import Safetensors

extension Adapter {
  /// The trunk with what the adapter changes of each of its tensors. Every tensor of the adapter is used.
  /// - Throws: ``AdapterError``.
  public func merged(into trunk: Trunk, of base: CheckpointFolder) throws -> Trunk {
    let tensors = try AdapterTensors(weights)
    var merge = AdapterMerge(self, trunk, base)
    for (name, (full, entry)) in tensors.whole.sorted(by: { $0.key < $1.key }) {
      try merge.replace(name, full: full, entry)
    }
    try merge.requireAllSaved(tensors.whole.values.map { $0.name })
    for (module, factors) in tensors.factors.sorted(by: { $0.key < $1.key }) {
      if factors.count == 1, factors[0].depth == 0, !merge.isExperts(module) {
        try merge.add(factors[0], to: module)
      } else {
        try merge.addExperts(factors, to: module)
      }
    }
    try merge.requireAllTargets()
    return trunk.with(merge.tensors)
  }

  /// Targets that no tensor belongs to: PEFT takes names that are not in the model.
  var idleTargets: [String] {
    guard case .names(let names) = config.targets, let tensors = try? AdapterTensors(weights) else { return [] }
    return names.sorted().filter { name in
      !tensors.factors.keys.contains { AdapterConfig.ends($0, with: name) || AdapterConfig.ends(name, with: $0) }
    }
  }
}

/// A merge on its way: the trunk's tensors, and what is added to them.
struct AdapterMerge {
  let config: AdapterConfig
  let file: SafetensorsFile
  let base: CheckpointFolder
  let modules: BaseModules
  var tensors: [ResolvedTensor]
  /// Whether the base is an MLX conversion, whose norms and convolutions are not stored as the adapter has them.
  let isConverted: Bool
  /// Bare names of the modules that have factors.
  private var done: Set<String> = []

  init(_ adapter: Adapter, _ trunk: Trunk, _ base: CheckpointFolder) {
    config = adapter.config
    file = adapter.weights
    self.base = base
    tensors = trunk.tensors
    isConverted = trunk.conversion != nil
    modules = BaseModules(trunk.tensors)
  }

  /// Puts a whole tensor in the place of the base's.
  mutating func replace(_ name: String, full: String, _ entry: TensorEntry) throws {
    guard config.saves(full) else {
      throw AdapterError.conflict(
        file: file.path.string, tensor: entry.name, expected: "a module of modules_to_save",
        found: "modules_to_save \(config.modulesToSave)")
    }
    let place = try place(of: name, for: entry)
    let tensor = tensors[place.tensor]
    guard place.matrix == nil, tensor.assembly == "copy", tensor.shape == entry.shape else {
      throw AdapterError.shape(
        file: file.path.string, tensor: entry.name, expected: "\(tensor.shape)",
        found: "\(entry.shape)" + (name.contains("embed") || name.contains("lm_head") ? ", another vocabulary" : ""))
    }
    guard !isConverted || tensor.shape.count == 2 else {
      throw AdapterError.base(
        path: base.path, tensor: tensor.name, found: "an MLX conversion, which stores it otherwise")
    }
    var delta = tensor.delta ?? TensorDelta(file: file)
    delta.replacement = entry
    tensors[place.tensor].delta = delta
  }

  /// Adds the product of a linear layer's or an embedding's factors.
  mutating func add(_ factors: AdapterTensors.Factors, to module: String) throws {
    guard let left = factors.left, let right = factors.right else { return }
    try requireTarget(factors.module, left)
    let place = try place(of: module + ".weight", for: left)
    let tensor = tensors[place.tensor]
    let matrix = Array(tensor.shape.suffix(2))
    guard place.matrix != nil || tensor.shape.count == 2, tensor.transform == .none, matrix.count == 2 else {
      throw AdapterError.target(
        file: file.path.string, tensor: left.name, expected: "the matrix of a linear layer or an embedding",
        found: "\(tensor.shape), \(tensor.transform == .none ? tensor.assembly : tensor.transform.rawValue)")
    }
    let rank = config.rank(of: factors.module)
    let isEmbedding = factors.isEmbedding
    let (rows, columns) = (matrix[0], matrix[1])
    // An embedding's product is transposed: its columns are those of B.
    try require(right, [rank, isEmbedding ? rows : columns])
    try require(left, [isEmbedding ? columns : rows, rank])
    let scale = config.scale(of: factors.module, rank: rank)
    var product =
      isEmbedding
      ? TensorDelta.Product(
        rank: rank, scale: scale, left: .init(entry: right, rowStep: 1, columnStep: rows),
        right: .init(entry: left, rowStep: 1, columnStep: rank))
      : TensorDelta.Product(
        rank: rank, scale: scale, left: .init(entry: left, rowStep: rank, columnStep: 1),
        right: .init(entry: right, rowStep: columns, columnStep: 1))
    try addMagnitude(factors, to: &product, tensor, isMatrix: place.matrix == nil && !isEmbedding)
    try put(product, place.tensor, place.matrix ?? 0, isEmbedding ? .factorsProductAndSum : .sum, left)
    done.insert(module)
  }

  /// Takes note of a product.
  mutating func put(
    _ product: TensorDelta.Product, _ tensor: Int, _ matrix: Int, _ rounding: TensorDelta.Rounding, _ entry: TensorEntry
  ) throws {
    var delta = tensors[tensor].delta ?? TensorDelta(file: file)
    if delta.products.isEmpty {
      let count = tensors[tensor].shape.dropLast(2).reduce(1, *)
      delta.products = Array(repeating: nil, count: count)
    }
    guard delta.products.indices.contains(matrix), delta.products[matrix] == nil else {
      throw AdapterError.conflict(
        file: file.path.string, tensor: entry.name, expected: "one product for \(tensors[tensor].name)", found: "two")
    }
    delta.products[matrix] = product
    delta.rounding = rounding
    tensors[tensor].delta = delta
  }

  func require(_ entry: TensorEntry, _ shape: [Int]) throws {
    guard entry.shape == shape else {
      throw AdapterError.shape(
        file: file.path.string, tensor: entry.name, expected: "\(shape)", found: "\(entry.shape)")
    }
  }

  /// Refuses factors of a module that the configuration does not name.
  private func requireTarget(_ module: String, _ entry: TensorEntry) throws {
    guard config.targets(module) else {
      throw AdapterError.conflict(
        file: file.path.string, tensor: entry.name, expected: "a module of target_modules and layers_to_transform",
        found: module)
    }
  }

  /// The one place of a tensor of the base.
  func place(of tensor: String, for entry: TensorEntry) throws -> BaseModules.Place {
    if let packed = modules.packed(tensor) {
      throw AdapterError.base(
        path: base.path, tensor: packed.name, found: packed.packing?.summary ?? packed.dtype.rawValue)
    }
    guard let place = modules[tensor].first else {
      if tensor == "lm_head.weight", base.model.tiedEmbeddings {
        throw AdapterError.unsupported(
          file: file.path.string, tensor: entry.name,
          what: "it changes lm_head, which the base has not: its embedding serves as output projection",
          next: "merge it with PEFT (merge_and_unload) and name the result as source: an lm_head that differs from the "
            + "embedding is kept, and tie_word_embeddings false in the package")
      }
      throw AdapterError.target(
        file: file.path.string, tensor: entry.name, expected: "\(tensor) in \(base.name)",
        found: "no such tensor of the trunk")
    }
    return place
  }

  /// Refuses an adapter without a tensor of a module that it says was saved whole.
  func requireAllSaved(_ names: [String]) throws {
    for module in config.modulesToSave where !names.contains(where: { AdapterConfig.holds(module, $0) }) {
      throw AdapterError.incomplete(
        file: file.path.string, tensor: nil, expected: "a tensor of every module of modules_to_save",
        found: "none of \(module)")
    }
  }

  /// Refuses an adapter that has factors for some of a target's layers and not for others.
  func requireAllTargets() throws {
    guard case .names(let names) = config.targets, !config.hasExclusions else { return }
    let used = names.filter { name in done.contains { AdapterConfig.ends($0, with: name) } }
    for tensor in modules.names where tensor.hasPrefix("layers.") && tensor.hasSuffix(".weight") {
      let module = String(tensor.dropLast(".weight".count))
      guard let place = modules[tensor].first, place.matrix == nil, tensors[place.tensor].shape.count == 2,
        used.contains(where: { AdapterConfig.ends(module, with: $0) }), !done.contains(module), config.targets(module)
      else { continue }
      throw AdapterError.incomplete(
        file: file.path.string, tensor: nil, expected: "factors of every module of target_modules",
        found: "none of \(module)")
    }
  }
}
