import Checkpoint
import Diagnostics
import Inference
import StrictJSON
import Testing

@Suite struct ConfigurationTests {
  private static let unsupported: [(String, JSONValue)] = [
    ("attention_bias", true), ("layer_scale", true), ("use_sliding_window", true),
    ("mtp_use_dedicated_embeddings", true), ("output_gate_type", "sigmoid"),
    ("rope_parameters", .object([("rope_type", "llama3"), ("rope_theta", 10000)])),
    (
      "rope_parameters",
      .object([
        ("rope_type", "default"), ("rope_theta", 10000), ("mrope_section", [3, 3, 2]), ("mrope_interleaved", false),
      ])
    ),
  ]
  private static let wrong: [(String, JSONValue)] = [
    ("num_experts_per_tok", 0), ("num_experts_per_tok", 9), ("num_experts_per_tok", "2"), ("rms_norm_eps", 0),
    ("hidden_act", "gelu"), ("attn_output_gate", false),
    ("num_key_value_heads", 3), ("linear_num_value_heads", 3), ("mtp_hidden_state_mode", "middle"),
    ("rope_parameters", .object([("rope_theta", 1)])), ("rope_parameters", .object([("rope_theta", "10000")])),
    ("rope_parameters", .object([("rope_theta", 10000), ("partial_rotary_factor", number("1.5"))])),
    ("rope_parameters", .object([("rope_theta", 10000), ("partial_rotary_factor", number("0.02"))])),
    ("rope_parameters", .object([("rope_theta", 10000), ("mrope_section", [3, 3, 3])])),
    ("rope_parameters", .object([("rope_theta", 10000), ("mrope_section", [8])])),
    ("rope_parameters", .object([("rope_theta", 10000), ("rope_type", "yarn"), ("factor", 4)])),
    (
      "rope_parameters",
      .object([("rope_theta", 10000), ("rope_type", "yarn"), ("original_max_position_embeddings", 4096)])
    ),
  ]

  @Test(arguments: unsupported)
  func `what the runner does not compute is refused by name`(_ field: String, _ value: JSONValue) throws {
    try withChangedConfig("qwen3_5_moe", { $0.set(field, to: value) }) { path in
      let error = #expect(throws: InferenceError.self) { try LoadedModel.open(path) }
      #expect(error?.diagnostic.code == "E_MODEL_UNSUPPORTED")
      #expect(error?.diagnostic.file == path + "/config.json")
    }
  }

  @Test(arguments: wrong)
  func `a field out of range is refused by name`(_ field: String, _ value: JSONValue) throws {
    try withChangedConfig("qwen3_5_moe", { $0.set(field, to: value) }) { path in
      let error = #expect(throws: CheckpointError.self) { try LoadedModel.open(path) }
      #expect(["E_CONFIG", "E_SHAPE"].contains(error?.diagnostic.code))
    }
  }

  @Test func `the hidden state that the head takes can be chosen`() throws {
    let golden = Golden(model: "qwen3_5_dense_vl", name: "text12")
    let trace = try golden.open().trace(golden.prompt(), limit: 4)
    try withChangedConfig(golden.model, { $0.set("mtp_hidden_state_mode", to: "pre_norm") }) { path in
      let model = try LoadedModel.open(path)
      #expect(model.configuration.headInput == .preNorm)
      let other = try model.trace(golden.prompt(), limit: 4)
      // The trunk stays as it was, the head does not.
      #expect(distance(other.logits, trace.logits) == 0)
      #expect(distance(other.headHidden, trace.headHidden) > 0.01)
    }
  }

  @Test func `weights that experts are not divided by their sum are used as they are`() throws {
    let golden = Golden(model: "qwen3_next_moe", name: "len17")
    let trace = try golden.open().trace(golden.prompt(), limit: 0)
    try withChangedConfig(golden.model, { $0.set("norm_topk_prob", to: false) }) { path in
      let other = try LoadedModel.open(path).trace(golden.prompt(), limit: 0)
      #expect(distance(other.logits, trace.logits) > 0.01)
    }
  }
}
