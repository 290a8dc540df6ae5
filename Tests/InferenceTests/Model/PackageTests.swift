import TestSupport
import SystemPackage
import Foundation
import Inference
import Safetensors
import StrictJSON
import Testing

/// Packages as the converter makes them, in every number format.
@Suite struct PackageTests {
  private static let pipelines = [
    "mxfp4", "mxfp8", "nvfp4", "affine4", "affine8", "mixed-4-8", "lean-mtp", "classic", "stock", "graft-only",
  ]

  /// The stock pipeline's groups of 64 do not divide what the reference models are made of.
  private static func members(_ pipeline: String) -> [(String, JSONValue)] {
    pipeline == "stock"
      ? [("quantization", .object([("mode", "affine"), ("bits", 4), ("group_size", 32)]))] : []
  }

  private static func logits(_ name: String) throws -> [Float]? {
    let path = URL(fileURLWithPath: Golden.root).deletingLastPathComponent().path + "/mlx/logits.safetensors"
    return try GoldenTensors(file: SafetensorsFile(path: FilePath(path))).floats(name)
  }

  @Test(arguments: Golden.models, pipelines)
  func `a package runs as stored, the same at every setting, and as mlx-lm runs it`(
    _ model: String, _ pipeline: String
  ) throws {
    try withScratchFolder { folder in
      let package = try LoadedModel.open(
        convert(model, pipeline: pipeline, in: folder, PackageTests.members(pipeline)))
      #expect(package.isPackage && package.hasHead)
      let prompt = madeUpPrompt(24)
      if let expected = try PackageTests.logits("\(model)-\(pipeline)") {
        let found = try package.trace(prompt, limit: 0).logits
        #expect(distance(Array(found.suffix(expected.count)), expected) < 1e-3)
      } else {
        #expect(pipeline == "lean-mtp")  // The trunk of mxfp4, and another head.
      }
      let base = try DecodingSession(package, threads: 1, promptChunk: 512).run(prompt, limit: 24).decoded
      for method in [DecodingMethod.vanilla, .mtp(depth: 1), .mtp(depth: 4), .adaptive()] {
        let session = DecodingSession(package, threads: 2, promptChunk: 7)
        #expect(try session.run(prompt, method, limit: 24).decoded == base, "\(method)")
      }
    }
  }

  @Test func `a head can be taken from another folder`() throws {
    try withScratchFolder { folder in
      let path = try convert("qwen3_5_moe", pipeline: "affine8", in: folder, [("head", "none")])
      let error = #expect(throws: InferenceError.self) {
        try DecodingSession(LoadedModel.open(path)).run([1, 2], .mtp(depth: 1), limit: 2)
      }
      #expect(error == .headMissing(path: FilePath(path)))
      let model = try LoadedModel.open(path, head: "\(Golden.root)/qwen3_5_moe/checkpoint")
      let golden = Golden(model: "qwen3_5_moe", name: "text31")
      let found = try DecodingSession(model, threads: 1).run(golden.prompt(), .mtp(depth: 2), limit: 30)
      #expect(found.decoded == (try DecodingSession(model, threads: 1).run(golden.prompt(), limit: 30).decoded))
      #expect(found.statistics.accepted > 0)
    }
  }

  @Test func `F05: null for a module's group size, or bits, is the mode's own`() throws {
    try withScratchFolder { folder in
      let path = try convert("qwen3_5_dense_vl", pipeline: "mxfp4", in: folder)
      var config = try readJSON(path + "/config.json")
      var block = try #require(config["quantization"])
      let null = JSONValue(.null)
      block.set(
        "language_model.model.layers.3.self_attn.q_proj",
        to: .object([("group_size", null), ("bits", null), ("mode", "mxfp4")]))
      config.set("quantization", to: block)
      try FileManager.default.removeItem(atPath: path + "/config.json")
      try writeJSON(config, path + "/config.json")
      #expect(try LoadedModel.open(path).hasHead)
    }
  }

  @Test func `a module that says true is quantized as the block says, and refused where it is not`() throws {
    try withScratchFolder { folder in
      let path = try convert("qwen3_5_dense_vl", pipeline: "mxfp4", in: folder)
      let config = try readJSON(path + "/config.json")
      for bits in [4, 8] {
        var (changed, block) = (config, try #require(config["quantization"]))
        block.set("language_model.model.layers.3.self_attn.q_proj", to: true)
        block.set("bits", to: .int(bits))
        changed.set("quantization", to: block)
        try FileManager.default.removeItem(atPath: path + "/config.json")
        try writeJSON(changed, path + "/config.json")
        if bits == 4 {
          #expect(try LoadedModel.open(path).hasHead)
        } else {
          let error = #expect(throws: InferenceError.self) { try LoadedModel.open(path) }
          #expect(error?.diagnostic.code == "E_PACKAGE_QUANTIZATION")
        }
      }
    }
  }

  @Test(arguments: [
    ("bits", JSONValue.int(8)), ("group_size", .int(64)), ("mode", .string("nvfp4")),
    ("language_model.model.layers.3.self_attn.q_proj", .bool(false)),
    ("language_model.model.layers.3.self_attn.q_proj", .object([("group_size", 32), ("bits", 4)])),
  ])
  func `a configuration that contradicts the packed tensors is refused`(_ key: String, _ value: JSONValue) throws {
    try withScratchFolder { folder in
      let path = try convert("qwen3_5_dense_vl", pipeline: "mxfp4", in: folder)
      var config = try readJSON(path + "/config.json")
      var block = try #require(config["quantization"])
      block.set(key, to: value)
      config.set("quantization", to: block)
      try FileManager.default.removeItem(atPath: path + "/config.json")
      try writeJSON(config, path + "/config.json")
      let error = #expect(throws: InferenceError.self) { try LoadedModel.open(path) }
      #expect(error?.diagnostic.code == "E_PACKAGE_QUANTIZATION")
    }
  }
}
