import Foundation
import SystemPackage
import Safetensors
import StrictJSON

/// A donor as it lies on disk: files with tensors and metadata, and what the index lists.
struct HeadDonor {
  struct File {
    var path: String
    var tensors: [String: TinyCheckpoint.Tensor]
    var metadata = ["format": "pt"]
    var isListed = true
  }

  var files: [File]
  var config: JSONValue
  /// Other files.
  var others: [String: JSONValue] = [:]
  var hasIndex = true

  func write(to folder: String) throws {
    var map: [(String, JSONValue)] = []
    var total = 0
    for file in files {
      let path = folder + "/" + file.path
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      let entries = file.tensors.sorted { $0.key < $1.key }
      let layout = try SafetensorsLayout(
        tensors: entries.map { (name: $0.key, dtype: $0.value.dtype, shape: $0.value.shape) }, metadata: file.metadata)
      try writeBytes(layout.assemble(file.tensors.mapValues(\.bytes)), path)
      guard file.isListed else { continue }
      map += entries.map { ($0.key, .string(file.path)) }
      total += entries.reduce(0) { $0 + $1.value.bytes.count }
    }
    if hasIndex {
      let index = JSONValue.object([
        ("metadata", .object([("total_size", .int(total))])),
        ("weight_map", .object(map.sorted { $0.0 < $1.0 })),
      ])
      try writeBytes(JSONWriter.pretty(index), folder + "/model.safetensors.index.json")
    }
    try writeBytes(JSONWriter.pretty(config), folder + "/config.json")
    for (name, value) in others { try writeBytes(JSONWriter.pretty(value), folder + "/" + name) }
  }
}

extension TinyCheckpoint {
  /// The tensors of the head, `mtp.…`.
  var head: [String: Tensor] { tensors.filter { $0.key.hasPrefix("mtp.") } }
  var trunk: [String: Tensor] { tensors.filter { !$0.key.hasPrefix("mtp.") } }

  /// The same checkpoint with other tensors.
  func with(_ tensors: [String: Tensor]) -> TinyCheckpoint {
    var copy = self
    copy.tensors = tensors
    return copy
  }

  /// Whether a norm is stored as an offset in a Hugging Face checkpoint: by its name alone, so that it does not follow
  /// the code under test.
  static func isOffsetNorm(_ name: String) -> Bool {
    name.contains("norm") && !name.contains("linear_attn") && !name.contains("visual") && !name.contains("vision")
  }

  /// The head as an MLX tool stores it: experts stacked, norms as plain factors.
  static func converted(_ head: [String: Tensor]) -> [String: Tensor] {
    var out: [String: Tensor] = [:]
    for (name, tensor) in stacked(head) { out[name] = isOffsetNorm(name) ? shifted(tensor) : tensor }
    return out
  }

  /// One added to every element of a bf16 tensor.
  static func shifted(_ tensor: Tensor, by amount: Float = 1) -> Tensor {
    var copy = tensor
    copy.bytes = bytes(bf16(tensor.bytes).map { nearestBF16(value($0) + amount) })
    return copy
  }

  /// Experts one tensor each as the three stacked tensors of MLX.
  static func stacked(_ head: [String: Tensor]) -> [String: Tensor] {
    var out = head.filter { !$0.key.contains(".experts.") }
    let count = expertCount(head)
    guard count > 0 else { return head }
    for projection in ["gate_proj", "up_proj", "down_proj"] {
      let parts = (0..<count).compactMap { head["mtp.layers.0.mlp.experts.\($0).\(projection).weight"] }
      out["mtp.layers.0.mlp.switch_mlp.\(projection).weight"] = Tensor(
        dtype: .bf16, shape: [count] + (parts.first?.shape ?? []), bytes: parts.flatMap(\.bytes))
    }
    return out
  }

  /// Experts one tensor each as the two fused tensors of Qwen3.5.
  static func fused(_ head: [String: Tensor]) -> [String: Tensor] {
    var out = head.filter { !$0.key.contains(".experts.") }
    let count = expertCount(head)
    guard count > 0 else { return head }
    let part = { (expert: Int, name: String) in head["mtp.layers.0.mlp.experts.\(expert).\(name).weight"] }
    let gate = part(0, "gate_proj")?.shape ?? [0, 0]
    out["mtp.layers.0.mlp.experts.gate_up_proj"] = Tensor(
      dtype: .bf16, shape: [count, 2 * gate[0], gate[1]],
      bytes: (0..<count).flatMap { (part($0, "gate_proj")?.bytes ?? []) + (part($0, "up_proj")?.bytes ?? []) })
    out["mtp.layers.0.mlp.experts.down_proj"] = Tensor(
      dtype: .bf16, shape: [count] + (part(0, "down_proj")?.shape ?? []),
      bytes: (0..<count).flatMap { part($0, "down_proj")?.bytes ?? [] })
    return out
  }

  private static func expertCount(_ head: [String: Tensor]) -> Int {
    head.keys.count { $0.contains(".experts.") && $0.hasSuffix(".up_proj.weight") }
  }
}

extension HeadDonor {
  /// Every tensor of a safetensors file.
  static func read(_ path: String) throws -> [String: TinyCheckpoint.Tensor] {
    let file = try SafetensorsFile(path: FilePath(path))
    return try file.header.tensors.reduce(into: [:]) { out, entry in
      out[entry.name] = .init(dtype: entry.dtype, shape: entry.shape, bytes: try file.readData(of: entry))
    }
  }
}
