import Testing

/// NaN and infinity in what is to be quantized: the error names the tensor of the source and the element in it.
@Suite struct NonFiniteTests {
  @Test(arguments: [("nan", UInt16(0x7FC0)), ("infinity", 0x7F80), ("minus-infinity", 0xFF80)])
  func `a non-finite number in a tensor to be quantized is refused`(name: String, bits: UInt16) throws {
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

  /// What is kept is kept bit for bit, whatever the bits mean.
  @Test func `a non-finite number in a kept tensor is kept`() throws {
    var source = TinyCheckpoint(.dense)
    source.plant(0x7FC1, in: "model.visual.merger.norm.bias", at: 3)
    try withWorkshop(source: source) { shop in
      try shop.run()
      #expect(bf16(try Package(shop.package).tensor("vision_tower.merger.norm.bias").bytes)[3] == 0x7FC1)
    }
  }
}
