import Inference
import Quantization
import Testing

/// The kernel runs many tokens, beside the state or in it; the reference runs one in place.
@Suite struct DeltaRuleTests {
  /// Tokens of one head, laid out with gaps.
  private struct Tokens {
    let (keys, values, count): (Int, Int, Int)
    let channels, decays, betas: [Float]
    var stride: Int { 2 * keys + values + 5 }

    init(keys: Int, values: Int, count: Int, _ random: inout Random) {
      (self.keys, self.values, self.count) = (keys, values, count)
      let factor = 1 / Float(keys).squareRoot()
      channels = random.normals(count * (2 * keys + values + 5)).map { $0 * factor }
      decays = random.normals(2 * count).map { 1 / (1 + $0 * $0) }
      betas = random.normals(2 * count).map { 1 / (1 + abs($0)) }
    }

    /// Runs tokens by the kernel and gives their outputs.
    func run(
      _ state: inout [Float], record: inout Record, recording: Bool, tier: SIMDTier
    ) -> [Float] {
      var out = [Float](repeating: 0, count: count * (values + 3))
      var scratch = [Float](repeating: 7, count: 4 * keys)
      tier.only {
        channels.withUnsafeBufferPointer { channels in
          guard let base = channels.baseAddress else { return }
          decays.withUnsafeBufferPointer { decays in
            betas.withUnsafeBufferPointer { betas in
              out.withUnsafeMutableBufferPointer { out in
                scratch.withUnsafeMutableBufferPointer { scratch in
                  guard let d = decays.baseAddress, let b = betas.baseAddress, let o = out.baseAddress else { return }
                  record.with { record in
                    Vector.deltaSteps(
                      state: &state, keyDimension: keys, valueDimension: values, record: record,
                      DeltaTokens(
                        count: count, query: base, key: base + keys, value: base + 2 * keys, stride: stride, decay: d,
                        beta: b, gateStride: 2, out: o, outStride: values + 3),
                      scratch: recording ? scratch.baseAddress : nil)
                  }
                }
              }
            }
          }
        }
      }
      if recording { record.note(self) }
      return (0..<count).flatMap { out[($0 * (values + 3))...].prefix(values) }
    }

    /// Runs the first tokens by the reference and gives their outputs.
    func reference(_ state: inout [Float], first: Int) -> [Float] {
      var out: [Float] = []
      for token in 0..<first {
        let row = Array(channels[(token * stride)...].prefix(2 * keys + values))
        var y = [Float](repeating: 0, count: values)
        ReferenceVector.deltaStep(
          state: &state, keyDimension: keys, valueDimension: values, query: Array(row[..<keys]),
          key: Array(row[keys..<2 * keys]), value: Array(row[(2 * keys)...]), decay: decays[2 * token],
          beta: betas[2 * token], into: &y)
        out += y
      }
      return out
    }
  }

  private struct Record {
    var kept = 0
    var keys, decays, updates: [Float]
    let (keyStride, updateStride): (Int, Int)

    init(keys: Int, values: Int, room: Int) {
      (keyStride, updateStride) = (keys + 1, values + 2)
      self.keys = [Float](repeating: 9, count: room * (keys + 1))
      decays = [Float](repeating: 9, count: room * 3)
      updates = [Float](repeating: 9, count: room * (values + 2))
    }

    mutating func with(_ body: (DeltaRecord) -> Void) {
      let count = kept
      keys.withUnsafeBufferPointer { keys in
        decays.withUnsafeBufferPointer { decays in
          updates.withUnsafeMutableBufferPointer { updates in
            guard let k = keys.baseAddress, let d = decays.baseAddress, let u = updates.baseAddress else { return }
            body(
              DeltaRecord(
                count: count, keys: k, keyStride: keyStride, decays: d, decayStride: 3, updates: u,
                updateStride: updateStride))
          }
        }
      }
    }

    mutating func note(_ tokens: Tokens) {
      for token in 0..<tokens.count {
        for k in 0..<tokens.keys {
          keys[token * keyStride + k] = tokens.channels[token * tokens.stride + tokens.keys + k]
        }
        decays[token * 3] = tokens.decays[2 * token]
      }
    }
  }

  @Test(arguments: SIMDTier.available)
  func `tokens in place are the reference's steps`(tier: SIMDTier) {
    for (keys, values) in [(128, 128), (16, 6), (40, 7), (64, 32)] {
      var random = Random(11)
      var state = random.normals(keys * values)
      var expected = state
      for count in [1, 3, 16, 41] {
        let tokens = Tokens(keys: keys, values: values, count: count, &random)
        var record = Record(keys: keys, values: values, room: 1)
        let found = tokens.run(&state, record: &record, recording: false, tier: tier)
        let wanted = tokens.reference(&expected, first: count)
        #expect(firstDifference(found, wanted) == nil, "\(tier) \(keys) \(values) \(count)")
        #expect(firstDifference(state, expected) == nil, "\(tier) \(keys) \(values) \(count)")
      }
    }
  }

  /// Passes of drafts, of which some stay; now and then a pass whose tokens all stay.
  @Test(arguments: SIMDTier.available)
  func `recorded tokens leave the state alone, and those that stay go into it by the reference's bits`(tier: SIMDTier) {
    for (keys, values) in [(128, 128), (16, 6), (40, 7), (64, 32)] {
      var random = Random(12)
      var state = random.normals(keys * values)
      var expected = state
      var record = Record(keys: keys, values: values, room: 5)
      for (count, kept, recording) in [
        (4, 0, true), (4, 2, true), (5, 5, true), (2, 1, true), (3, 3, false), (1, 1, true), (20, 20, false),
        (5, 4, true), (1, 1, false),
      ] {
        let tokens = Tokens(keys: keys, values: values, count: count, &random)
        let found = tokens.run(&state, record: &record, recording: recording, tier: tier)
        let setting: Comment = "\(tier) \(keys) \(values), \(kept) of \(count)"
        if recording { #expect(firstDifference(state, expected) == nil, setting) }
        var beside = expected
        #expect(firstDifference(found, tokens.reference(&beside, first: count)) == nil, setting)
        _ = tokens.reference(&expected, first: kept)
        if !recording { #expect(firstDifference(state, expected) == nil, setting) }
        record.kept = recording ? kept : 0
      }
    }
  }
}
