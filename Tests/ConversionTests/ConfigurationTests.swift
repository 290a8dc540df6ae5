import StrictJSON
import Testing

/// `config.json` of the package: the source's own, with what the package changes.
@Suite struct ConfigurationTests {
  private let mixedRules: JSONValue = [
    ["match": "**.o_proj.weight", "treatment": ["quantize": ["mode": "affine", "bits": 8, "group_size": 64]]],
    ["match": "**.k_proj.weight", "treatment": "keep"],
  ]

  @Test func `overrides and refusals are under the loader's paths`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("rules", mixedRules)])
      try shop.run()
      let block = try #require(try Package(shop.package).config["quantization"])
      #expect(block["mode"] == "mxfp4")
      #expect(block["bits"] == 4)
      #expect(block["group_size"] == 32)
      let attention = "language_model.model.layers.3.self_attn."
      #expect(block[attention + "o_proj"] == .object([("group_size", 64), ("bits", 8), ("mode", "affine")]))
      #expect(block[attention + "k_proj"] == false)
      #expect(block[attention + "q_proj"] == nil)
      #expect(block["language_model.model.layers.0.linear_attn.in_proj_a"] == false)
      #expect(block["model.layers.3.self_attn.o_proj"] == nil)
    }
  }

  @Test func `next keeps its names`() throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop in
      try shop.run()
      let block = try #require(try Package(shop.package).config["quantization"])
      #expect(block["model.layers.0.mlp.gate"] == false)
      #expect(block["model.layers.0.mlp.shared_expert_gate"] == false)
      #expect(block["model.layers.0.mlp.switch_mlp.up_proj"] == nil)
    }
  }

  @Test func `both quantization blocks are twins`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("rules", mixedRules)])
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config["quantization"] == config["quantization_config"])
      #expect(config["quantization"] != nil)
    }
  }

  @Test func `end of text is taken from the generation file`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      #expect(try Package(shop.package).config["eos_token_id"] == [258, 256])
    }
  }

  @Test func `end of text stays without a generation file`() throws {
    var source = TinyCheckpoint(.dense)
    source.sidecars["generation_config.json"] = nil
    try withWorkshop(source: source) { shop in
      try shop.run()
      #expect(try Package(shop.package).config["eos_token_id"] == 256)
    }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .text])
  func `order and spelling of the source are kept`(family: TinyCheckpoint.Family) throws {
    let source = TinyCheckpoint(family)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let written = try Package(shop.package).config
      // A flat configuration is wrapped as a whole.
      let config = family == .text ? try #require(written["text_config"]) : written
      let before = source.config.members?.map(\.key) ?? []
      #expect(Array((config.members?.map(\.key) ?? []).prefix(before.count)) == before)
      #expect(before.first == "zeta_first")
      let text = try readText(shop.package + "/config.json")
      #expect(text.contains("\"rms_norm_eps\": 1e-06"))
      #expect(text.contains("\"rope_theta\": 10000000.0"))
    }
  }

  @Test func `head count follows the head`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("head", "none")])
      try shop.run()
      #expect(try Package(shop.package).config["text_config"]?["mtp_num_hidden_layers"] == 0)
    }
    let donor = TinyCheckpoint(.next) { $0.seed = 2 }.headOnly
    try withWorkshop(source: TinyCheckpoint(.next) { $0.hasHead = false }, donor: donor) { shop in
      try shop.run()
      #expect(try Package(shop.package).config["mtp_num_hidden_layers"] == 1)
    }
  }

  @Test func `sidecars are copied byte for byte`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.run()
      for name in ["tokenizer.json", "chat_template.jinja", "generation_config.json", "LICENSE"] {
        #expect(try readBytes(shop.package + "/" + name) == source.sidecars[name], "\(name)")
      }
      #expect(!exists(shop.package + "/optimizer.bin"))
      let card = try readText(shop.package + "/README.md")
      #expect(card.hasPrefix("---\nbase_model: org/tiny\n"))
      #expect(card.contains("\nlicense: apache-2.0\n"))
    }
  }
}
