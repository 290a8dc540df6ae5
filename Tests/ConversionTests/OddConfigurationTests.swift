import Checkpoint
import Foundation
import PackageCheck
import Readers
import StrictJSON
import SystemPackage
import Testing

/// Configurations that transformers reads and other readers misread: the package says what they leave unsaid.
@Suite struct OddConfigurationTests {
  /// The text model's fields in the package of a source whose own are changed so.
  private func published(
    _ family: TinyCheckpoint.Family, _ change: (inout JSONValue) -> Void
  ) throws -> (config: JSONValue, text: JSONValue) {
    var source = TinyCheckpoint(family)
    if var text = source.config["text_config"] {
      change(&text)
      source.config.set("text_config", to: text)
    } else {
      change(&source.config)
    }
    return try published(source)
  }

  private func published(_ source: TinyCheckpoint) throws -> (config: JSONValue, text: JSONValue) {
    try withWorkshop(source: source) { shop in
      try shop.run()
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
      let config = try Package(shop.package).config
      return (config, config["text_config"] ?? config)
    }
  }

  private func number(_ spelling: String) -> JSONValue { JSONValue(.number(spelling)) }

  @Test(arguments: [TinyCheckpoint.Family.dense, .text])
  func `rope_theta outside of rope_parameters stands in it too, where mlx-lm looks`(
    family: TinyCheckpoint.Family
  ) throws {
    let rope = try published(family) { $0.set("partial_rotary_factor", to: number("0.5")) }.text["rope_parameters"]
    #expect(rope?["rope_theta"] == number("10000000.0") && rope?["partial_rotary_factor"] == number("0.5"))
    #expect(rope?["mrope_section"] == [8, 0, 0] && rope?["rope_type"] == "default")
  }

  @Test func `rope_scaling of an older configuration becomes rope_parameters`() throws {
    let scaling: JSONValue = [
      "rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 4096, "mrope_section": [2, 1, 1],
    ]
    let text = try published(.dense) { $0.set("rope_scaling", to: scaling) }.text
    let rope = text["rope_parameters"]
    #expect(rope?["rope_type"] == "yarn" && rope?["factor"] == 4 && rope?["mrope_section"] == [2, 1, 1])
    #expect(rope?["rope_theta"] == number("10000000.0") && rope?["partial_rotary_factor"] == number("0.25"))
    #expect(text["rope_scaling"] == scaling)
  }

  private static let contradictions: [(scaling: JSONValue, field: String)] = [
    (["rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 4096], "rope_scaling"),
    (["type": "linear", "factor": 2], "rope_scaling"), (["rope_type": "default", "rope_theta": 20_000], "rope_theta"),
    (["mrope_section": [4, 0, 0]], "mrope_section"),
  ]

  @Test(arguments: contradictions)
  func `a rope_scaling that contradicts the rope_parameters beside it is refused`(
    scaling: JSONValue, field: String
  ) throws {
    let error = try #require(throws: CheckpointError.self) {
      try published(.dense) { text in
        text.set("rope_scaling", to: scaling)
        text.set("rope_parameters", to: ["rope_type": "default", "rope_theta": 10_000, "mrope_section": [2, 1, 1]])
      }
    }
    #expect(error.diagnostic.code == "E_CONFIG" && error.diagnostic.summary.contains(field))
  }

  @Test func `a rope_scaling that says what rope_parameters says changes nothing`() throws {
    let rope: JSONValue = [
      "mrope_interleaved": true, "mrope_section": [2, 1, 1], "rope_type": "default", "rope_theta": 10_000,
      "partial_rotary_factor": number("0.25"),
    ]
    let scaling: JSONValue = [
      "type": "default", "rope_theta": number("10000.0"), "mrope_section": [2, 1, 1], "factor": nil,
    ]
    let text = try published(.dense) { text in
      text.set("rope_scaling", to: scaling)
      text.set("rope_parameters", to: rope)
    }.text
    #expect(text["rope_parameters"] == rope && text["rope_scaling"] == scaling)
  }

  @Test func `whole rope_parameters stay as they are`() throws {
    let rope: JSONValue = [
      "mrope_interleaved": true, "mrope_section": [2, 1, 1], "rope_type": "default", "rope_theta": 10_000,
      "partial_rotary_factor": number("0.25"),
    ]
    #expect(try published(.dense) { $0.set("rope_parameters", to: rope) }.text["rope_parameters"] == rope)
  }

  @Test func `Qwen3-Next with rope_parameters alone has their fields outside too, where its readers look`() throws {
    let text = try published(.next) { config in
      config.removeKey("rope_theta")
      config.set("rope_parameters", to: ["rope_type": "default", "rope_theta": 5000, "partial_rotary_factor": 1])
    }.text
    #expect(text["rope_theta"] == 5000 && text["partial_rotary_factor"] == 1)
    #expect(text["rope_scaling"] == nil && text["norm_topk_prob"] == true)
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .text, .next], [false, true])
  func `a rope_theta that stands nowhere is that of transformers in the package, and noted`(
    family: TinyCheckpoint.Family, isNull: Bool
  ) throws {
    var source = TinyCheckpoint(family)
    source.configure("rope_parameters", ["rope_type": "default", "partial_rotary_factor": number("0.25")])
    try withWorkshop(source: source) { shop in
      let before = try shop.open().plan.notes
      #expect(!before.contains { $0.contains("rope_theta") })
      try editJSON(shop.source + "/config.json") { config in
        let change = { (text: inout JSONValue) in
          if isNull { text.set("rope_theta", to: nil) } else { text.removeKey("rope_theta") }
        }
        if var text = config["text_config"] {
          change(&text)
          config.set("text_config", to: text)
        } else {
          change(&config)
        }
      }
      let notes = try shop.open().plan.notes.filter { $0.contains("rope_theta") }
      #expect(notes.count == 1 && notes.first?.contains("the package states that of transformers") == true, "\(notes)")
      try shop.run()
      let config = try Package(shop.package).config
      let text = config["text_config"] ?? config
      let found = family == .next ? text["rope_theta"] : text["rope_parameters"]?["rope_theta"]
      #expect(found == 10_000)
    }
  }

