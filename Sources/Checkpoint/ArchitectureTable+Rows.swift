/// Rows that the architectures share. Shapes are those of the Hugging Face modules (`qwen3_next`, `qwen3_5`,
/// `qwen3_5_moe` of the transformers library); symbols as in ``ModelConfig/symbols``.
extension TensorRow {
  /// Gated full attention: the query projection also holds the output gate, interleaved by head.
  static func attention(_ prefix: String, _ layers: LayerSelector, role: TensorRole? = nil) -> [TensorRow] {
    [
      TensorRow(role ?? .attention, "\(prefix)q_proj.weight", ["2*Nq*D", "H"], layers),
      TensorRow(role ?? .attention, "\(prefix)k_proj.weight", ["Nkv*D", "H"], layers),
      TensorRow(role ?? .attention, "\(prefix)v_proj.weight", ["Nkv*D", "H"], layers),
      TensorRow(role ?? .attention, "\(prefix)o_proj.weight", ["H", "Nq*D"], layers),
      TensorRow(role ?? .norm, "\(prefix)q_norm.weight", ["D"], layers, .addOne),
      TensorRow(role ?? .norm, "\(prefix)k_norm.weight", ["D"], layers, .addOne),
    ]
  }

  /// The two norms of a decoder layer.
  static func layerNorms(_ prefix: String, _ layers: LayerSelector, role: TensorRole = .norm) -> [TensorRow] {
    [
      TensorRow(role, "\(prefix)input_layernorm.weight", ["H"], layers, .addOne),
      TensorRow(role, "\(prefix)post_attention_layernorm.weight", ["H"], layers, .addOne),
    ]
  }

  static func feedForward(_ prefix: String, width: String, _ layers: LayerSelector, role: TensorRole) -> [TensorRow] {
    [
      TensorRow(role, "\(prefix)gate_proj.weight", [width, "H"], layers),
      TensorRow(role, "\(prefix)up_proj.weight", [width, "H"], layers),
      TensorRow(role, "\(prefix)down_proj.weight", ["H", width], layers),
    ]
  }

  /// A mixture of experts: router, stacked experts, shared expert and its gate. Experts come split, fused or stacked.
  static func mixture(_ prefix: String, _ layers: LayerSelector, role: TensorRole? = nil) -> [TensorRow] {
    let experts = "\(prefix)experts."
    let stacked = "\(prefix)switch_mlp."
    return [
      TensorRow(role ?? .router, "\(prefix)gate.weight", ["E", "H"], layers),
      TensorRow(
        role ?? .expert, "\(stacked)gate_proj.weight", ["E", "Im", "H"], layers,
        from: [
          .stacked("\(experts){e}.gate_proj.weight"), .slice("\(experts)gate_up_proj", part: 0, of: 2),
          .whole("\(stacked)gate_proj.weight"),
        ]),
      TensorRow(
        role ?? .expert, "\(stacked)up_proj.weight", ["E", "Im", "H"], layers,
        from: [
          .stacked("\(experts){e}.up_proj.weight"), .slice("\(experts)gate_up_proj", part: 1, of: 2),
          .whole("\(stacked)up_proj.weight"),
        ]),
      TensorRow(
        role ?? .expert, "\(stacked)down_proj.weight", ["E", "H", "Im"], layers,
        from: [
          .stacked("\(experts){e}.down_proj.weight"), .whole("\(experts)down_proj"),
          .whole("\(stacked)down_proj.weight"),
        ]),
    ] + feedForward("\(prefix)shared_expert.", width: "Is", layers, role: role ?? .sharedExpert)
      + [TensorRow(role ?? .sharedExpertGate, "\(prefix)shared_expert_gate.weight", ["1", "H"], layers)]
  }

  /// What both Gated DeltaNet forms share.
  static func deltanetCommon(_ prefix: String) -> [TensorRow] {
    [
      TensorRow(.ssm, "\(prefix)conv1d.weight", ["C", "1", "K"], .linear, .conv1d),
      TensorRow(.ssm, "\(prefix)A_log", ["Hv"], .linear),
      TensorRow(.ssm, "\(prefix)dt_bias", ["Hv"], .linear),
      TensorRow(.ssm, "\(prefix)norm.weight", ["dv"], .linear),
      TensorRow(.deltanet, "\(prefix)out_proj.weight", ["H", "Vd"], .linear),
    ]
  }

