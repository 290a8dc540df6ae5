import Checkpoint
import Manifests
import Quantization
import Safetensors

/// Places every part of every tensor in a file, at an offset.
///
/// Shards are filled in name order up to a limit; within a shard, data stand by falling width and then by name, so that
/// each tensor is aligned and there are no gaps. The head has a file of its own, where every reader finds it and no
/// reader stumbles over it.
struct WeightLayout {
  let shardLimit: Int
  let head: Head?

  static let headFile = "mtp.safetensors"

  private struct Part {
    let name: String
    let dtype: DType
    let shape: [Int]
  }

  func place(_ tensors: [PlannedTensor]) throws -> ([PlannedFile], [PlannedTensor]) {
    let parts = tensors.map(parts)
    var groups: [[Int]] = []
    var bytes = 0
    for (number, tensor) in tensors.enumerated() where tensor.origin == .trunk {
      let size = parts[number].reduce(0) { $0 + byteCount($1) }
      if groups.isEmpty || (bytes + size > shardLimit && bytes > 0) {
        groups.append([])
        bytes = 0
      }
      groups[groups.count - 1].append(number)
      bytes += size
    }
    var files: [(name: String, members: [Int], metadata: [String: String])] = groups.enumerated().map {
      index, members in
      (groups.count == 1 ? "model.safetensors" : shardName(index + 1, groups.count), members, ["format": "mlx"])
    }
    let headMembers = tensors.indices.filter { tensors[$0].origin == .head }
    if !headMembers.isEmpty { files.append((WeightLayout.headFile, headMembers, WeightLayout.headMetadata)) }

    var placed = tensors
    var planned: [PlannedFile] = []
    for (fileNumber, file) in files.enumerated() {
      let members = file.members.flatMap { parts[$0] }
      let layout = try SafetensorsLayout(
        tensors: members.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) }, metadata: file.metadata)
      let places = Dictionary(layout.entries.map { ($0.name, $0) }) { first, _ in first }
      for member in file.members {
        placed[member] = tensors[member].with(
          parts: parts[member].compactMap { part in
            places[part.name].map { entry in
              PlannedPart(
                name: part.name, dtype: part.dtype, shape: part.shape, file: fileNumber,
                offset: layout.headerBytes.count + entry.begin, bytes: entry.byteCount)
            }
          })
      }
      planned.append(
        PlannedFile(path: file.name, bytes: layout.fileSize, content: .weights(header: layout.headerBytes)))
    }
    return (planned, placed)
  }

  /// What readers decide by (`format`), and what the next converter needs to know.
  static let headMetadata = [
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
    switch tensor.verdict {
    case .keep: return [Part(name: tensor.name, dtype: tensor.tensor.dtype, shape: shape)]
    case .cast(let type): return [Part(name: tensor.name, dtype: type.dtype, shape: shape)]
    case .quantize(let format):
      let base = tensor.name.dropLast(".weight".count)
      let columns = shape.last ?? 0
      let leading = Array(shape.dropLast())
      let scaleType = format.hasBiases ? tensor.tensor.dtype : .u8
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

extension PlannedTensor {
  func with(parts: [PlannedPart]) -> PlannedTensor {
    PlannedTensor(
      tensor: tensor, origin: origin, verdict: verdict, rule: rule, reason: reason, rows: rows,
      rowElements: rowElements,
      parts: parts)
  }
}
