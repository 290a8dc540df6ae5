import StrictJSON

/// `config.json` of a tiny checkpoint, in an order and with spellings of its own that a conversion must keep.
struct TinyConfig {
  private let family: TinyCheckpoint.Family
  private let options: TinyCheckpoint.Options

  init(_ family: TinyCheckpoint.Family, _ options: TinyCheckpoint.Options) {
    self.family = family
    self.options = options
  }

  var json: JSONValue {
    guard family.isWrapped else {
      return .object([("zeta_first", "kept in its place")] + text(modelType: family.rawValue))
    }
    let vision: JSONValue = .object([
      ("depth", .int(options.visionDepth)), ("hidden_size", 64), ("in_channels", 3), ("intermediate_size", 136),
      ("num_heads", 4), ("num_position_embeddings", 16), ("out_hidden_size", .int(options.hidden)), ("patch_size", 4),
      ("spatial_merge_size", 2), ("temporal_patch_size", 2),
    ])
    return .object([
      ("zeta_first", "kept in its place"), ("architectures", ["Qwen3_5ForConditionalGeneration"]),
      ("image_token_id", 261), ("model_type", .string(family.rawValue)), ("eos_token_id", 256),
      ("text_config", .object(text(modelType: family.rawValue + "_text"))),
      ("tie_word_embeddings", .bool(options.tied)), ("vision_config", vision),
    ])
  }

  private func text(modelType: String) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("model_type", .string(modelType)), ("hidden_size", .int(options.hidden)),
      ("vocab_size", .int(options.vocabulary)), ("num_hidden_layers", .int(options.layers)),
      ("full_attention_interval", 4), ("head_dim", 32), ("num_attention_heads", 4), ("num_key_value_heads", 2),
      ("linear_conv_kernel_dim", 4), ("linear_key_head_dim", 32), ("linear_num_key_heads", 2),
      ("linear_num_value_heads", 4), ("linear_value_head_dim", 32), ("rms_norm_eps", JSONValue(.number("1e-06"))),
      ("rope_theta", JSONValue(.number("10000000.0"))), ("tie_word_embeddings", .bool(options.tied)),
      ("torch_dtype", "bfloat16"),
    ]
    if family.isMixture {
      members += [
        ("moe_intermediate_size", 64), ("shared_expert_intermediate_size", 64), ("num_experts", .int(options.experts)),
        ("num_experts_per_tok", 2),
      ]
    } else {
      members.append(("intermediate_size", .int(2 * options.hidden)))
    }
    if family != .next { members.append(("mtp_num_hidden_layers", options.hasHead ? 1 : 0)) }
    return members
  }
}
