import TestSupport
import Foundation
import Safetensors

extension TinyCheckpoint {
  // MARK: blocks

  mutating func addTrunk() {
    let width = options.hidden
    matrix("\(prefix)embed_tokens.weight", options.vocabulary, width)
    for layer in 0..<options.layers {
      let place = "\(prefix)layers.\(layer)."
      vector("\(place)input_layernorm.weight", width)
      vector("\(place)post_attention_layernorm.weight", width)
      if (layer + 1) % 4 == 0 { attention("\(place)self_attn.") } else { deltanet("\(place)linear_attn.") }
      if family.isMixture {
        mixture("\(place)mlp.", experts: options.experts, fused: family == .mixture)
      } else {
        feedForward("\(place)mlp.", 2 * width)
      }
    }
    vector("\(prefix)norm.weight", width)
    if !options.tied { matrix("lm_head.weight", options.vocabulary, width) }
    if family.isWrapped { vision() }
  }

  mutating func addHead() {
    let width = options.hidden
    matrix("mtp.fc.weight", width, 2 * width)
    for name in ["norm", "pre_fc_norm_embedding", "pre_fc_norm_hidden"] { vector("mtp.\(name).weight", width) }
    let place = "mtp.layers.0."
    vector("\(place)input_layernorm.weight", width)
    vector("\(place)post_attention_layernorm.weight", width)
    attention("\(place)self_attn.")
    if family.isMixture {
      mixture(
        "\(place)mlp.", experts: options.headExperts ?? options.experts,
        fused: options.headLayout == .fused)
    } else {
      feedForward("\(place)mlp.", 2 * width)
    }
  }

  private mutating func attention(_ place: String) {
    matrix("\(place)q_proj.weight", 2 * 4 * 32, options.hidden)
    matrix("\(place)k_proj.weight", 2 * 32, options.hidden)
    matrix("\(place)v_proj.weight", 2 * 32, options.hidden)
    matrix("\(place)o_proj.weight", options.hidden, 4 * 32)
    vector("\(place)q_norm.weight", 32)
    vector("\(place)k_norm.weight", 32)
  }

  private mutating func deltanet(_ place: String) {
    let (width, keys, values) = (options.hidden, 2 * 32, 4 * 32)
    if family == .next {
      matrix("\(place)in_proj_qkvz.weight", 2 * keys + 2 * values, width)
      matrix("\(place)in_proj_ba.weight", 2 * 4, width)
    } else {
      matrix("\(place)in_proj_qkv.weight", 2 * keys + values, width)
      matrix("\(place)in_proj_z.weight", values, width)
      matrix("\(place)in_proj_b.weight", 4, width)
      matrix("\(place)in_proj_a.weight", 4, width)
    }
    matrix("\(place)conv1d.weight", 2 * keys + values, 1, 4)
    vector("\(place)A_log", 4, options.recurrence)
    vector("\(place)dt_bias", 4)
    vector("\(place)norm.weight", 32, options.recurrence)
    matrix("\(place)out_proj.weight", width, values)
  }

  private mutating func feedForward(_ place: String, _ inner: Int) {
    matrix("\(place)gate_proj.weight", inner, options.hidden)
    matrix("\(place)up_proj.weight", inner, options.hidden)
    matrix("\(place)down_proj.weight", options.hidden, inner)
  }

  private mutating func mixture(_ place: String, experts: Int, fused: Bool) {
    matrix("\(place)gate.weight", experts, options.hidden)
    if fused {
      matrix("\(place)experts.gate_up_proj", experts, 2 * 64, options.hidden)
      matrix("\(place)experts.down_proj", experts, options.hidden, 64)
    } else {
      for expert in 0..<experts { feedForward("\(place)experts.\(expert).", 64) }
    }
    feedForward("\(place)shared_expert.", 64)
    matrix("\(place)shared_expert_gate.weight", 1, options.hidden)
  }

  private mutating func vision() {
    let (place, width) = ("model.visual.", 64)
    matrix("\(place)patch_embed.proj.weight", width, 3, 2, 4, 4)
    vector("\(place)patch_embed.proj.bias", width)
    matrix("\(place)pos_embed.weight", 16, width)
    for block in 0..<options.visionDepth {
      let inner = "\(place)blocks.\(block)."
      for name in ["norm1", "norm2"] {
        vector("\(inner)\(name).weight", width)
        vector("\(inner)\(name).bias", width)
      }
      for (name, output, input) in [
        ("attn.qkv", 3 * width, width), ("attn.proj", width, width), ("mlp.linear_fc1", 136, width),
        ("mlp.linear_fc2", width, 136),
      ] {
        matrix("\(inner)\(name).weight", output, input)
        vector("\(inner)\(name).bias", output)
      }
    }
    vector("\(place)merger.norm.weight", width)
    vector("\(place)merger.norm.bias", width)
    for (name, output) in [("linear_fc1", 4 * width), ("linear_fc2", options.hidden)] {
      matrix("\(place)merger.\(name).weight", output, 4 * width)
      vector("\(place)merger.\(name).bias", output)
    }
  }

  // MARK: values

  private mutating func matrix(_ name: String, _ shape: Int...) { put(name, shape, .bf16, scale: 0.1) }
  private mutating func vector(_ name: String, _ count: Int, _ dtype: DType = .bf16) {
    put(name, [count], dtype, scale: 0.3)
  }

  /// Values that depend on nothing but seed and name: roughly normal, never NaN, in bf16 or f32.
  private mutating func put(_ name: String, _ shape: [Int], _ dtype: DType, scale: Float) {
    var random = SplitMix(seed: name.utf8.reduce(options.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    let count = shape.reduce(1, *)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * dtype.bits / 8)
    for _ in 0..<count {
      let bits = (random.nearlyNormal() * scale).bitPattern
      if dtype == .f32 {
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift))) }
      } else {
        bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
      }
    }
    tensors[name] = Tensor(dtype: dtype, shape: shape, bytes: bytes)
  }
}

extension SplitMix {
  /// The sum of four uniform numbers, centred: exact in single precision, so no rounding of a platform matters.
  fileprivate mutating func nearlyNormal() -> Float {
    let bits = next()
    let sum = (0..<4).reduce(0) { $0 + Int((bits >> (16 * UInt64($1))) & 0xFFFF) }
    return Float(sum - 2 * 0xFFFF) / 32768
  }
}
