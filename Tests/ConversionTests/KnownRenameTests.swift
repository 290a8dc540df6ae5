import Checkpoint
import Safetensors
import StrictJSON
import Testing

/// Names as tools leave them: planned as the same model with the names of its release, and said.
@Suite struct KnownRenameTests {
  /// The weights of the packages that a checkpoint and its renamed twin become.
  private func weights(_ source: TinyCheckpoint) throws -> (digests: [String: String], notes: [String]) {
    try withWorkshop(source: source) { shop in
      try shop.writeManifest(source.options.hasHead ? [] : [("head", "none")])
      try shop.run()
      let files = try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" }
      return (files, try shop.open().plan.notes)
    }
  }

  private func renamed(_ checkpoint: TinyCheckpoint, _ change: (String) -> String) -> TinyCheckpoint {
    var copy = checkpoint
    copy.tensors = Dictionary(uniqueKeysWithValues: checkpoint.tensors.map { (change($0.key), $0.value) })
    return copy
  }

  /// How tools spell the names of a wrapper, by what stands in front or between.
  static let spellings: [(String, @Sendable (String) -> String)] = [
    (
      "doubled by transformers 5.2",
      { $0.replacingOccurrences(of: "model.language_model.", with: "model.language_model.language_model.") }
    ),
    ("of a merge", { $0.replacingOccurrences(of: "model.language_model.", with: "model.") }),
    (
      "before transformers 4.52",
      {
        $0.hasPrefix("lm_head")
          ? "language_model." + $0
          : $0.replacingOccurrences(of: "model.language_model.", with: "language_model.model.")
            .replacingOccurrences(of: "model.visual.", with: "visual.")
      }
    ),
    ("compiled", { $0.hasPrefix("mtp.") ? $0 : "_orig_mod." + $0 }),
    ("of FSDP on XLA", { $0.replacingOccurrences(of: ".mlp.", with: "._orig_module.mlp.") }),
    ("of checkpointed layers", { $0.replacingOccurrences(of: ".mlp.", with: "._checkpoint_wrapped_module.mlp.") }),
    (
      "with F32 parameters",
      { $0.replacingOccurrences(of: "linear_attn.A_log", with: "linear_attn._fp32_params.A_log") }
    ),
    ("merged by PEFT", { $0.hasPrefix("mtp.") ? $0 : "base_model.model." + $0 }),
    (
      "with the tower under another name", { $0.replacingOccurrences(of: "model.visual.", with: "model.vision_tower.") }
    ),
    ("with the tower at the top", { $0.replacingOccurrences(of: "model.visual.", with: "vision_tower.") }),
    ("of FSDP", { $0.replacingOccurrences(of: ".mlp.", with: "._fsdp_wrapped_module.mlp.") }),
    ("of data-parallel training", { "module." + $0 }),
    ("of Lightning with DeepSpeed", { "_forward_module." + $0 }),
    ("of a policy", { "policy." + $0 }),
    ("of averaged weights", { "ema_model." + $0 }),
  ]

  @Test(arguments: spellings.indices)
  func `F02: a wrapper's names as tools spell them give the same package, and a note`(index: Int) throws {
    let plain = TinyCheckpoint(.dense)
    let expected = try weights(plain)
    let found = try weights(renamed(plain, Self.spellings[index].1))
    #expect(found.digests == expected.digests, "\(Self.spellings[index].0)")
    #expect(found.notes.contains { $0.hasPrefix("source: names of ") }, "\(found.notes)")
    #expect(!expected.notes.contains { $0.hasPrefix("source: names of ") })
  }

  @Test func `F02: a flat text model with nested names is planned as with names of its own`() throws {
    let plain = TinyCheckpoint(.text)
    let expected = try weights(plain)
    let nested = renamed(plain) { $0.hasPrefix("model.") ? "model.language_model." + $0.dropFirst("model.".count) : $0 }
    let found = try weights(nested)
    #expect(found.digests == expected.digests)
    #expect(found.notes.contains { $0.contains("model.language_model.* read as model.*") }, "\(found.notes)")
  }

