import Diagnostics
import Foundation
import Planning
import StrictJSON
import Testing

/// NaN and infinity in what is to be quantized: the error names the tensor of the source and the element in it.
@Suite struct NonFiniteTests {
  @Test(arguments: [("nan", UInt16(0x7FC0)), ("infinity", 0x7F80), ("minus-infinity", 0xFF80)])
  func `05 a non-finite number in a tensor to be quantized is refused`(name: String, bits: UInt16) throws {
    var source = TinyCheckpoint(.dense)
    source.plant(bits, in: "model.language_model.layers.1.mlp.up_proj.weight", at: 4321)
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("\(name)-in-a-tensor")
      #expect(error.code == "E_NONFINITE")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor == "model.language_model.layers.1.mlp.up_proj.weight")
      #expect(error.file == shop.source + "/" + source.shard(of: error.tensor ?? ""))
      #expect(error.found == "element 4321 is not finite")
    }
  }

  /// A tensor larger than one unit of work (4 MiB): the index counts from the tensor's beginning, not the unit's.
  @Test(arguments: ["mxfp4", "affine4"])
  func `a non-finite number in a later unit is refused`(pipeline: String) throws {
    var source = TinyCheckpoint(.text) {
      $0.vocabulary = 40_000
      $0.hasHead = false
      $0.tied = true
    }
    let name = "model.embed_tokens.weight"
    source.plant(0x7FC0, in: name, at: 2_500_037)
    source.plant(0x7FC0, in: name, at: 2_500_038)
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("pipeline", .string(pipeline))])
      let error = try shop.refusal("nan-in-a-later-unit")
      #expect(error.tensor == name)
      #expect(error.found == "element 2500037 is not finite")
    }
  }

  /// A stack made of one tensor an expert: the error names that expert's own tensor.
  @Test func `a non-finite number in a stacked expert is refused`() throws {
    var source = TinyCheckpoint(.next) { $0.hasHead = false }
    let name = "model.layers.2.mlp.experts.3.down_proj.weight"
    source.plant(0x7F80, in: name, at: 1234)
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("infinity-in-a-stacked-expert")
      #expect(error.tensor == name)
      #expect(error.file == shop.source + "/" + source.shard(of: name))
      #expect(error.found == "element 1234 is not finite")
    }
  }

  /// A fused tensor that is cut in two: the index is that in the fused tensor. Expert 2, up half, row 7, column 5.
  @Test func `a non-finite number in the up half of a fused expert is refused`() throws {
    var source = TinyCheckpoint(.mixture) { $0.hasHead = false }
    let name = "model.language_model.layers.0.mlp.experts.gate_up_proj"
    let index = 2 * 128 * 64 + (64 + 7) * 64 + 5
    source.plant(0x7FC0, in: name, at: index)
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("nan-in-a-fused-expert")
      #expect(error.tensor == name)
      #expect(error.found == "element \(index) is not finite")
    }
  }

  /// A tensor that is kept, of the trunk, of the head and of the tower: one for each way that a tensor gets there.
  @Test(
    arguments: [
      "model.language_model.norm.weight", "model.language_model.layers.1.input_layernorm.weight",
      "model.language_model.layers.0.linear_attn.A_log", "model.language_model.layers.0.linear_attn.conv1d.weight",
      "model.language_model.layers.3.self_attn.q_norm.weight", "mtp.norm.weight", "mtp.pre_fc_norm_hidden.weight",
      "model.visual.merger.norm.bias", "model.visual.patch_embed.proj.weight", "model.visual.pos_embed.weight",
    ])
  func `05 NaN in a tensor that is kept is refused by its name and its place`(name: String) throws {
    for bits in [UInt16(0x7FC0), 0x7F80, 0xFF80] {
      var source = TinyCheckpoint(.dense)
      source.plant(bits, in: name, at: 3)
      try withWorkshop(source: source) { shop in
        try shop.writeManifest([("pipeline", "graft-only")])
        let error = #expect(throws: ConversionError.self) { try shop.run() }
        #expect(error?.diagnostic.code == "E_NONFINITE" && error?.diagnostic.tensor == name)
        #expect(error?.diagnostic.found == "element 3 is not finite")
        #expect(!FileManager.default.fileExists(atPath: shop.package))
      }
    }
  }
}
