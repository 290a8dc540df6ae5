import Testing

/// Tensors of a source that are not what its configuration asks for.
@Suite struct SourceTensorTests {
  @Test(arguments: ["lm_head.weight", "model.language_model.layers.0.input_layernorm.weight", "mtp.fc.weight"])
  func `an empty tensor is called that, and what leaves such is named`(name: String) throws {
    var source = TinyCheckpoint(.dense)
    source.tensors[name] = TinyCheckpoint.Tensor(dtype: .bf16, shape: [0], bytes: [])
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_TENSOR_EMPTY" && error.tensor == name, "\(error.text)")
      #expect(error.found == "[0]" && error.next?.contains("zero_to_fp32.py") == true)
    }
  }

  @Test func `a truncated shard is refused`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      let shard = shop.source + "/" + source.shards[1].file
      let whole = try readBytes(shard)
      try writeBytes(Array(whole.dropLast(10)), shard)
      let error = try shop.refusal("truncated-shard")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shard)
      #expect(error.expected?.contains("\(whole.count)") == true)
      #expect(error.found?.contains("\(whole.count - 10)") == true)
    }
  }

  @Test func `an unknown tensor name is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["model.language_model.layers.0.self_attn.rel_pos"] = source.tensors["lm_head.weight"]
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("unknown-tensor")
      #expect(error.code == "E_TENSOR_UNKNOWN")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor == "model.language_model.layers.0.self_attn.rel_pos")
      #expect(error.file == shop.source + "/" + source.shard(of: error.tensor ?? ""))
    }
  }

  @Test func `a layer beyond the configuration is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["model.language_model.layers.4.input_layernorm.weight"] =
      source.tensors["model.language_model.layers.3.input_layernorm.weight"]
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("layer-beyond-the-configuration")
      #expect(error.code == "E_TENSOR_UNKNOWN")
      #expect(error.found == "layers 4, but config.json says num_hidden_layers 4")
    }
  }

  @Test func `a missing tensor is named`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["model.language_model.layers.1.mlp.up_proj.weight"] = nil
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("missing-tensor")
      #expect(error.code == "E_TENSOR_MISSING")
      #expect(error.tensor == "model.language_model.layers.1.mlp.up_proj.weight")
    }
  }

  @Test func `a shape against the configuration is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.configure("vocab_size", 321)
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("shape-against-the-configuration")
      #expect(error.code == "E_SHAPE")
      #expect(error.expected == "[V, H] = [321, 64]")
      #expect(error.found == "[320, 64]")
    }
  }

  @Test func `a dtype that cannot be converted is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["lm_head.weight"]?.dtype = .i16
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("dtype-that-cannot-be-converted")
      #expect(error.code == "E_DTYPE")
      #expect(error.tensor == "lm_head.weight")
      #expect(error.found == "I16")
    }
  }
}
