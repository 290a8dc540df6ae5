import PackageCheck
import Planning
import SystemPackage
import StrictJSON
import Testing

/// Rules of a manifest that do not fit the model.
@Suite struct RuleRefusalTests {
  @Test func `a rule that matches nothing is refused`() throws {
    try withRule(["match": "**.o_prjo.weight", "treatment": "keep"]) { shop in
      let error = try shop.refusal("rule-matches-nothing")
      #expect(error.code == "E_RULE_UNUSED")
      #expect(error.exitStatus == .badInput)
      #expect(error.file?.hasPrefix(shop.manifest + ":") == true)
      #expect(error.found == "manifest rule 1 (match **.o_prjo.weight)")
    }
  }

  @Test(arguments: [
    ("*down_proj*", "**down_proj**"), ("re:.*mlp.*", "**mlp**"),
    ("language_model.*.mlp.down_proj.weight", "language_model.**.mlp.down_proj.weight"),
  ])
  func `a pattern whose star would have to cross dots is told so, with a tensor that is meant`(
    pattern: String, crossing: String
  ) throws {
    try withRule(["match": .string(pattern), "treatment": "keep"]) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_RULE_UNUSED")
      #expect(error.next?.contains("* stops at dots: \"\(crossing)\" matches") == true, "\(error.text)")
      #expect(error.next?.contains(".mlp.") == true && error.next?.contains("embed_tokens") == false, "\(error.text)")
    }
  }

  @Test(arguments: [
    ("model.language_model.layers.0.mlp.**", "language_model.model.layers.0.mlp.**"),
    ("model.layers.{0-0}.mlp.**", "language_model.model.layers.{0-0}.mlp.**"),
    ("model.visual.patch_embed.**", "vision_tower.patch_embed.**"),
  ])
  func `a pattern over the source's own names is read as that over the package's, and noted`(
    pattern: String, read: String
  ) throws {
    func plan(_ pattern: String) throws -> Plan {
      var plan: Plan?
      try withRule(["match": .string(pattern), "treatment": "keep"]) { plan = try $0.open().plan }
      return try #require(plan)
    }
    let (own, packages) = (try plan(pattern), try plan(read))
    #expect(own.tensors.map(\.verdictWord) == packages.tensors.map(\.verdictWord))
    #expect(own.notes.contains { $0.hasSuffix("names tensors as the source does: it is read as \(read)") })
    #expect(!packages.notes.contains { $0.contains("as the source does") })
  }

  @Test func `a role that the model does not have is refused`() throws {
    try withRule(["role": "router", "treatment": "keep"]) { shop throws in
      #expect(try shop.refusal("role-matches-nothing").code == "E_RULE_UNUSED")
    }
  }

  @Test func `a rule that quantizes a norm is refused`() throws {
    try withRule(["role": "norm", "treatment": "quantize"]) { shop in
      let error = try shop.refusal("rule-quantizes-a-norm")
      #expect(error.code == "E_RULE_STRUCTURE")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor?.hasSuffix("norm.weight") == true)
      #expect(error.file?.hasPrefix(shop.manifest + ":") == true)
    }
  }

  @Test(arguments: [("**.conv1d.weight", "conv1d"), ("**.patch_embed.proj.weight", "patch_embed")])
  func `a rule that quantizes a permuted tensor is refused`(pattern: String, word: String) throws {
    try withRule(["match": .string(pattern), "treatment": "quantize"]) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_RULE_STRUCTURE")
      #expect(error.tensor?.contains(word) == true)
    }
  }

  @Test func `a rule whose group does not divide the columns is refused`() throws {
    try withRule(["match": "**.mlp.linear_fc2.weight", "treatment": "quantize"]) { shop in
      let error = try shop.refusal("group-does-not-divide-the-columns")
      #expect(error.code == "E_RULE_STRUCTURE")
      #expect(error.found?.contains("the last dimension 136 is not a multiple of the group size 32") == true)
    }
  }

  /// A rule that fits some of its tensors keeps the others, and says why.
  @Test func `a rule whose group divides only some columns keeps the others with a reason`() throws {
    try withRule(["match": "**.linear_fc2.weight", "treatment": "quantize"]) { shop in
      let tensors = try shop.open().plan.tensors.filter { $0.name.hasSuffix("linear_fc2.weight") }
      #expect(tensors.map(\.verdictWord) == ["kept", "quantized"])
      #expect(tensors.first?.reason == "kept: the last dimension 136 is not a multiple of the group size 32")
    }
  }

  @Test func `a rule that drops a needed tensor is refused`() throws {
    try withRule(["match": "**.mlp.up_proj.weight", "treatment": "drop"]) { shop in
      let error = try shop.refusal("rule-drops-a-needed-tensor")
      #expect(error.code == "E_RULE_DROPS")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor == "language_model.model.layers.0.mlp.up_proj.weight")
      #expect(error.found?.hasSuffix("role mlp") == true)
    }
  }

  /// Half a vision tower, or half a head, is no more loadable than half a trunk.
  @Test(arguments: ["vision_tower.merger.**", "mtp.fc.weight"])
  func `a rule that drops half of a part is refused`(pattern: String) throws {
    try withRule(["match": .string(pattern), "treatment": "drop"]) { shop throws in
      #expect(try diagnostic { try shop.run() }.code == "E_RULE_DROPS")
      #expect(!exists(shop.package))
    }
  }

  @Test func `a rule that drops a whole part is obeyed`() throws {
    try withRule(["role": "vision", "treatment": "drop"]) { shop in
      try shop.run()
      let names = try Package(shop.package).names
      #expect(!names.isEmpty && !names.contains { $0.hasPrefix("vision_tower.") })
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
    }
  }

  @Test func `a tensor that no rule matches is named`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes(
        Array(
          """
          {"cambium_pipeline": 1, "name": "partial", "quantization": {"mode": "mxfp4"},
           "rules": [{"role": "norm", "treatment": "keep"}]}
          """.utf8), shop.path + "/partial.json")
      try shop.writeManifest([("pipeline", "partial.json")])
      let error = try shop.refusal("no-rule")
      #expect(error.code == "E_NO_RULE")
      #expect(error.tensor == "language_model.lm_head.weight")
    }
  }

  private func withRule(_ rule: JSONValue, _ body: (Workshop) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("rules", .array([rule]))])
      try body(shop)
    }
  }

  /// The hidden size 64 is no multiple of 128: kept with a reason, and an error where the manifest is strict.
  @Test func `a strict manifest refuses what the group size does not divide`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let format: JSONValue = ["mode": "affine", "bits": 4, "group_size": 128]
      try shop.writeManifest([("pipeline", "affine4"), ("quantization", format)])
      let kept = try shop.open().plan.tensors.filter {
        $0.reason?.contains("is not a multiple of the group size 128") == true
      }
      #expect(!kept.isEmpty)
      #expect(kept.allSatisfy { $0.verdict == .keep })
      try shop.writeManifest([("pipeline", "affine4"), ("quantization", format), ("strict", true)])
      let error = try shop.refusal("strict-group-size")
      #expect(error.code == "E_RULE_STRUCTURE")
      #expect(error.found?.contains("strict") == true)
    }
  }
}
