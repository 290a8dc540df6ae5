import Testing

/// Experts, routers and the configuration must agree; a head may have a count of its own.
@Suite struct ExpertCountTests {
  @Test func `a trunk router is held against the configuration`() throws {
    var source = TinyCheckpoint(.next) { $0.hasHead = false }
    source.configure("num_experts", 6)
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("trunk-router-against-configuration")
      #expect(error.code == "E_SHAPE")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor == "model.layers.0.mlp.gate.weight")
      #expect(error.expected == "[E, H] = [6, 64]")
      #expect(error.found == "[4, 64]")
    }
  }

  @Test func `fused experts are held against the configuration`() throws {
    var source = TinyCheckpoint(.mixture) { $0.hasHead = false }
    let gate = "model.language_model.layers.2.mlp.experts.gate_up_proj"
    source.tensors[gate] = source.tensors[gate].map {
      let shape = [3] + $0.shape.dropFirst()
      return TinyCheckpoint.Tensor(dtype: $0.dtype, shape: shape, bytes: Array($0.bytes.prefix(3 * 16384)))
    }
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("fused-experts-against-configuration")
      #expect(error.code == "E_SHAPE")
      #expect(error.tensor == gate)
      #expect(error.found == "[3, 128, 64]")
    }
  }

  @Test func `a partial set of experts is refused`() throws {
    var source = TinyCheckpoint(.next) { $0.hasHead = false }
    source.tensors["model.layers.1.mlp.experts.2.up_proj.weight"] = nil
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("partial-expert-set")
      #expect(error.code == "E_EXPERTS_INCOMPLETE")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor == "model.layers.1.mlp.experts.{e}.up_proj.weight")
      #expect(error.expected == "experts 0 to 3")
      #expect(error.found == "missing 2")
    }
  }

  @Test func `an expert beyond the configuration is refused`() throws {
    var source = TinyCheckpoint(.next) { $0.hasHead = false }
    source.tensors["model.layers.1.mlp.experts.4.up_proj.weight"] =
      source.tensors["model.layers.1.mlp.experts.3.up_proj.weight"]
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("expert-beyond-configuration")
      #expect(error.code == "E_TENSOR_UNKNOWN")
      #expect(error.found == "experts 4, but config.json says num_experts 4")
    }
  }

  @Test func `a head router with more rows than experts is refused`() throws {
    var donor = TinyCheckpoint(.next) { $0.seed = 2 }.headOnly
    for name in ["gate_proj", "up_proj", "down_proj"] {
      donor.tensors["mtp.layers.0.mlp.experts.3.\(name).weight"] = nil
    }
    try withWorkshop(source: TinyCheckpoint(.next).stripped, donor: donor) { shop in
      let error = try shop.refusal("head-router-with-more-rows-than-experts")
      #expect(error.code == "E_MTP_EXPERTS_INCOMPLETE")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.donor)
      #expect(error.expected == "experts 0 to 3, one a router row")
      #expect(error.found == "missing 3")
    }
  }

  @Test func `a head router with fewer rows than experts is refused`() throws {
    var donor = TinyCheckpoint(.next) { $0.seed = 2 }.headOnly
    let router = "mtp.layers.0.mlp.gate.weight"
    donor.tensors[router]?.shape = [3, 64]
    donor.tensors[router]?.bytes.removeLast(128)
    try withWorkshop(source: TinyCheckpoint(.next).stripped, donor: donor) { shop in
      let error = try shop.refusal("head-router-with-fewer-rows-than-experts")
      #expect(error.code == "E_MTP_EXPERTS_INCOMPLETE")
      #expect(error.tensor?.hasPrefix("mtp.layers.0.mlp.experts.3.") == true)
      #expect(error.expected == "experts 0 to 2, one a router row")
      #expect(error.found == "4 experts")
    }
  }

  @Test func `a fused head is held against its router`() throws {
    var donor = TinyCheckpoint(.mixture) { $0.headLayout = .fused }.headOnly
    let router = "mtp.layers.0.mlp.gate.weight"
    donor.tensors[router]?.shape = [3, 64]
    donor.tensors[router]?.bytes.removeLast(128)
    try withWorkshop(source: TinyCheckpoint(.mixture).stripped, donor: donor) { shop in
      let error = try shop.refusal("fused-head-against-its-router")
      #expect(error.code == "E_MTP_EXPERTS_INCOMPLETE")
      #expect(error.tensor == "mtp.layers.0.mlp.experts.gate_up_proj")
      #expect(error.found == "4 experts")
    }
  }

  /// A pruned trunk with the whole head of its base model: the head has its own router, so it fits, and says so.
  @Test(arguments: [TinyCheckpoint.Family.next, .mixture])
  func `a head with its own consistent count is accepted and recorded`(family: TinyCheckpoint.Family) throws {
    let source = TinyCheckpoint(family) { $0.experts = 3 }.stripped
    let donor = TinyCheckpoint(family) { $0.experts = 5 }.headOnly
    try withWorkshop(source: source, donor: donor) { shop in
      try shop.run()
      let package = Package(shop.package)
      let config = try package.config
      #expect((config["text_config"] ?? config)["mtp_num_experts"]?.intValue == 5)
      #expect((config["text_config"] ?? config)["num_experts"]?.intValue == 3)
      #expect(try package.auditJSON["head"]?["experts"]?.intValue == 5)
      #expect(try package.tensor("mtp.layers.0.mlp.switch_mlp.up_proj.weight").shape == [5, 64, 64])
      #expect(try shop.open().plan.notes.contains { $0.hasPrefix("the head has 5 experts, the trunk 3") })
    }
  }
}
