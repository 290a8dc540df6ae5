import Diagnostics
import Foundation
import Safetensors
import StrictJSON
import TestSupport
import Testing

/// Quantized modules whose tensors are not what their format or their configuration promises: wrong numbers would come of
/// them, and all of it would be consistent.
@Suite struct QuantizedRefusalTests {
  private static let module = "model.language_model.layers.0.mlp.down_proj."

  /// A tiny model with the module of a fixture in it.
  private func source(_ kind: String) throws -> TinyCheckpoint {
    let folder = Repository.root + "/Tests/ConversionTests/Fixtures/quantized"
    var source = TinyCheckpoint(.dense)
    source.tensors[Self.module + "weight"] = nil
    source.tensors.merge(try HeadDonor.read(folder + "/\(kind).safetensors")) { _, new in new }
    if let block = try readJSON(folder + "/oracle.json")[kind]?["quantization_config"] {
      source.config.set("quantization_config", to: block)
    }
    return source
  }

  /// Sets a field of `quantization_config`.
  private func set(_ key: String, _ value: JSONValue, in source: inout TinyCheckpoint) {
    var block = source.config["quantization_config"] ?? .object([])
    block.set(key, to: value)
    source.config.set("quantization_config", to: block)
  }

  /// What compressed-tensors says of the weights.
  private static func groups(_ weights: JSONValue) -> JSONValue {
    ["group_0": ["targets": ["Linear"], "weights": weights]]
  }

