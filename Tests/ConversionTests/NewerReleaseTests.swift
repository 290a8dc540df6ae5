import Checkpoint
import Foundation
import PackageCheck
import Safetensors
import StrictJSON
import TestSupport
import SystemPackage
import Testing

/// Qwen3.8 and its siblings: heads of their shapes, configurations without the flag, and what is only inspected.
@Suite struct NewerReleaseTests {
  /// The head's matrices in FP8, each with its scales: 22 tensors in the place of 15.
  private func withFloat8Head(_ source: TinyCheckpoint) -> TinyCheckpoint {
    var source = source
    for (name, tensor) in source.head where name.hasSuffix("_proj.weight") {
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      source.tensors[name] = .init(
        dtype: .f8e4m3, shape: tensor.shape, bytes: (0..<rows * columns).map { UInt8(($0 * 37) % 0x70) })
      let grid = [(rows + 127) / 128, (columns + 127) / 128]
      source.tensors[name + "_scale_inv"] = .init(
        dtype: .bf16, shape: grid, bytes: bytes(Array(repeating: 0x3C80, count: grid[0] * grid[1])))
    }
    return source
  }

  private func headNames(_ source: TinyCheckpoint) throws -> [String] {
    try withWorkshop(source: source) { shop in
      try shop.run()
      let names = try Package(shop.package).names
      return names.filter { $0.hasPrefix("mtp.") && $0.hasSuffix("weight") }
    }
  }

  @Test(arguments: [false, true])
  func `a head of 15 tensors needs no flag in the configuration, and no other tool's mark hinders it`(marked: Bool)
    throws
  {
    var source = TinyCheckpoint(.dense)
    var text = try #require(source.config["text_config"])
    text.removeKey("mtp_num_hidden_layers")
    source.config.set("text_config", to: text)
    if marked { source.config.set("unsloth_fixed_mtp", to: true) }
    #expect(source.head.count == 15)
    #expect(try headNames(source).count == 15)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config["text_config"]?["mtp_num_hidden_layers"]?.intValue == 1)
      #expect(config["unsloth_fixed_mtp"]?.boolValue == (marked ? true : nil))
    }
  }

  @Test func `an FP8 head of 22 tensors becomes one of 15`() throws {
    let source = withFloat8Head(TinyCheckpoint(.dense))
    #expect(source.head.count == 22)
    #expect(try headNames(source).count == 15)
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: source) { shop in
      try shop.writeManifest([("donor", "donor")])
      try shop.run()
      let tensor = try Package(shop.package).tensor("mtp.layers.0.mlp.down_proj.weight")
      #expect(tensor.dtype == .bf16 && tensor.shape == [64, 128])
    }
  }

  @Test func `a mixture's head of 19 tensors, with fused experts, becomes one of 20`() throws {
    let source = TinyCheckpoint(.mixture) { $0.headLayout = .fused }
    #expect(source.head.count == 19)
    #expect(try headNames(source).count == 20)
  }

  /// A folder as the release of `qwen4_exp` has it, in small: the trunk's signs and a head of 31 tensors.
  private func withUnconverted(_ body: (String) throws -> Void) throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("model_type", to: "qwen4_exp")
    let vector = TinyCheckpoint.Tensor(dtype: .bf16, shape: [4], bytes: Array(repeating: 0, count: 8))
    let layer = "model.language_model.layers.0."
    for name in [
      "attn_hc.input_mix_weight_down.weight", "attn_hc.block_inject_weight.weight", "self_attn.index_qk_proj.weight",
    ] {
      source.tensors[layer + name] = vector
    }
    source.tensors["model.language_model.ple.ngram_embedding.weight"] = vector
    for number in 15..<31 { source.tensors["mtp.layers.0.hc.\(number)"] = vector }
    try withWorkshop(source: source) { try body($0.source) }
  }

  @Test func `qwen4_exp is inspected with its head, and refused for conversion by what is missing`() throws {
    try withUnconverted { path in
      let reference = ModelReference.folder(FilePath(path))
      do {
        _ = try CheckpointFolder(reference)
        Issue.record("the folder was opened")
      } catch {
        let model = try #require(try UnconvertedModel(reference, refusedBy: error))
        #expect(model.problem.hasPrefix("E_ARCHITECTURE_UNKNOWN"))
        #expect(model.json["head"]?["tensors"]?.arrayValue?.count == 31)
        #expect(model.json["head"]?["declared_layers"]?.intValue == 1)
        let missing = model.json["missing"]?.arrayValue ?? []
        #expect(missing.map { $0["what"]?.stringValue } == ["hyper-connections", "indexed attention", "n-gram tables"])
        #expect(missing.map { $0["tensors"]?.intValue } == [2, 1, 1])
        for word in ["mtp.fc.weight", "hyper-connections", "31 tensors"] { #expect(model.text.contains(word)) }
      }
    }
  }

  @Test func `another architecture is refused as before`() throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("model_type", to: "llama")
    try withWorkshop(source: source) { shop in
      let reference = ModelReference.folder(FilePath(shop.source))
      do {
        _ = try CheckpointFolder(reference)
        Issue.record("the folder was opened")
      } catch {
        let model = try UnconvertedModel(reference, refusedBy: error)
        #expect(model == nil)
      }
    }
  }
}
