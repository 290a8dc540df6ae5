import Safetensors
import StrictJSON

/// Finds the tensors of an architecture's table in a checkpoint. Each source tensor is used up by the rows that name
/// it; what is left over is unknown.
struct TensorResolver {
  let folder: CheckpointFolder
  /// Symbols of the configuration; a head may have its own expert count.
  let symbols: [String: Int]
  /// What the tensors that are accounted for belong to. By their bytes, as everywhere: names that only look alike are two
  /// tensors.
  private var used: [UTF8Name: TensorRole] = [:]
  /// The role of the row that is resolved: each row sets it first.
  private var role = TensorRole.embedding
  /// What the configuration says of quantized matrices, once it was asked.
  var declared: DeclaredQuantization?
  private(set) var missing: [String] = []
  private(set) var resolved: [ResolvedTensor] = []

  init(_ folder: CheckpointFolder, symbols: [String: Int]) {
    self.folder = folder
    self.symbols = symbols
  }

  /// Notes that a tensor of the source is accounted for.
  mutating func use(_ tensor: String) { used[UTF8Name(tensor)] = role }

  func isUsed(_ tensor: String) -> Bool { used[UTF8Name(tensor)] != nil }

  /// How many tensors of the folder each role has, with scales and the like, and their bytes.
  var tallies: [TensorRole: TensorTally] {
    var tallies: [TensorRole: TensorTally] = [:]
    for (name, role) in used {
      tallies[role, default: TensorTally()].add(folder[name.string]?.entry.byteCount ?? 0)
    }
    return tallies
  }

  /// Resolves one row, for each index it applies to.
  mutating func resolve(_ row: TensorRow, source: String, package: String, indices: [Int?]) throws {
    role = row.role
    for index in indices {
      let fill = { (name: String) in
        index.map { name.replacingOccurrences(of: "{i}", with: String($0)) } ?? name
      }
      let shape = try row.shape.map { try Dimension.evaluate($0, symbols, file: folder.configPath.string) }
      var found = false
      for form in row.forms where !found {
        let tensors = try resolve(row, form, shape, name: package + fill(row.package), prefix: source, fill: fill)
        resolved += tensors
        found = !tensors.isEmpty
      }
      if !found, let first = row.forms.first { missing.append(source + fill(first.template)) }
    }
  }

  private mutating func resolve(
    _ row: TensorRow, _ form: SourceForm, _ shape: [Int], name: String, prefix: String, fill: (String) -> String
  ) throws -> [ResolvedTensor] {
    switch form {
    case .whole(let template):
      let source = prefix + fill(template)
      guard let stored = stored(source) else { return [] }
      let place = stored.place
      if let packed = try resolvePacked(row, source, shape, name: name) { return packed }
      if let codes = try groupedCodes(source, stored, shape) {
        var tensor = ResolvedTensor(
          name: name, role: row.role, transform: row.transform, dtype: codes.dtype(stored: place.entry.dtype),
          shape: shape, sources: [stored.name], assembly: "copy", segments: [range(place, 0, place.entry.byteCount)])
        tensor.groupedCodes = [codes]
        return [tensor]
      }
      try requireShape(place, source, row.shape, shape)
      use(source)
      var tensor = ResolvedTensor(
        name: name, role: row.role, transform: row.transform, dtype: place.entry.dtype, shape: shape,
        sources: [source], assembly: "copy", segments: [range(place, 0, place.entry.byteCount)])
      tensor.settled = row.settled
      tensor.blockScales = try blockScales(source, place).map { [$0] } ?? []
      return [tensor]
    case .stacked(let template):
      return try resolveStack(row, prefix + fill(template), shape, name: name).map { [$0] } ?? []
    case .slice(let template, let part, let parts):
      let source = prefix + fill(template)
      guard let place = folder[source] else { return [] }
      let whole = [shape[0], shape[1] * parts, shape[2]]
      try requireShape(place, source, [row.shape[0], "\(parts)*\(row.shape[1])", row.shape[2]], whole)
      use(source)
      let matrix = place.entry.byteCount / max(1, shape[0])
      let length = matrix / parts
      return [
        ResolvedTensor(
          name: name, role: row.role, transform: row.transform, dtype: place.entry.dtype, shape: shape,
          sources: [source], assembly: "slice \(part)/\(parts)",
          segments: (0..<shape[0]).map { range(place, $0 * matrix + part * length, length) })
      ]
    }
  }