  /// Separate projections (Qwen3.5 and later).
  static func deltanetSeparate(_ prefix: String) -> [TensorRow] {
    deltanetCommon(prefix) + [
      TensorRow(.deltanet, "\(prefix)in_proj_qkv.weight", ["C", "H"], .linear),
      TensorRow(.deltanet, "\(prefix)in_proj_z.weight", ["Vd", "H"], .linear),
      TensorRow(.ssm, "\(prefix)in_proj_b.weight", ["Hv", "H"], .linear),
      TensorRow(.ssm, "\(prefix)in_proj_a.weight", ["Hv", "H"], .linear),
    ]
  }

  /// Fused projections, interleaved by key head (Qwen3-Next).
  static func deltanetFused(_ prefix: String) -> [TensorRow] {
    deltanetCommon(prefix) + [
      TensorRow(.deltanet, "\(prefix)in_proj_qkvz.weight", ["2*Kd+2*Vd", "H"], .linear),
      TensorRow(.ssm, "\(prefix)in_proj_ba.weight", ["2*Hv", "H"], .linear),
    ]
  }

  /// Embedding, final norm, and per layer norms and attention.
  static let textCommon: [TensorRow] =
    [
      TensorRow(.embedding, "embed_tokens.weight", ["V", "H"], .once),
      TensorRow(.norm, "norm.weight", ["H"], .once, .addOne),
    ] + layerNorms("layers.{i}.", .all) + attention("layers.{i}.self_attn.", .full)

  static let outputProjection = [TensorRow(.lmHead, "lm_head.weight", ["V", "H"], .untied)]

  static let visionTower: [TensorRow] = {
    let block = "blocks.{i}."
    var rows = [
      TensorRow(.vision, "patch_embed.proj.weight", ["Hx", "Cin", "Tp", "P", "P"], .once, .patchEmbed),
      TensorRow(.vision, "patch_embed.proj.bias", ["Hx"], .once),
      TensorRow(.vision, "pos_embed.weight", ["Np", "Hx"], .once),
      TensorRow(.vision, "merger.norm.weight", ["Hx"], .once), TensorRow(.vision, "merger.norm.bias", ["Hx"], .once),
      TensorRow(.vision, "merger.linear_fc1.weight", ["M", "M"], .once),
      TensorRow(.vision, "merger.linear_fc1.bias", ["M"], .once),
      TensorRow(.vision, "merger.linear_fc2.weight", ["H", "M"], .once),
      TensorRow(.vision, "merger.linear_fc2.bias", ["H"], .once),
    ]
    for (name, output, input) in [
      ("attn.qkv", "3*Hx", "Hx"), ("attn.proj", "Hx", "Hx"), ("mlp.linear_fc1", "Ix", "Hx"),
      ("mlp.linear_fc2", "Hx", "Ix"),
    ] {
      rows.append(TensorRow(.vision, "\(block)\(name).weight", [output, input], .visionBlock))
      rows.append(TensorRow(.vision, "\(block)\(name).bias", [output], .visionBlock))
    }
    for name in ["norm1", "norm2"] {
      rows.append(TensorRow(.vision, "\(block)\(name).weight", ["Hx"], .visionBlock))
      rows.append(TensorRow(.vision, "\(block)\(name).bias", ["Hx"], .visionBlock))
    }
    return rows
  }()

  /// The MTP head but for its feed-forward part. `fc` takes the embedding in columns 0 to H-1, then the hidden state.
  static let headCommon: [TensorRow] =
    [
      TensorRow(.mtp, "fc.weight", ["H", "2*H"], .once),
      TensorRow(.mtp, "pre_fc_norm_embedding.weight", ["H"], .once, .addOne),
      TensorRow(.mtp, "pre_fc_norm_hidden.weight", ["H"], .once, .addOne),
      TensorRow(.mtp, "norm.weight", ["H"], .once, .addOne),
    ] + layerNorms("layers.{i}.", .all, role: .mtp) + attention("layers.{i}.self_attn.", .all, role: .mtp)

  static let denseHead = headCommon + feedForward("layers.{i}.mlp.", width: "I", .all, role: .mtp)
  static let mixtureHead = headCommon + mixture("layers.{i}.mlp.", .all, role: .mtp)
}
