import TestSupport
import SystemPackage
import Digests
import Foundation
import PackageCheck
import Safetensors
import StrictJSON
import Testing

/// Modules that other tools quantized, dequantized as their own library does: the digests are those of compressed-tensors
/// 0.20.1, and for ModelOpt and GPTQ of their formulas (`tools/make_quantized_modules.py`).
@Suite struct QuantizedSourceTests {
  private static let folder = Repository.root + "/Tests/ConversionTests/Fixtures/quantized"
  private static let module = "model.language_model.layers.0.mlp.down_proj."
  static let kinds = [
    "ct-fp8-channel", "ct-fp8-tensor", "ct-mxfp4a16", "ct-mxfp8a16", "ct-nvfp4", "ct-nvfp4a16", "ct-w4a16-asym-g32",
    "ct-w4a16-g32", "ct-w8a8-int8", "modelopt-nvfp4", "ct-w8a16-g32", "ct-w4a16-channel", "ct-w8a16-asym-channel",
    "ct-w4a16-g32-f16", "ct-w4a16-actorder", "gptq-2", "gptq-4", "gptq-8", "gptq-asym", "gptq-asym-zero",
    "gptq-v2-asym",
    "gptq-desc-act", "gptq-bf16", "gptq-row", "gptq-no-order", "awq-g32", "awq-g64",
  ]

  /// A tiny model with the module of a fixture in it, and the digest of what it stands for in bf16.
  private func source(_ kind: String) throws -> (checkpoint: TinyCheckpoint, digest: String?) {
    var source = TinyCheckpoint(.dense)
    source.tensors[Self.module + "weight"] = nil
    source.tensors.merge(try HeadDonor.read(Self.folder + "/\(kind).safetensors")) { _, new in new }
    let oracle = try readJSON(Self.folder + "/oracle.json")[kind]
    if let block = oracle?["quantization_config"] { source.config.set("quantization_config", to: block) }
    return (source, oracle?["bf16_sha256"]?.stringValue)
  }

  @Test(arguments: kinds)
  func `a module becomes the numbers of its own library, rounded to bf16`(kind: String) throws {
    let (checkpoint, expected) = try source(kind)
    try withWorkshop(source: checkpoint) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let tensor = try Package(shop.package).tensor("language_model.model.layers.0.mlp.down_proj.weight")
      #expect(tensor.dtype == .bf16 && tensor.shape == [64, 128])
      #expect(SHA256Digest.of(tensor.bytes).hex == expected)
      let row = try Package(shop.package).audit.tensors.first { $0.name.contains("layers.0.mlp.down_proj") }
      #expect(row?.json["transforms"]?.arrayValue?.first?.stringValue?.hasPrefix("dequantize_") == true)
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
    }
  }

  @Test(arguments: kinds, ["mxfp4", "affine8"])
  func `a quantized source and the same numbers in bf16 give the same weights`(kind: String, pipeline: String) throws {
    var plain = TinyCheckpoint(.dense)
    let (checkpoint, _) = try source(kind)
    try withWorkshop(source: checkpoint) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let bytes = try Package(shop.package).tensor("language_model.model.layers.0.mlp.down_proj.weight").bytes
      plain.tensors[Self.module + "weight"]?.bytes = bytes
    }
    var weights: [[String: String]] = []
    for source in [checkpoint, plain] {
      try withWorkshop(source: source) { shop in
        try shop.writeManifest([("pipeline", .string(pipeline))])
        try shop.run()
        weights.append(try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" })
      }
    }
    #expect(weights[0] == weights[1])
  }

  @Test(arguments: ["gptq-4", "gptq-desc-act", "awq-g32", "ct-w4a16-g32-f16"])
  func `F16 scales of a model in F16 give the numbers of the library itself`(kind: String) throws {
    var checkpoint = try source(kind).checkpoint
    checkpoint.configure("torch_dtype", "float16")
    try withWorkshop(source: checkpoint) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let tensor = try Package(shop.package).tensor("language_model.model.layers.0.mlp.down_proj.weight")
      let oracle = try readJSON(Self.folder + "/oracle.json")[kind]
      #expect(tensor.dtype == .f16)
      #expect(SHA256Digest.of(tensor.bytes).hex == oracle?["sha256"]?.stringValue)
    }
  }

  @Test(arguments: [
    ("gptq-asym", "auto_round:auto_gptq"), ("gptq-v2-asym", "auto_round"), ("gptq-v2-asym", "auto_round:gptqmodel"),
    ("awq-g32", "auto_round:auto_awq"),
  ])
  func `an AutoRound checkpoint is read as what its packing says`(kind: String, packing: String) throws {
    var (checkpoint, expected) = try source(kind)
    checkpoint.config.set(
      "quantization_config", to: ["quant_method": "auto-round", "bits": 4, "packing_format": .string(packing)])
    try withWorkshop(source: checkpoint) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let tensor = try Package(shop.package).tensor("language_model.model.layers.0.mlp.down_proj.weight")
      #expect(SHA256Digest.of(tensor.bytes).hex == expected)
    }
  }

  @Test(arguments: [false, true])
  func `a quantization_config in the text's configuration is read, and is not in the package`(isNullAbove: Bool) throws
  {
    var (checkpoint, expected) = try source("gptq-4")
    let block = try #require(checkpoint.config["quantization_config"])
    checkpoint.config.removeKey("quantization_config")
    if isNullAbove { checkpoint.config.set("quantization_config", to: .null) }
    checkpoint.configure("quantization_config", block)
    try withWorkshop(source: checkpoint) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let tensor = try Package(shop.package).tensor("language_model.model.layers.0.mlp.down_proj.weight")
      #expect(SHA256Digest.of(tensor.bytes).hex == expected)
      let config = try Package(shop.package).config
      #expect(config["quantization_config"] == nil && config["text_config"]?["quantization_config"] == nil)
    }
  }

  @Test func `codes of three bits are refused by name`() throws {
    try withWorkshop(source: try source("ct-w3a16-g32").checkpoint) { shop in
      let error = try shop.refusal("format-three-bits")
      #expect(error.code == "E_SOURCE_FORMAT")
      #expect(error.found?.hasPrefix("compressed-tensors: words of I32") == true)
    }
  }
}