  @Test func `two spellings of one name are refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["_orig_mod.lm_head.weight"] = source.tensors["lm_head.weight"]
    try withWorkshop(source: source) { shop in
      #expect(throws: CheckpointError.self) { try shop.open() }
    }
  }

  @Test func `averaged weights beside the model's own are ambiguous, and refused`() throws {
    var source = TinyCheckpoint(.dense)
    for (name, tensor) in source.tensors { source.tensors["ema_model." + name] = tensor }
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_TENSOR_TWICE")
    }
  }

  @Test func `harmless extra tensors are left out with a reason`() throws {
    var source = TinyCheckpoint(.dense)
    let place = "model.language_model.layers.3.self_attn."
    source.tensors[place + "rotary_emb.inv_freq"] = TinyCheckpoint.Tensor(
      dtype: .f32, shape: [2], bytes: Array(repeating: 0, count: 8))
    source.tensors[place + "k_scale"] = TinyCheckpoint.Tensor(
      dtype: .f32, shape: [1], bytes: Array(repeating: 0, count: 4))
    try withWorkshop(source: source) { shop in
      let dropped = try shop.open().plan.dropped
      #expect(dropped.map(\.name).sorted() == [place + "k_scale", place + "rotary_emb.inv_freq"])
      #expect(dropped.allSatisfy { !$0.reason.isEmpty })
    }
  }

  static let strangers = [
    "q_scale", "q_zero_point", "k_zero_point", "v_global_scale", "attn.q_scale", "attn.prob_scale", "prob_output_scale",
    "q_proj.output_scale", "k_proj.output_zero_point",
  ]

  @Test func `scales of quantized attention and a value head are left out with a reason`() throws {
    var source = TinyCheckpoint(.dense)
    let names =
      Self.strangers.map { "model.language_model.layers.3.self_attn." + $0 }
      + ["v_head.summary.weight", "v_head.summary.bias"]
    for name in names {
      source.tensors[name] = TinyCheckpoint.Tensor(dtype: .f32, shape: [1], bytes: Array(repeating: 0, count: 4))
    }
    try withWorkshop(source: source) { shop in
      let dropped = try shop.open().plan.dropped
      #expect(dropped.map(\.name).sorted() == names.sorted())
      #expect(dropped.filter { $0.reason.contains("value head") }.count == 2)
    }
  }

  @Test func `a value head in a file of its own, which the index does not list, is left out, too`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let name = "v_head.summary.bias"
      let layout = try SafetensorsLayout(tensors: [(name: name, dtype: .f32, shape: [1])], metadata: ["format": "pt"])
      try writeBytes(layout.assemble([name: [0, 0, 0, 0]]), shop.source + "/value_head.safetensors")
      let plan = try shop.open().plan
      #expect(plan.dropped.map(\.name) == [name])
      #expect(plan.notes.contains { $0.contains("value_head.safetensors holds a value head") })
    }
  }

  @Test func `the output of a reward model is called that`() throws {
    var source = TinyCheckpoint(.dense)
    source.rename("lm_head.weight", to: "score.weight")
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_TENSOR_UNKNOWN" && error.tensor == "score.weight")
      #expect(error.found?.contains("reward model") == true)
    }
  }

  static let wrappings: [(tensor: String, wrapped: [String])] = [
    ("model.language_model.layers.3.self_attn.q_proj.weight", ["base_layer", "lora_A.default", "lora_B.default"]),
    ("model.language_model.embed_tokens.weight", ["modules_to_save.default", "original_module"]),
    ("mtp.fc.weight", ["base_layer", "lora_A.default", "lora_B.default"]),
  ]

  @Test(arguments: wrappings)
  func `modules that PEFT wraps are an adapter that is not merged, and no unknown tensors`(
    tensor: String, wrapped: [String]
  ) throws {
    var source = TinyCheckpoint(.dense)
    let module = tensor.dropLast(".weight".count)
    for part in wrapped { source.tensors["\(module).\(part).weight"] = source.tensors[tensor] }
    source.tensors[tensor] = nil
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_ADAPTER_IN_SHARDS", "\(error.text)")
      #expect(error.tensor == "\(module).\(wrapped[0]).weight")
      #expect(error.file?.hasSuffix(".safetensors") == true)
    }
  }
}
