import Quantization
import Testing

/// Scales outside E8M0: groups of bf16 sub-normals.
@Suite struct ScaleReportTests {
  @Test(arguments: ScaleRule.allCases)
  func `tiny groups are counted and clamped or wrapped`(rule: ScaleRule) throws {
    // Four groups with the largest elements 0, 2^-133 (the smallest number), 2^-125 and 1.
    let peaks: [UInt32] = [0, 0x0001, 0x0100, 0x3F80]
    let words = peaks.flatMap { peak in (0..<32).map { $0 == 5 ? peak : 0 } }
    let input = Patterns.bytes(words, .bf16)
    func encode(_ mode: QuantizationMode, _ reference: QuantizerReference) throws -> Encoded {
      let format = try QuantizationFormat(mode: mode, reference: reference, scaleRule: rule)
      return try Encoded.fast(format, .bf16, rows: 1, columns: 128, input)
    }
    // 2^-133 / 6 rounds to zero in bf16, whence 127 and no report on the CPU backend; Metal sees 2^-135 and clamps.
    // 2^-125 / 6 is 2^-127.6: inside by the rule "ceil", outside by "round".
    let third = rule == .ceil ? 0 : 1
    let metal4 = try encode(.mxfp4, .metal)
    #expect(metal4.scales[0] == 0 && metal4.scales[1] == 0 && metal4.clamped == 1 + third)
    let cpu4 = try encode(.mxfp4, .cpu)
    #expect(cpu4.scales[0] == 127 && cpu4.scales[1] == 127 && cpu4.clamped == third)
    // 2^-125 / 448 is about 2^-133.8: outside E8M0 for both.
    let metal8 = try encode(.mxfp8, .metal)
    #expect(metal8.scales[2] == 0 && metal8.clamped == 2)
    let cpu8 = try encode(.mxfp8, .cpu)
    #expect(cpu8.scales[2] == 250 && cpu8.clamped == 1)
  }

  /// Clamped groups lose precision but stay small. The CPU backend's bytes wrap, because it was asked for exactly.
  @Test(arguments: [FloatType.bf16, .f32], ScaleRule.allCases)
  func `clamped groups decode to small numbers`(type: FloatType, rule: ScaleRule) throws {
    // 64 groups of one sub-normal magnitude each, the smallest first.
    let top: UInt32 = type == .bf16 ? 0x7F : 0x7F_FFFF
    let minus = UInt32(1) << UInt32(type.byteWidth * 8 - 1)
    var words: [UInt32] = []
    for group in UInt32(0)..<64 {
      let peak = max(1, top / 64 * group)
      for place in 0..<32 { words.append(place % 3 == 0 ? peak : place % 2 == 0 ? 0 : minus) }
    }
    let input = Patterns.bytes(words, type)
    for mode in [QuantizationMode.mxfp4, .mxfp8] {
      let metal = try QuantizationFormat(mode: mode, reference: .metal, scaleRule: rule)
      let clamped = try Encoded.fast(metal, type, rows: 1, columns: words.count, input)
      // Every one is outside: the largest is below 2^-126, which the peak of 6 or 448 takes below 2^-127. But the ratio
      // of the smallest f32 number is 0, as that of a group of zeros.
      #expect(clamped.clamped == (type == .bf16 ? 64 : 63) && clamped.scales.allSatisfy { $0 == 0 })
      #expect(clamped.decoded(metal, .f32).allSatisfy { $0.magnitude < 0x1p-125 })
      let cpu = try QuantizationFormat(mode: mode, reference: .cpu, scaleRule: rule)
      let wrapped = try Encoded.fast(cpu, type, rows: 1, columns: words.count, input)
      let wraps = wrapped.scales.count { $0 > 200 }
      // The ratio of a bf16 sub-normal to 448 rounds to 0 in bf16, which has the scale 1 there.
      #expect(wrapped.clamped == wraps && (wraps > 32) == (type == .f32 || mode == .mxfp4))
    }
  }
}
