import Quantization
import Testing

/// Scales outside E8M0: groups of bf16 sub-normals.
@Suite struct ScaleReportTests {
  @Test(arguments: ScaleRule.allCases)
  func tinyGroupsAreCountedAndClampedOrWrapped(rule: ScaleRule) throws {
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
}