  private func refused(_ source: TinyCheckpoint) throws -> Diagnostic {
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      let error = try diagnostic { try shop.run() }
      #expect(!exists(shop.package), "something stands at the output")
      return error
    }
  }

  /// As AutoRound exports to MLX: packed matrices, and the names of a checkpoint.
  @Test func `MLX's codes under a checkpoint's names are refused by what they are`() throws {
    var source = TinyCheckpoint(.dense)
    let (name, module) = (Self.module + "weight", Self.module.dropLast())
    let matrix = try #require(source.tensors[name])
    let rows = matrix.shape[0]
    source.tensors[name]?.dtype = .u32
    source.tensors[name]?.shape[1] /= 8
    source.tensors[name]?.bytes = Array(matrix.bytes.prefix(matrix.bytes.count / 4))
    for part in ["scales", "biases"] {
      var factors = matrix
      factors.shape = [rows, matrix.shape[1] / 32]
      factors.bytes = Array(matrix.bytes.prefix(rows * matrix.shape[1] / 32 * 2))
      source.tensors["\(module).\(part)"] = factors
    }
    source.config.set("quantization", to: ["group_size": 32, "bits": 4])
    let error = try refused(source)
    #expect(error.code == "E_SOURCE_FORMAT" && error.found?.contains("AutoRound") == true, "\(error)")
  }

  static let companions: [(String, String, JSONValue)] = [
    ("ct-nvfp4", "weight_global_scale", .null), ("ct-nvfp4a16", "weight_global_scale", .null),
    ("modelopt-nvfp4", "weight_scale_2", .null),
    ("ct-w4a16-asym-g32", "weight_zero_point", ["symmetric": false]),
    ("ct-w8a16-asym-channel", "weight_zero_point", ["symmetric": false, "strategy": "channel"]),
    ("ct-w4a16-actorder", "weight_g_idx", ["actorder": "group"]),
    ("ct-w4a16-actorder", "weight_g_idx", ["actorder": true]),
    ("gptq-desc-act", "g_idx", .null), ("gptq-4", "qzeros", .null), ("awq-g32", "scales", .null),
  ]

  @Test(arguments: companions)
  func `codes without a tensor that is promised are refused by its name`(
    kind: String, tensor: String, weights: JSONValue
  ) throws {
    var checkpoint = try source(kind)
    if weights != .null { set("config_groups", Self.groups(weights), in: &checkpoint) }
    #expect(checkpoint.tensors.removeValue(forKey: Self.module + tensor) != nil)
    let error = try refused(checkpoint)
    #expect(error.code == "E_TENSOR_MISSING" && error.tensor == Self.module + tensor)
  }

  static let grids: [(String, String, Int)] = [
    ("ct-nvfp4", "weight_scale", 4), ("ct-nvfp4", "weight_scale", 1), ("modelopt-nvfp4", "weight_scale", 4),
    ("ct-mxfp4a16", "weight_scale", 2), ("ct-mxfp8a16", "weight_scale", 1), ("ct-w8a16-g32", "weight_scale", 2),
    ("ct-w4a16-g32-f16", "weight_scale", 1),
  ]

  @Test(arguments: grids)
  func `scales of another number of groups than the format or the configuration has are refused`(
    kind: String, tensor: String, groups: Int
  ) throws {
    var checkpoint = try source(kind)
    let name = Self.module + tensor
    let scales = try #require(checkpoint.tensors[name])
    let width = scales.bytes.count / (scales.shape[0] * scales.shape[1])
    let row = scales.shape[1] * width
    checkpoint.tensors[name]?.shape[1] = groups
    checkpoint.tensors[name]?.bytes = (0..<scales.shape[0]).flatMap { number in
      scales.bytes[number * row..<number * row + groups * width]
    }
    let error = try refused(checkpoint)
    #expect(error.code == "E_SOURCE_FORMAT" && error.tensor == name)
  }

  /// A field that contradicts the tensors, or is of another type.
  static let fields: [(String, String, JSONValue, String)] = [
    ("gptq-4", "bits", 8, "E_SOURCE_FORMAT"), ("gptq-4", "bits", 0, "E_SOURCE_FORMAT"),
    ("gptq-4", "group_size", 128, "E_SOURCE_FORMAT"), ("gptq-4", "group_size", .int(-1), "E_SOURCE_FORMAT"),
    ("awq-g32", "group_size", 64, "E_SOURCE_FORMAT"), ("awq-g32", "bits", 8, "E_SOURCE_FORMAT"),
    ("gptq-4", "checkpoint_format", "other", "E_SOURCE_FORMAT"),
    ("ct-w4a16-g32", "format", "marlin-24", "E_SOURCE_FORMAT"), ("ct-fp8-tensor", "format", "other", "E_SOURCE_FORMAT"),
    ("ct-fp8-channel", "weight_block_size", [32, 128], "E_SOURCE_FORMAT"),
    ("ct-fp8-channel", "config_groups", groups(["strategy": "tensor"]), "E_SOURCE_FORMAT"),
    ("ct-w4a16-g32", "config_groups", groups(["num_bits": 8]), "E_SOURCE_FORMAT"),
    ("ct-w4a16-g32", "config_groups", groups(["strategy": "channel"]), "E_SOURCE_FORMAT"),
    ("ct-w4a16-g32", "config_groups", groups(["strategy": "group", "group_size": 64]), "E_SOURCE_FORMAT"),
    ("gptq-4", "bits", "4", "E_CONFIG"), ("gptq-4", "group_size", 0, "E_CONFIG"),
    ("gptq-4", "group_size", [], "E_CONFIG"),
    ("gptq-4", "checkpoint_format", 5, "E_CONFIG"), ("gptq-4", "dynamic", "no", "E_CONFIG"),
    ("gptq-4", "desc_act", "x", "E_CONFIG"), ("awq-g32", "version", 1, "E_CONFIG"),
    ("ct-fp8-channel", "weight_block_size", "x", "E_CONFIG"), ("ct-w4a16-g32", "format", 1, "E_CONFIG"),
    ("ct-w4a16-g32", "config_groups", .null, "E_CONFIG"), ("ct-w4a16-g32", "config_groups", "x", "E_CONFIG"),
    ("ct-w4a16-g32", "config_groups", groups(5), "E_CONFIG"),
    ("ct-w4a16-g32", "config_groups", groups(["symmetric": "no"]), "E_CONFIG"),
    ("ct-w4a16-g32", "config_groups", groups(["group_size": "32"]), "E_CONFIG"),
    ("ct-w4a16-g32", "config_groups", groups(["actorder": 1]), "E_CONFIG"),
  ]

  @Test(arguments: fields.indices)
  func `a quantization_config that contradicts the tensors, or has wrong types, is refused`(number: Int) throws {
    let (kind, key, value, code) = Self.fields[number]
    var checkpoint = try source(kind)
    set(key, value, in: &checkpoint)
    #expect(try refused(checkpoint).code == code, "\(kind) \(key)")
  }

  @Test func `a stored shape that is not that of the codes is refused`() throws {
    var checkpoint = try source("ct-w4a16-g32")
    checkpoint.tensors[Self.module + "weight_shape"]?.bytes = Array(repeating: 255, count: 16)
    let error = try refused(checkpoint)
    #expect(error.code == "E_SOURCE_FORMAT" && error.tensor == Self.module + "weight_shape")
  }

  @Test(arguments: [("gptq-4", JSONValue.null), ("gptq-row", JSONValue.int(-1)), ("awq-g32", JSONValue.int(32))])
  func `a group size that is null, or that of the tensors, is read`(kind: String, size: JSONValue) throws {
    var checkpoint = try source(kind)
    set("group_size", size, in: &checkpoint)
    try withWorkshop(source: checkpoint) { shop in _ = try shop.run() }
  }

  @Test func `what differs from module to module is held against none`() throws {
    var checkpoint = try source("gptq-4")
    set("bits", 8, in: &checkpoint)
    set("group_size", 64, in: &checkpoint)
    set("dynamic", ["+:.*down_proj": ["bits": 4, "group_size": 32], "-:.*mtp.*": [:]], in: &checkpoint)
    try withWorkshop(source: checkpoint) { shop in _ = try shop.run() }
  }
}
