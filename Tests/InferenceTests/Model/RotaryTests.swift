import Inference
import StrictJSON
import Testing

@Suite struct RotaryTests {
  private func rotary(_ parameters: JSONValue) throws -> Rotary {
    try withChangedConfig("qwen3_next_moe", { $0.set("rope_parameters", to: parameters) }) {
      try LoadedModel.open($0).configuration.rotary
    }
  }

  @Test func `frequencies are powers of theta`() throws {
    let rotary = try rotary(.object([("rope_theta", 10_000_000), ("partial_rotary_factor", number("0.25"))]))
    // 10^(-7 f / 8), as torch computes 1 / theta ** (2 f / 16) in f32.
    let expected: [Float] = [
      1.0, 0.133_352_14, 0.017_782_794, 0.002_371_373_7, 0.000_316_227_77, 4.216_965_2e-5, 5.623_413_3e-6,
      7.498_942_2e-7,
    ]
    #expect(rotary.dimension == 16 && rotary.attentionFactor == 1)
    for (found, wanted) in zip(rotary.inverseFrequencies, expected) { #expect(abs(found / wanted - 1) < 3e-7) }
  }

  @Test func `a theta that stands nowhere is that of transformers`() throws {
    let bare = try withChangedConfig("qwen3_next_moe", { $0.removeKey("rope_theta") }) {
      try LoadedModel.open($0).configuration.rotary
    }
    let stated = try withChangedConfig("qwen3_next_moe", { $0.set("rope_theta", to: 10_000) }) {
      try LoadedModel.open($0).configuration.rotary
    }
    #expect(bare.inverseFrequencies == stated.inverseFrequencies)
  }

  /// From `_compute_yarn_parameters` of transformers 5.23: theta 1e7, 16 rotated components, factor 4.
  @Test func `YaRN interpolates slow frequencies`() throws {
    let rotary = try rotary(
      .object([
        ("rope_type", "yarn"), ("rope_theta", 10_000_000), ("factor", 4), ("partial_rotary_factor", number("0.25")),
        ("original_max_position_embeddings", 262_144),
      ]))
    let expected: [Float] = [
      1.00000000, 1.33352146e-01, 1.77827943e-02, 2.37137382e-03, 2.37170840e-04, 2.10848266e-05, 1.40585337e-06,
      1.87473560e-07,
    ]
    #expect(abs(rotary.attentionFactor - 1.138_629_4) < 1e-6)
    for (found, wanted) in zip(rotary.inverseFrequencies, expected) { #expect(abs(found / wanted - 1) < 1e-6) }
  }

  @Test func `axes are interleaved up to their sections`() throws {
    let rotary = try rotary(
      .object([("rope_theta", 10_000), ("mrope_section", [3, 3, 2]), ("partial_rotary_factor", number("0.25"))]))
    #expect(rotary.axes == [0, 1, 2, 0, 1, 2, 0, 1])
    let text = try self.rotary(.object([("rope_theta", 10_000), ("partial_rotary_factor", number("0.25"))]))
    #expect(text.axes == Array(repeating: 0, count: 8))
  }
}
