import Foundation
import Inference
import StrictJSON
import SystemPackage
import TestSupport
import Testing

/// What is refused of a drafter's folder: each its code.
@Suite struct DrafterFolderTests {
  /// Opens the demo with a copy of a drafter whose configuration and header were changed; gives the code of the refusal.
  private func code(
    _ drafter: String, config change: (inout JSONValue) -> Void = { _ in },
    header edit: (String) -> String = { $0 }
  ) throws -> String? {
    let folder = try ScratchFolder()
    var config = try JSONValue.parse(
      [UInt8](Data(contentsOf: URL(fileURLWithPath: drafter + "/config.json"))), file: "config.json")
    change(&config)
    try folder.put(JSONWriter.pretty(config), at: "config.json")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: drafter + "/model.safetensors")))
    let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let text = edit(String(decoding: bytes[8..<8 + length], as: UTF8.self))
    let padded = Array(text.utf8) + Array(repeating: 32, count: (8 - text.utf8.count % 8) % 8)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: padded.count >> (8 * $0)) }
    try folder.put(prefix + padded + bytes[(8 + length)...], at: "model.safetensors")
    return refusal { _ = try Drafters.demo([folder.path]) }?.code
  }

  private func nested(_ field: String, _ value: JSONValue) -> (inout JSONValue) -> Void {
    { config in
      var inner = config["dflash_config"] ?? .object([])
      inner.set(field, to: value)
      config.set("dflash_config", to: inner)
    }
  }

  @Test func `the drafters as they are, are taken`() throws {
    #expect(try code(Drafters.dflash) == nil && code(Drafters.eagle3) == nil)
    let model = try Drafters.demo()
    #expect(model.has(.dflash) && model.has(.eagle3) && model.has(.mtp) && model.has(.lookup))
    let bare = try LoadedModel.open(Repository.demoTrunk)
    #expect(!bare.has(.dflash) && !bare.has(.eagle3) && !bare.has(.mtp))
  }

  @Test func `a drafter of another model is refused with both numbers`() throws {
    for (field, value) in [("hidden_size", 320), ("vocab_size", 4095), ("num_target_layers", 9)] {
      #expect(try code(Drafters.dflash, config: { $0.set(field, to: .int(value)) }) == "E_DRAFTER_TARGET")
    }
    let error = refusal {
      _ = try LoadedModel.open("\(Golden.root)/qwen3_5_moe/checkpoint", drafters: [Drafters.dflash])
    }
    #expect(error?.code == "E_DRAFTER_TARGET" && error?.expected?.isEmpty == false && error?.found == "256")
  }

  @Test func `taps, mask, block and window out of range have each their code`() throws {
    for taps: [JSONValue] in [[1, 4, 8], [4, 1, 6], [1, 1, 6], [], [-1, 2, 3], ["1"]] {
      let found = try code(Drafters.dflash, config: nested("target_layer_ids", .array(taps)))
      #expect(found == "E_DRAFTER_TAPS" || taps == ["1"] && found == "E_DRAFTER_CONFIG", "\(taps)")
    }
    #expect(try code(Drafters.dflash, config: nested("mask_token_id", 4096)) == "E_DRAFTER_MASK")
    #expect(try code(Drafters.dflash, config: nested("mask_token_id", -1)) == "E_DRAFTER_MASK")
    for block in [0, 1, 65] {
      #expect(try code(Drafters.dflash, config: nested("block_size", .int(block))) == "E_DRAFTER_BLOCK")
      #expect(try code(Drafters.dflash, config: { $0.set("block_size", to: .int(block)) }) == "E_DRAFTER_BLOCK")
    }
    #expect(try code(Drafters.dflash, config: { $0.set("sliding_window", to: .null) }) == "E_DRAFTER_WINDOW")
    #expect(try code(Drafters.dflash, config: { $0.set("sliding_window", to: 0) }) == "E_DRAFTER_WINDOW")
    let ids = "eagle_aux_hidden_state_layer_ids"
    #expect(try code(Drafters.eagle3, config: { $0.set(ids, to: [0, 5, 7]) }) == "E_DRAFTER_TAPS")
    #expect(try code(Drafters.eagle3, config: { $0.set(ids, to: [2, 5, 9]) }) == "E_DRAFTER_TAPS")
  }

  @Test func `the block of the nested configuration goes before that outside`() throws {
    let both: (inout JSONValue) -> Void = { config in
      config.set("block_size", to: 65)
      self.nested("block_size", 4)(&config)
    }
    #expect(try code(Drafters.dflash, config: both) == nil)
  }

  @Test func `missing, foreign and misshapen tensors have each their code`() throws {
    #expect(
      try code(Drafters.dflash, header: { $0.replacing("layers.1.mlp.up_proj", with: "layers.1.mlp.upproj") })
        == "E_DRAFTER_TENSOR_MISSING")
    #expect(
      try code(
        Drafters.dflash,
        config: { config in
          config.set("num_hidden_layers", to: 1)
          config.set("layer_types", to: ["sliding_attention"])
        }) == "E_DRAFTER_TENSOR_FOREIGN")
    #expect(try code(Drafters.dflash, config: { $0.set("intermediate_size", to: 511) }) == "E_DRAFTER_TENSOR")
    #expect(
      try code(Drafters.eagle3, header: { $0.replacing("midlayer", with: "layers.0") }) == "E_DRAFTER_TENSOR_MISSING")
    #expect(try code(Drafters.eagle3, config: { $0.set("draft_vocab_size", to: 191) }) == "E_DRAFTER_TENSOR")
  }

  @Test func `what DFlash 2 has beside DFlash is as strictly read`() throws {
    let second = Drafters.fixtures + "/tiny-dflash2"
    #expect(try code(second) == nil)
    let changes: [(String, JSONValue)] = [
      ("conv_group_size", 48), ("conv_group_size", 0), ("conv_kernel_size", 0), ("selector_rank", .null),
      ("selector_top_k", 0), ("selector_top_k", 4097),
    ]
    for (field, value) in changes {
      #expect(try code(second, config: nested(field, value)) == "E_DRAFTER_CONFIG", "\(field)")
    }
    #expect(try code(second, config: nested("selector_rank", 15)) == "E_DRAFTER_TENSOR")
    #expect(try code(second, config: nested("conv_kernel_size", 3)) == "E_DRAFTER_TENSOR")
    for name in ["candidate_selector.successor", "layers.1.mlp_conv.base", "layers.0.attention_conv.kernel"] {
      let renamed = name.dropLast() + "x"
      #expect(try code(second, header: { $0.replacing(name, with: renamed) }) == "E_DRAFTER_TENSOR_MISSING", "\(name)")
    }
    let first: (inout JSONValue) -> Void = { $0.set("architectures", to: ["DFlashDraftModel"]) }
    #expect(try code(second, config: first) == "E_DRAFTER_TENSOR_FOREIGN")
    let both: (inout JSONValue) -> Void = { $0.set("architectures", to: ["DFlash2DraftModel"]) }
    #expect(try code(Drafters.dflash, config: both) == "E_DRAFTER_CONFIG")
  }

  @Test func `kinds that are not read are refused by name`() throws {
    for name in ["DSparkDraftModel", "XPressDraftModel", "DominoDraftModel", "LlamaForCausalLM"] {
      let change: (inout JSONValue) -> Void = { $0.set("architectures", to: [.string(name)]) }
      #expect(try code(Drafters.dflash, config: change) == "E_DRAFTER_KIND")
    }
    #expect(
      try code(Drafters.eagle3, config: { $0.set("speculators_model_type", to: "eagle3") }) == "E_DRAFTER_KIND")
    #expect(refusal { _ = try Drafters.demo([Repository.demoTrunk]) }?.code == "E_DRAFTER_KIND")
    #expect(refusal { _ = try Drafters.demo([Drafters.dflash, Drafters.dflash]) }?.code == "E_DRAFTER_TWICE")
  }

  @Test func `options that change the mathematics and are not computed are refused`() throws {
    for (field, value): (String, JSONValue) in [
      ("attention_bias", true), ("hidden_act", "gelu"), ("num_attention_heads", 3), ("head_dim", 63),
      ("layer_types", ["full_attention"]), ("layer_types", ["chunked_attention", "full_attention"]),
      ("rope_scaling", .object([("rope_type", "yarn"), ("factor", 4)])), ("rope_theta", 0), ("is_causal", 1),
    ] {
      #expect(try code(Drafters.dflash, config: { $0.set(field, to: value) }) == "E_DRAFTER_CONFIG", "\(field)")
    }
    for field in ["norm_before_fc", "norm_output", "fc_norm"] {
      #expect(try code(Drafters.eagle3, config: { $0.set(field, to: true) }) == "E_DRAFTER_CONFIG", "\(field)")
    }
  }

  @Test func `decoding with a drafter that is not there says which, and a depth out of range its range`() throws {
    let session = DecodingSession(try Drafters.demo([]), threads: 1)
    for method: DecodingMethod in [.dflash(), .eagle3()] {
      #expect(refusal { _ = try session.decode([1], method, DecodingOptions(limit: 1)) }?.code == "E_DRAFTER_MISSING")
    }
    for method: DecodingMethod in [.lookup(depth: 17), .lookup(depth: 0), .dflash(depth: 64), .eagle3(depth: 9)] {
      #expect(
        refusal { _ = try session.decode([1], method, DecodingOptions(limit: 1)) }?.code == "E_DECODING_OPTION")
    }
  }
}
