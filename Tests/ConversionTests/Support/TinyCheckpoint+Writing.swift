import Foundation
import Safetensors
import StrictJSON

extension TinyCheckpoint {
  /// Names of the tensors of each shard, by file name.
  var shards: [(file: String, tensors: [String])] {
    let names = tensors.keys.sorted()
    let trunk = names.filter { !$0.hasPrefix("mtp.") }
    let head = names.filter { $0.hasPrefix("mtp.") }
    let size = max(1, (trunk.count + trunkShards - 1) / trunkShards)
    var groups = stride(from: 0, to: trunk.count, by: size).map { Array(trunk[$0..<min($0 + size, trunk.count)]) }
    if !head.isEmpty { groups.append(head) }
    return groups.enumerated().map { number, names in
      ("model-0000\(number + 1)-of-0000\(groups.count).safetensors", names)
    }
  }

  /// The shard that holds a tensor.
  func shard(of tensor: String) -> String { shards.first { $0.tensors.contains(tensor) }?.file ?? "" }

  /// Writes shards, index, configuration and sidecars into a folder, which is made.
  func write(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var map: [(String, JSONValue)] = []
    var total = 0
    for (file, names) in shards {
      let entries = names.compactMap { name in tensors[name].map { (name: name, dtype: $0.dtype, shape: $0.shape) } }
      let layout = try SafetensorsLayout(tensors: entries, metadata: metadata)
      let bytes = layout.assemble(tensors.mapValues(\.bytes).filter { names.contains($0.key) })
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + file))
      map += names.map { ($0, .string(file)) }
      total += layout.fileSize - layout.headerBytes.count
    }
    if hasIndex {
      let index = JSONValue.object([
        ("metadata", .object([("total_size", .int(total))])),
        ("weight_map", .object(map.sorted { $0.0 < $1.0 })),
      ])
      try writeBytes(JSONWriter.pretty(index), folder + "/model.safetensors.index.json")
    }
    try writeBytes(JSONWriter.pretty(config), folder + "/config.json")
    for (name, bytes) in sidecars { try writeBytes(bytes, folder + "/" + name) }
  }
}