  /// One tensor an expert: all of them, or none.
  private mutating func resolveStack(
    _ row: TensorRow, _ template: String, _ shape: [Int], name: String
  ) throws -> ResolvedTensor? {
    // A configuration may claim any number of experts: look for them only where there are some.
    guard [template, template + "_packed", TensorResolver.transposedName(template)].contains(where: folder.hasExperts)
    else { return nil }
    var sources: [String] = []
    var segments: [ByteRange] = []
    var scales: [BlockScales] = []
    var codes: [GroupedCodes] = []
    var absent: [Int] = []
    var dtype: DType?
    let parts = template.split(separator: "{e}", omittingEmptySubsequences: false)
    for expert in 0..<shape[0] {
      let source = parts.joined(separator: String(expert))
      guard let stored = stored(source) else {
        absent.append(expert)
        continue
      }
      let place = stored.place
      let grouped = try groupedCodes(source, stored, Array(shape.dropFirst()))
      if grouped == nil { try requireShape(place, source, Array(row.shape.dropFirst()), Array(shape.dropFirst())) }
      let own = grouped?.dtype(stored: place.entry.dtype) ?? place.entry.dtype
      if let dtype, dtype != own {
        throw CheckpointError.dtype(
          file: folder.shardPath(of: place).string, tensor: source, expected: dtype.rawValue, found: own.rawValue)
      }
      dtype = own
      if let grouped { codes.append(grouped) }
      sources.append(folder.shared(stored.name))
      segments.append(range(place, 0, place.entry.byteCount))
      if let blocks = try blockScales(source, place) { scales.append(blocks) }
    }
    guard let dtype else { return nil }
    guard absent.isEmpty else {
      throw CheckpointError.expertsIncomplete(path: folder.path, tensor: template, declared: shape[0], missing: absent)
    }
    for name in sources { use(name) }
    var tensor = ResolvedTensor(
      name: name, role: row.role, transform: row.transform, dtype: dtype, shape: shape, sources: sources,
      assembly: "stack", segments: segments)
    // All or none: what is left without scales is refused as the FP8 matrix that it is.
    if scales.count == segments.count { tensor.blockScales = scales }
    // Codes of one kind only: what is left without is refused by its dtype.
    if codes.count == segments.count, Set(codes.map(\.transformName)).count == 1 { tensor.groupedCodes = codes }
    return tensor
  }

  func range(_ place: CheckpointFolder.Place, _ begin: Int, _ length: Int) -> ByteRange {
    let start = folder.shards[place.shard].file.header.dataStart + place.entry.begin
    return ByteRange(shard: place.shard, offset: start + begin, length: length)
  }

  private func requireShape(
    _ place: CheckpointFolder.Place, _ tensor: String, _ expressions: [String], _ expected: [Int]
  ) throws {
    guard place.entry.shape != expected else { return }
    let (file, wanted) = (folder.shardPath(of: place).string, "[\(expressions.joined(separator: ", "))] = \(expected)")
    let found = "\(place.entry.shape)"
    // What a trainer leaves in the place of a tensor that it keeps in parts.
    guard !place.entry.shape.contains(0) else {
      throw CheckpointError.tensorEmpty(file: file, tensor: tensor, expected: wanted, found: found)
    }
    throw CheckpointError.shape(file: file, tensor: tensor, expected: wanted, found: found)
  }
}

/// How many tensors of a folder there are, and their bytes.
public struct TensorTally: Sendable, Equatable {
  public private(set) var tensors = 0
  public private(set) var bytes = 0

  /// All tensors of a folder have fewer bytes than an `Int` counts, as was seen when it was opened.
  mutating func add(_ byteCount: Int) {
    tensors += 1
    bytes += byteCount
  }
}

extension SourceForm {
  var template: String {
    switch self {
    case .whole(let name), .stacked(let name), .slice(let name, _, _): name
    }
  }
}
