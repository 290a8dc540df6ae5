import Checkpoint

/// Builds layers from stored tensors by name.
struct LayerReader {
  let weights: StoredWeights
  let configuration: TextConfiguration

  func layer(_ index: Int, prefix: String) throws -> DecoderLayer {
    let full = configuration.fullAttention[index]
    return DecoderLayer(
      inputNorm: try weights.vector(prefix + "input_layernorm.weight"),
      mixer: full
        ? .attention(try attention(prefix + "self_attn.")) : .delta(try delta(prefix + "linear_attn.")),
      feedForwardNorm: try weights.vector(prefix + "post_attention_layernorm.weight"),
      feedForward: try feedForward(prefix + "mlp."))
  }

  func head(prefix: String) throws -> MTPHead {
    let layer = prefix + "layers.0."
    return MTPHead(
      embeddingNorm: try weights.vector(prefix + "pre_fc_norm_embedding.weight"),
      hiddenNorm: try weights.vector(prefix + "pre_fc_norm_hidden.weight"),
      projection: try weights.matrix(prefix + "fc.weight"),
      inputNorm: try weights.vector(layer + "input_layernorm.weight"),
      attention: try attention(layer + "self_attn."),
      feedForwardNorm: try weights.vector(layer + "post_attention_layernorm.weight"),
      feedForward: try feedForward(layer + "mlp."), norm: try weights.vector(prefix + "norm.weight"))
  }

  private func attention(_ prefix: String) throws -> AttentionParameters {
    AttentionParameters(
      query: try weights.matrix(prefix + "q_proj.weight"), key: try weights.matrix(prefix + "k_proj.weight"),
      value: try weights.matrix(prefix + "v_proj.weight"), output: try weights.matrix(prefix + "o_proj.weight"),
      queryNorm: try weights.vector(prefix + "q_norm.weight"), keyNorm: try weights.vector(prefix + "k_norm.weight"))
  }

  private func delta(_ prefix: String) throws -> DeltaParameters {
    let shape = configuration.delta
    let projections: DeltaParameters.Projections =
      shape.fused
      ? .fused(
        qkvz: try weights.matrix(prefix + "in_proj_qkvz.weight"), ba: try weights.matrix(prefix + "in_proj_ba.weight"))
      : .separate(
        qkv: try weights.matrix(prefix + "in_proj_qkv.weight"), z: try weights.matrix(prefix + "in_proj_z.weight"),
        b: try weights.matrix(prefix + "in_proj_b.weight"), a: try weights.matrix(prefix + "in_proj_a.weight"))
    let stored = try weights.vector(prefix + "conv1d.weight")
    let convolution = DeltaHead.groupedTaps(stored, shape)
    let logarithms = try weights.vector(prefix + "A_log")
    let rates = FloatBuffer(count: logarithms.count)
    for head in 0..<logarithms.count { rates.pointer[head] = -Vector.exp(logarithms.pointer[head]) }
    return DeltaParameters(
      projections: projections, convolution: convolution, decayRate: rates,
      decayBias: try weights.vector(prefix + "dt_bias"), norm: try weights.vector(prefix + "norm.weight"),
      output: try weights.matrix(prefix + "out_proj.weight"))
  }

  /// A mixture where there is a router: the tensors decide, not the configuration.
  private func feedForward(_ prefix: String) throws -> FeedForward {
    guard weights.has(prefix + "gate.weight") else { return .dense(try gatedLinear(prefix)) }
    let gates = try weights.stack(prefix + "switch_mlp.gate_proj.weight")
    let ups = try weights.stack(prefix + "switch_mlp.up_proj.weight")
    let downs = try weights.stack(prefix + "switch_mlp.down_proj.weight")
    return .mixture(
      MixtureParameters(
        router: try weights.matrix(prefix + "gate.weight"),
        experts: zip(zip(gates, ups), downs).map { GatedLinear(gate: $0.0, up: $0.1, down: $1) },
        shared: try gatedLinear(prefix + "shared_expert."),
        sharedGate: try weights.matrix(prefix + "shared_expert_gate.weight")))
  }

  private func gatedLinear(_ prefix: String) throws -> GatedLinear {
    GatedLinear(
      gate: try weights.matrix(prefix + "gate_proj.weight"), up: try weights.matrix(prefix + "up_proj.weight"),
      down: try weights.matrix(prefix + "down_proj.weight"))
  }
}