  static let otherMathematics: [(family: TinyCheckpoint.Family, field: String, value: JSONValue)] = [
    (.dense, "hidden_act", "gelu"), (.next, "hidden_act", "relu"), (.text, "hidden_act", 1),
    (.dense, "attn_output_gate", false), (.mixture, "attn_output_gate", "no"),
  ]

  @Test(arguments: otherMathematics)
  func `another activation, or attention without its gate, is refused by the field: readers of MLX know neither`(
    family: TinyCheckpoint.Family, field: String, value: JSONValue
  ) throws {
    var source = TinyCheckpoint(family)
    source.configure(field, value)
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_CONFIG" && error.summary.contains(field), "\(error.text)")
    }
  }

  static let familyMathematics: [(field: String, value: JSONValue)] = [
    ("hidden_act", "silu"), ("hidden_act", "swish"), ("hidden_act", nil), ("attn_output_gate", true),
  ]

  @Test(arguments: familyMathematics)
  func `the activation and the gate of the family, stated or not, change nothing`(
    field: String, value: JSONValue
  ) throws {
    #expect(try published(.dense) { $0.set(field, to: value) }.text[field] == value)
  }

  @Test func `layers by layer_types alone get the interval that readers go by`() throws {
    let text = try published(.dense) { text in
      text.removeKey("full_attention_interval")
      text.set("layer_types", to: ["linear_attention", "linear_attention", "linear_attention", "full_attention"])
    }.text
    // Four is what readers take without one.
    #expect(text["full_attention_interval"] == nil)
    let other = try published(.dense) { text in
      text.set("full_attention_interval", to: 2)
      text.set("layer_types", to: ["linear_attention", "linear_attention", "linear_attention", "full_attention"])
    }.text
    #expect(other["full_attention_interval"] == 4)
  }

  @Test func `sizes that a configuration leaves to transformers are held against the tensors`() throws {
    var source = TinyCheckpoint(.dense)
    var text = try #require(source.config["text_config"])
    // Four taps are the default, and the tiny model's.
    text.removeKey("linear_conv_kernel_dim")
    source.config.set("text_config", to: text)
    #expect(try published(source).text["linear_conv_kernel_dim"] == 4)
    text.removeKey("linear_num_key_heads")
    source.config.set("text_config", to: text)
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open().plan }
      #expect(error.code == "E_SHAPE", "\(error.summary)")
    }
  }

  @Test func `text_config without a type, an epsilon or a context has what mlx-vlm asks for`() throws {
    let text = try published(.dense) { text in
      for key in ["model_type", "rms_norm_eps"] { text.removeKey(key) }
    }.text
    #expect(text["model_type"] == "qwen3_5_text" && text["rms_norm_eps"] == number("1e-06"))
    #expect(text["max_position_embeddings"] == 32_768)
  }

  @Test(arguments: [true, false])
  func `tie_word_embeddings at one level only, or at both otherwise, is what the tensors say`(isInText: Bool) throws {
    var source = TinyCheckpoint(.dense) { $0.tied = true }
    var text = try #require(source.config["text_config"])
    // mlx-lm looks into text_config alone, transformers at the top level.
    if isInText {
      source.config.set("tie_word_embeddings", to: false)
    } else {
      text.removeKey("tie_word_embeddings")
      source.config.set("text_config", to: text)
    }
    let made = try published(source)
    #expect(made.text["tie_word_embeddings"] == true && made.config["tie_word_embeddings"] == true)
  }

  @Test func `a flag that ties, against one that does not, counts without an output projection`() throws {
    var source = TinyCheckpoint(.dense) { $0.tied = true }
    source.configure("tie_word_embeddings", false)
    try withWorkshop(source: source) { shop in
      let notes = try shop.open().plan.notes
      #expect(notes.contains { $0.contains("the embedding serves as output projection") }, "\(notes)")
      try shop.run()
      #expect(try Package(shop.package).config["text_config"]?["tie_word_embeddings"] == true)
    }
  }

  @Test(arguments: ["mtp_num_hidden_layers", "num_nextn_predict_layers"])
  func `a count of MTP layers under either name follows the head`(name: String) throws {
    var source = TinyCheckpoint(.dense).stripped
    var text = try #require(source.config["text_config"])
    text.set("mtp_num_hidden_layers", to: .null)
    text.set(name, to: 1)
    source.config.set("text_config", to: text)
    try withWorkshop(source: source) { shop in
      #expect(try diagnostic { _ = try shop.open().plan }.code == "E_MTP_DECLARED_MISSING")
      try shop.writeManifest([("head", "none")])
      try shop.run()
      let made = try Package(shop.package).config["text_config"]
      #expect(made?["mtp_num_hidden_layers"] == 0 && made?[name] == 0)
    }
  }

  @Test func `the class of a text model in architectures, and dtype for torch_dtype, change nothing`() throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("architectures", to: ["Qwen3_5ForCausalLM"])
    var text = try #require(source.config["text_config"])
    text.removeKey("torch_dtype")
    text.set("dtype", to: "bfloat16")
    source.config.set("text_config", to: text)
    let made = try published(source)
    #expect(made.config["architectures"] == ["Qwen3_5ForCausalLM"] && made.text["dtype"] == "bfloat16")
  }
}
