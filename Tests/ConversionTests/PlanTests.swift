import Conversion
import StrictJSON
import Testing

/// The plan: which verdict each tensor gets, and what it prints.
@Suite struct PlanTests {
  @Test(arguments: [("dense", TinyCheckpoint.Family.dense), ("next", .next)])
  func `the plan is the golden plan`(name: String, family: TinyCheckpoint.Family) throws {
    try withWorkshop(source: TinyCheckpoint(family)) { shop in
      let report = try shop.open().report
      try Golden.check(report.text(everyTensor: true), "plan/\(name).txt")
      try Golden.check(String(decoding: JSONWriter.pretty(report.json), as: UTF8.self), "plan/\(name).json")
      #expect(!exists(shop.work), "planning writes nothing")
    }
  }

  @Test func `the plan is the same twice and in another folder`() throws {
    let plan = { try withWorkshop(source: TinyCheckpoint(.mixture)) { try $0.open().report.json } }
    #expect(try plan() == plan())
  }

  @Test func `the plan follows what decides`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let before = try shop.open().plan.digest
      try shop.writeManifest([("quantization", ["scale_rule": "round"])])
      #expect(try shop.open().plan.digest != before)
    }
  }

  /// The pipeline asks for everything; what the format cannot hold is kept, and the plan says why.
  @Test func `a matrix whose columns are no multiple of the group is kept with a reason`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes(
        Array(
          """
          {"cambium_pipeline": 1, "name": "all", "quantization": {"mode": "affine", "group_size": 128},
           "rules": [{"match": "**", "treatment": "quantize"}]}
          """.utf8), shop.path + "/all.json")
      try shop.writeManifest([("pipeline", "all.json")])
      let tensors = try shop.open().plan.tensors
      let embedding = try #require(tensors.first { $0.name == "language_model.model.embed_tokens.weight" })
      #expect(embedding.verdict == .keep)
      #expect(embedding.reason == "kept: the last dimension 64 is not a multiple of the group size 128")
      let output = try #require(tensors.first { $0.name.hasSuffix("self_attn.o_proj.weight") })
      #expect(output.format?.groupSize == 128)
      let norm = try #require(tensors.first { $0.name == "language_model.model.norm.weight" })
      #expect(norm.reason == "kept: not a matrix")
    }
  }

  @Test func `the first rule that matches decides`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([
        (
          "rules",
          [
            ["match": "**.layers.3.self_attn.q_proj.weight", "treatment": "keep"],
            ["role": "attention", "treatment": ["quantize": ["mode": "mxfp8"]]],
          ]
        )
      ])
      let tensors = try shop.open().plan.tensors.filter { $0.name.contains(".layers.3.self_attn.") }
      let formats = Dictionary(
        tensors.map { (String($0.name.split(separator: ".")[5]), $0.format?.mode.rawValue ?? "kept") }
      ) { first, _ in first }
      #expect(formats["q_proj"] == "kept")
      #expect(formats["k_proj"] == "mxfp8")
      #expect(formats["q_norm"] == "kept")
    }
  }

  @Test func `a tied head that is stored all the same is dropped with a reason`() throws {
    var source = TinyCheckpoint(.dense) { $0.tied = true }
    source.tensors["lm_head.weight"] = source.tensors["model.language_model.embed_tokens.weight"]
    try withWorkshop(source: source) { shop in
      let plan = try shop.open().plan
      #expect(plan.dropped.map(\.name) == ["lm_head.weight"])
      #expect(plan.dropped.first?.bytes == 320 * 64 * 2)
      #expect(!plan.tensors.contains { $0.name.contains("lm_head") })
    }
  }

  @Test func `files that stay behind are named`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      #expect(
        try shop.open().plan.notes.contains("optimizer.bin is not copied: weights of another format are never read"))
    }
  }
}
