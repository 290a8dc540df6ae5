import Quantization
import Testing

/// What is told of groups: clipped elements and lost groups.
@Suite struct GroupMeasureTests {
  private func measured(
    _ mode: QuantizationMode, _ words: [Float], bits: Int? = nil, rule: ScaleRule = .ceil
  ) throws -> ErrorAccumulator {
    let format = try QuantizationFormat(mode: mode, bits: bits, scaleRule: rule)
    let input = Patterns.bytes(words.map { UInt32(FloatConversion.toBF16($0)) }, .bf16)
    let encoded = try Encoded.fast(format, .bf16, rows: 1, columns: words.count, input)
    return try encoded.measured(format, .bf16, input)
  }

  @Test func `the rule round clips and ceil does not`() throws {
    // 7.5 = 1.25 · 6: "round" takes the scale 1, so 7.5 and -6.5 are beyond it, and 6 is not.
    let group: [Float] = [7.5, -6.5, 6, 1] + [Float](repeating: 0.5, count: 28)
    let small: [Float] = [6, -6, 5.5, 1] + [Float](repeating: 0.5, count: 28)
    let round = try measured(.mxfp4, small + group + small, rule: .round)
    #expect(round.clippedElements == 2 && round.clippedGroups == 1 && round.groups == 3 && round.elements == 96)
    #expect(round.clippedShare == 2.0 / 96 && round.clippedGroupShare == 1.0 / 3)
    #expect(try measured(.mxfp4, small + group + small).clippedElements == 0)
    let eight = try measured(.mxfp8, group.map { $0 * 74 }, rule: .round)
    #expect(eight.clippedElements == 2 && eight.clippedGroups == 1)
  }

  @Test func `nvfp4 clips above its scales and loses small groups`() throws {
    let huge = [Float](repeating: 4000, count: 3) + [Float](repeating: 2, count: 13)
    let lost = [Float](repeating: 0.005, count: 16)
    let kept = [Float](repeating: 0.5, count: 16)
    let errors = try measured(.nvfp4, huge + lost + kept + [Float](repeating: 0, count: 16) + lost)
    #expect(errors.clippedElements == 3 && errors.clippedGroups == 1)
    #expect(errors.zeroedGroups == 2 && errors.groups == 5 && errors.zeroedGroupShare == 0.4)
  }

  /// MLX moves the affine scale so that zero has a code, and so loses up to one step at the far end.
  @Test func `affine clips where the far end is more than half a step away`() throws {
    // With 2 bits: 1 … -0.7 gives the step 1.7 / 3, then 1 / 2 for the zero, whence the lowest value is -0.5.
    let near: [Float] = [1, -0.7] + [Float](repeating: 0.25, count: 62)
    let far: [Float] = [1, -0.8, -0.76] + [Float](repeating: 0.25, count: 61)
    let errors = try measured(.affine, near + far + near, bits: 2)
    #expect(errors.clippedElements == 2 && errors.clippedGroups == 1 && errors.groups == 3)
    #expect(errors.zeroedGroups == 0)
    // 1e-9 is less than half of the smallest step there is.
    let lost = try measured(.affine, [Float](repeating: 1e-9, count: 64), bits: 8)
    #expect(lost.zeroedGroups == 1 && lost.clippedElements == 0)
  }

  @Test func `wrong sizes are refused`() throws {
    let format = try QuantizationFormat(mode: .mxfp4)
    let encoded = Encoded(format, .bf16, rows: 1, columns: 64)
    #expect(throws: QuantizationError.size(buffer: "weight", expected: 16, found: 32)) {
      try encoded.measured(format, .bf16, [UInt8](repeating: 0, count: 64))
    }
    #expect(throws: QuantizationError.shape(rows: 1, columns: 33, groupSize: 32)) {
      try encoded.measured(format, .bf16, [UInt8](repeating: 0, count: 66))
    }
  }
}
