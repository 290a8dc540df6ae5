import TestSupport
import Foundation
import Safetensors
import StrictJSON

/// Adapters that PEFT wrote, their bases, and digests of what PEFT merges them to.
enum AdapterFixture {
  static let folder = Repository.root + "/Tests/ConversionTests/Fixtures/adapters"

  /// Names of those that PEFT merges and we do.
  static let merged = [
    "dense-peft-all", "dense-peft-embed", "dense-peft-layers", "dense-peft-linear", "dense-peft-pattern",
    "dense-peft-plain", "dense-peft-plain-f32", "dense-peft-plain-wrapper", "dense-peft-regex", "dense-peft-rslora",
    "dense-peft-tune_embed", "moe-peft-experts",
  ]

  static func base(_ name: String) -> String { folder + "/bases/" + name.prefix { $0 != "-" } }

  /// SHA-256 of each tensor of the merged checkpoint that differs from the base's.
  static func oracle(_ name: String) throws -> [String: String] {
    let members = try readJSON(folder + "/oracle.json")[name]?.members ?? []
    return Dictionary(members.map { ($0.key, $0.value.stringValue ?? "") }) { first, _ in first }
  }

  static func tensors(_ path: String) throws -> [String: TinyCheckpoint.Tensor] { try HeadDonor.read(path) }
}

extension Workshop {
  /// A manifest of a base with an adapter.
  func writeAdapterManifest(
    _ name: String, pipeline: String = "graft-only", _ members: [(String, JSONValue)] = [], without: [String] = []
  ) throws {
    try writeManifest(
      [
        ("source", .string(AdapterFixture.base(name))), ("adapter", .string(AdapterFixture.folder + "/" + name)),
        ("pipeline", .string(pipeline)), ("head", "none"), ("check", false),
      ] + members, without: without)
  }

  /// A copy of an adapter, to be changed.
  func copyAdapter(_ name: String) throws {
    try FileManager.default.copyItem(atPath: AdapterFixture.folder + "/" + name, toPath: path + "/adapter")
    try writeAdapterManifest(name, [("adapter", "adapter")])
  }

  /// Changes a field of the copied adapter's configuration.
  func setAdapterField(_ key: String, _ value: JSONValue) throws {
    try editJSON(path + "/adapter/adapter_config.json") { $0.set(key, to: value) }
  }

  /// Changes the copied adapter's tensors.
  func editAdapterTensors(_ change: (inout [String: TinyCheckpoint.Tensor]) throws -> Void) throws {
    let file = path + "/adapter/adapter_model.safetensors"
    var tensors = try HeadDonor.read(file)
    try change(&tensors)
    let entries = tensors.sorted { $0.key < $1.key }
    let layout = try SafetensorsLayout(
      tensors: entries.map { (name: $0.key, dtype: $0.value.dtype, shape: $0.value.shape) }, metadata: ["format": "pt"])
    try writeBytes(layout.assemble(tensors.mapValues(\.bytes)), file)
  }
}
