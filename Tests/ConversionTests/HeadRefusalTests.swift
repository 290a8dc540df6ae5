import Testing

/// Heads that are not there, or do not fit.
@Suite struct HeadRefusalTests {
  @Test func `a configuration that promises a missing head is refused`() throws {
    let source = TinyCheckpoint(.dense).stripped
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("promised-head-is-not-there")
      #expect(error.code == "E_MTP_DECLARED_MISSING")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.source)
      #expect(error.expected?.contains("mtp_num_hidden_layers 1") == true)
      #expect(error.found == "none among \(source.tensors.count) tensors in 2 shards")
    }
  }

  @Test func `a head to keep that is not there is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.next) { $0.hasHead = false }) { shop in
      try shop.writeManifest([("head", "keep")])
      #expect(try shop.refusal("head-to-keep-is-not-there").code == "E_MTP_DECLARED_MISSING")
    }
  }

  @Test func `a donor without a head is refused`() throws {
    var donor = TinyCheckpoint(.dense) { $0.seed = 2 }.stripped
    donor.trunkShards = 3
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      let error = try shop.refusal("donor-without-head")
      #expect(error.code == "E_MTP_ABSENT")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.donor)
      #expect(error.found?.contains("none among \(donor.tensors.count) tensors in 3 shards") == true)
      #expect(error.found?.contains("config.json declares 1 MTP layer") == true)
    }
  }

  @Test func `a donor of other dimensions is refused`() throws {
    let donor = TinyCheckpoint(.dense) { $0.hidden = 128 }.headOnly
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      let error = try shop.refusal("donor-of-other-dimensions")
      #expect(error.code == "E_MTP_DIM_MISMATCH")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.donor + "/" + donor.shards[0].file)
      #expect(error.tensor == "mtp.fc.weight")
      #expect(error.expected?.contains("[64, 128]") == true)
      #expect(error.found == "[128, 256]")
    }
  }

  @Test func `a donor of another family is refused`() throws {
    let donor = TinyCheckpoint(.mixture).headOnly
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      let error = try shop.refusal("donor-of-another-family")
      #expect(error.code == "E_MTP_FAMILY")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.donor)
      #expect(error.expected == "qwen3_5")
      #expect(error.found == "qwen3_5_moe")
    }
  }

  /// Both are mixtures with the same head tensors; their heads were trained on other trunks all the same.
  @Test func `a donor of another family of mixtures is refused`() throws {
    let donor = TinyCheckpoint(.next).headOnly
    try withWorkshop(source: TinyCheckpoint(.mixture).stripped, donor: donor) { shop throws in
      #expect(try diagnostic { _ = try shop.open() }.code == "E_MTP_FAMILY")
    }
  }

  @Test func `a donor with half a head is refused`() throws {
    var donor = TinyCheckpoint(.dense).headOnly
    donor.tensors["mtp.layers.0.self_attn.q_norm.weight"] = nil
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      let error = try shop.refusal("donor-with-half-a-head")
      #expect(error.code == "E_MTP_TENSOR_MISSING")
      #expect(error.tensor == "mtp.layers.0.self_attn.q_norm.weight")
    }
  }

  @Test func `a head under Megatron's names is called that, and no part of it missing`() throws {
    var donor = TinyCheckpoint(.dense).headOnly
    donor.rename("mtp.fc.weight", to: "mtp.layers.0.eh_proj.weight")
    donor.rename("mtp.pre_fc_norm_embedding.weight", to: "mtp.layers.0.enorm.weight")
    donor.rename("mtp.pre_fc_norm_hidden.weight", to: "mtp.layers.0.hnorm.weight")
    donor.rename("mtp.norm.weight", to: "mtp.layers.0.final_layernorm.weight")
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_MTP_NAMES" && error.tensor == "mtp.layers.0.eh_proj.weight", "\(error.text)")
    }
  }

  @Test func `a donor with an unknown head tensor is refused`() throws {
    var donor = TinyCheckpoint(.dense).headOnly
    donor.tensors["mtp.surprise.weight"] = donor.tensors["mtp.norm.weight"]
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      let error = try shop.refusal("donor-with-an-unknown-tensor")
      #expect(error.code == "E_MTP_TENSOR_UNKNOWN")
      #expect(error.tensor == "mtp.surprise.weight")
    }
  }

  @Test func `a head of two layers is refused`() throws {
    var donor = TinyCheckpoint(.dense).headOnly
    for (name, tensor) in donor.tensors where name.contains(".layers.0.") {
      donor.tensors[name.replacing(".layers.0.", with: ".layers.1.")] = tensor
    }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop throws in
      #expect(try shop.refusal("head-of-two-layers").code == "E_MTP_LAYERS")
    }
  }

  @Test func `a donor beside a different head of the source is refused`() throws {
    let donor = TinyCheckpoint(.dense) { $0.seed = 2 }.headOnly
    try withWorkshop(source: TinyCheckpoint(.dense), donor: donor) { shop in
      let error = try shop.refusal("source-has-another-head")
      #expect(error.code == "E_MTP_EXISTS")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.source)
    }
  }

  @Test func `a donor that differs from the source's head in its last bit is refused`() throws {
    var donor = TinyCheckpoint(.dense).headOnly
    donor.tensors["mtp.layers.0.self_attn.v_proj.weight"]?.bytes[0] ^= 1
    try withWorkshop(source: TinyCheckpoint(.dense), donor: donor) { shop in
      #expect(throws: (any Error).self) { try shop.open() }
    }
  }
}
