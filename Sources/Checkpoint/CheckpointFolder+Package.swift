import Safetensors

/// An MLX package, resolved against its architecture's table. Vision tensors are left aside.
extension CheckpointFolder {
  /// Whether the folder is an MLX package rather than a Hugging Face checkpoint.
  public var isPackage: Bool { conversionEvidence != nil }

  /// The package's tensors but those of the head and the vision tower.
  /// - Throws: ``CheckpointError`` for an unknown or missing tensor or a wrong shape.
  public func packageTrunk() throws -> [PackageTensor] {
    var resolver = PackageResolver(self, symbols: model.symbols)
    for section in table.textSections {
      let prefixes = ArchitectureTable.packagePrefixes(section)
      for row in section.rows {
        try resolver.resolve(row, prefixes: prefixes, package: section.package, indices: indices(row.layers))
      }
    }
    for name in tensorNames where !resolver.used.contains(name) && HeadPrefix.of(name) == nil {
      if name.hasPrefix("vision_tower.") || model.tiedEmbeddings && isOutputProjection(name) { continue }
      guard let place = self[name] else { continue }
      throw CheckpointError.tensorUnknown(
        file: shardPath(of: place), tensor: name, modelType: model.modelType, hint: nil)
    }
    return try resolver.complete()
  }

  /// The package's head; nil when it has none.
  /// - Throws: ``HeadError`` or ``CheckpointError``.
  public func packageHead() throws -> [PackageTensor]? {
    let evidence = headEvidence
    guard let prefix = evidence.prefix else { return nil }
    guard evidence.layers <= 1 else { throw HeadError.layerCount(path: path, layers: evidence.layers) }
    var symbols = model.symbols
    if let experts = evidence.experts { symbols["E"] = experts }
    var resolver = PackageResolver(self, symbols: symbols)
    for row in table.head {
      try resolver.resolve(row, prefixes: [prefix], package: "mtp.", indices: row.layers == .all ? [0] : [nil])
    }
    if !resolver.missing.isEmpty {
      throw HeadError.tensorMissing(
        path: path, tensors: Array(resolver.missing.prefix(4)), count: resolver.missing.count)
    }
    if let unknown = evidence.tensors.first(where: { !resolver.used.contains($0) }) {
      throw HeadError.tensorUnknown(path: path, tensor: unknown)
    }
    return try resolver.complete()
  }

  private func isOutputProjection(_ name: String) -> Bool {
    ["lm_head.", "language_model.lm_head."].contains { name.hasPrefix($0) }
  }
}

/// Finds rows of a table in a package: the weight, and scales and biases beside it.
private struct PackageResolver {
  let folder: CheckpointFolder
  let symbols: [String: Int]
  private(set) var used: Set<String> = []
  private(set) var missing: [String] = []
  private var resolved: [PackageTensor] = []

  init(_ folder: CheckpointFolder, symbols: [String: Int]) {
    self.folder = folder
    self.symbols = symbols
  }

  mutating func resolve(_ row: TensorRow, prefixes: [String], package: String, indices: [Int?]) throws {
    for index in indices {
      let name = index.map { row.package.replacingOccurrences(of: "{i}", with: String($0)) } ?? row.package
      let found = prefixes.lazy.map { $0 + name }.first { folder[$0] != nil }
      guard let stored = found, let weight = folder[stored] else {
        missing.append(package + name)
        continue
      }
      var shape = try row.shape.map { try Dimension.evaluate($0, symbols, file: folder.configPath) }
      if row.transform == .conv1d, shape.count == 3 { shape.swapAt(1, 2) }
      let module = stored.hasSuffix(".weight") ? String(stored.dropLast(".weight".count)) : stored
      let scales = folder[module + ".scales"]
      let biases = folder[module + ".biases"]
      used.formUnion([stored, module + ".scales", module + ".biases"])
      try check(weight, stored, shape, packed: scales != nil)
      if let scales { try check(scales, module + ".scales", shape, packed: true) }
      if let biases { try check(biases, module + ".biases", shape, packed: true) }
      resolved.append(
        PackageTensor(
          name: package + name, storedName: stored, role: row.role, transform: row.transform, shape: shape,
          weight: weight, scales: scales, biases: biases))
    }
  }

  /// Of a packed part all dimensions but the last are checked: its length depends on the quantization.
  private func check(_ place: CheckpointFolder.Place, _ name: String, _ shape: [Int], packed: Bool) throws {
    let found = place.entry.shape
    let fits =
      packed ? shape.count >= 2 && found.dropLast() == shape.dropLast() && found.count == shape.count : found == shape
    guard fits else {
      throw CheckpointError.shape(
        file: folder.shardPath(of: place), tensor: name, expected: "\(shape)\(packed ? " before packing" : "")",
        found: "\(found)")
    }
  }

  func complete() throws -> [PackageTensor] {
    guard missing.isEmpty else {
      throw CheckpointError.tensorMissing(path: folder.path, tensors: Array(missing.prefix(4)), count: missing.count)
    }
    return resolved
  }
}
