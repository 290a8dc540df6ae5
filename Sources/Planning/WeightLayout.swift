import Checkpoint
import Files
import Manifests
import Quantization
import Safetensors

/// Places every part of every tensor in a file, at an offset.
///
/// Shards are filled in name order up to a limit; within a shard, data are ordered by falling width and then by name, so that
/// each tensor is aligned and there are no gaps. The shards of a source that was converted before stay what they are,
/// header and all. The head has a separate file, where its readers find it and no reader stumbles over it.
package struct WeightLayout {
  let shardLimit: Int
  let target: PackageTarget
  /// The file that holds the head.
  let headFile: String
  /// The source, when it was converted before.
  let converted: CheckpointFolder?

  /// The head's file, where it has one.
  package static let headFile = "mtp.safetensors"
  /// The same, where vllm-mlx looks for it.
  package static let nestedHeadFile = "mtp/weights.safetensors"
  /// The weight file, where there is one.
  package static let singleFile = "model.safetensors"
  /// Files of a package that hold a head and nothing else.
  package static let ownHeadFiles = [headFile, nestedHeadFile]

  /// The file that holds the head in what is made.
  static func headFile(_ resolution: Resolution) -> String {
    guard resolution.target == .package else { return singleFile }
    return resolution.manifest.layouts.contains(.mtpFolder) ? nestedHeadFile : headFile
  }

  private struct Part {
    let name: String
    let dtype: DType
    let shape: [Int]
  }

  /// One file to be: its members, and either metadata for a new header or the header of a shard that stays as it is.
  private struct File {
    let name: String
    let members: [Int]
    var metadata = WeightLayout.trunkMetadata
    var header: [UInt8]?
  }

  func place(_ tensors: [PlannedTensor]) throws -> ([PlannedWeights], [PlannedTensor]) {
    let parts = tensors.map(parts)
    let trunk = tensors.indices.filter { tensors[$0].origin == .trunk }
    var files = try converted.map { try shards(of: $0, trunk, tensors) } ?? newShards(trunk, parts)
    let head = tensors.indices.filter { tensors[$0].origin == .head }
    if !head.isEmpty {
      files.append(File(name: headFile, members: head, metadata: WeightLayout.headMetadata))
    }
    var placed = tensors
    var planned: [PlannedWeights] = []
    for (number, file) in files.enumerated() {
      planned.append(try place(file, number, parts, &placed))
    }
    return (planned, placed)
  }

  /// Shards of a new package: in name order, each up to the limit.
  private func newShards(_ trunk: [Int], _ parts: [[Part]]) -> [File] {
    var groups: [[Int]] = []
    var bytes = 0
    for number in trunk {
      let size = parts[number].reduce(0) { $0 + byteCount($1) }
      if groups.isEmpty || (bytes + size > shardLimit && bytes > 0) {
        groups.append([])
        bytes = 0
      }
      groups[groups.count - 1].append(number)
      bytes += size
    }
    return groups.enumerated().map { index, members in
      File(
        name: groups.count == 1 ? WeightLayout.singleFile : shardName(index + 1, groups.count), members: members)
    }
  }

  /// The shards of a source that was converted before. One of which every tensor stays keeps its header; one that loses
  /// tensors (a head that goes to its separate file) gets a new one.
  private func shards(of source: CheckpointFolder, _ trunk: [Int], _ tensors: [PlannedTensor]) throws -> [File] {
    try source.shards.indices.compactMap { shard in
      let members = trunk.filter { tensors[$0].tensor.segments.first?.shard == shard }
      guard !members.isEmpty else { return nil }
      let file = source.shards[shard].file
      var out = File(name: source.shards[shard].name, members: members)
      if members.count == file.header.tensors.count {
        out.header = try ReadOnlyFile(path: file.path).readBytes(count: file.header.dataStart, at: 0)
      }
      return out
    }
  }

  private func place(
    _ file: File, _ number: Int, _ parts: [[Part]], _ tensors: inout [PlannedTensor]
  ) throws -> PlannedWeights {
    if let header = file.header {
      var size = header.count
      for member in file.members {
        let tensor = tensors[member].tensor
        tensors[member] = tensors[member].with(
          parts: zip(parts[member], tensor.segments).map { part, segment in
            PlannedPart(
              name: part.name, dtype: part.dtype, shape: part.shape, file: number, offset: segment.offset,
              bytes: segment.length)
          })
        size += tensor.byteCount
      }
      return PlannedWeights(path: file.name, bytes: size, header: header)
    }
    let layout = try SafetensorsLayout(
      tensors: file.members.flatMap { parts[$0] }.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) },
      metadata: file.metadata)
    let places = Dictionary(layout.entries.map { ($0.name, $0) }) { first, _ in first }
    for member in file.members {
      tensors[member] = tensors[member].with(
        parts: parts[member].compactMap { part in
          places[part.name].map { entry in
            PlannedPart(
              name: part.name, dtype: part.dtype, shape: part.shape, file: number,
              offset: layout.headerBytes.count + entry.begin, bytes: entry.byteCount)
          }
        })
    }
    return PlannedWeights(path: file.name, bytes: layout.fileSize, header: layout.headerBytes)
  }

  /// What readers decide by.
  package static let trunkMetadata = ["format": "mlx"]

  /// What readers decide by (`format`), and what the next converter needs to know.
  package static let headMetadata = [
    "format": "mlx", "norm_convention": "gamma", "fc_input_order": "embedding,hidden", "hidden_state": "post_norm",
  ]

  private func byteCount(_ part: Part) -> Int { part.shape.reduce(1, *) * part.dtype.bits / 8 }

  private func shardName(_ number: Int, _ count: Int) -> String {
    let five = { (n: Int) in String(repeating: "0", count: max(0, 5 - String(n).count)) + String(n) }
    return "model-\(five(number))-of-\(five(count)).safetensors"
  }

  /// What is written of a tensor: itself, or packed codes, scales and biases.
  private func parts(_ tensor: PlannedTensor) -> [Part] {
    let shape = tensor.tensor.packageShape
    // In a drafter's folder the head is the model, and its names need no prefix.
    let name = target == .drafter && tensor.name.hasPrefix("mtp.") ? String(tensor.name.dropFirst(4)) : tensor.name
    switch tensor.verdict {
    case .keep: return [Part(name: name, dtype: tensor.tensor.dtype, shape: shape)]
    case .cast(let type): return [Part(name: name, dtype: type.dtype, shape: shape)]
    case .quantize(let format):
      let base = name.dropLast(".weight".count)
      let columns = shape.last ?? 0
      let leading = Array(shape.dropLast())
      let scaleType = format.hasBiases ? tensor.tensor.valueDType : .u8
      var parts = [
        Part(name: "\(base).weight", dtype: .u32, shape: leading + [format.packedWords(columns: columns)]),
        Part(name: "\(base).scales", dtype: scaleType, shape: leading + [format.groups(columns: columns)]),
      ]
      if format.hasBiases {
        parts.append(Part(name: "\(base).biases", dtype: scaleType, shape: leading + [format.groups(columns: columns)]))
      }
      return parts
    }
  }
}
