import Inference
import Testing

@Suite struct AdaptiveDepthTests {
  /// Plays rounds in which draft j is accepted in `share[j]` of the cases, evenly spread; gives the depth most rounds of
  /// the last hundred had.
  private func play(
    _ depth: inout AdaptiveDepth, rounds: Int, share: Double, draft: Double, verify: (Int) -> Double
  ) -> Int {
    var state: UInt64 = 7
    var counts: [Int: Int] = [:]
    for round in 0..<rounds {
      let drafted = depth.depth
      var accepted = 0
      while accepted < drafted {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        guard Double(state >> 33) / Double(1 << 31) < share else { break }
        accepted += 1
      }
      depth.record(
        drafted: drafted, accepted: accepted, draftSeconds: draft * Double(drafted), verifySeconds: verify(drafted + 1))
      if round >= rounds - 100 { counts[depth.depth, default: 0] += 1 }
    }
    return counts.max { $0.value < $1.value }?.key ?? -1
  }

  @Test func `good drafts at a low price are made as long as allowed`() {
    var depth = AdaptiveDepth(maximum: 5)
    #expect(play(&depth, rounds: 300, share: 0.98, draft: 0.01) { 1 + 0.02 * Double($0) } == 5)
  }

  @Test func `drafts that are never right are given up`() {
    var depth = AdaptiveDepth(maximum: 5)
    #expect(play(&depth, rounds: 300, share: 0.02, draft: 0.1) { 1 + 0.3 * Double($0) } == 0)
  }

  /// E/C of depths 0 to 4 for p = 0.7, rows at 0.3 each and drafts at 0.1: 0.77, 0.99, 1.04, 1.03, 0.99.
  @Test func `between them lies the depth with most tokens for the time`() {
    var depth = AdaptiveDepth(maximum: 4)
    #expect([1, 2, 3].contains(play(&depth, rounds: 600, share: 0.7, draft: 0.1) { 1 + 0.3 * Double($0) }))
    var dear = AdaptiveDepth(maximum: 4)
    #expect(play(&dear, rounds: 600, share: 0.7, draft: 0.1) { 0.2 + Double($0) } <= 1)
  }

  @Test func `it comes back when drafts become right again`() {
    var depth = AdaptiveDepth(maximum: 4)
    let cost = { (rows: Int) in 1 + 0.1 * Double(rows) }
    #expect(play(&depth, rounds: 300, share: 0, draft: 0.3, verify: cost) == 0)
    #expect(play(&depth, rounds: 600, share: 0.97, draft: 0.3, verify: cost) >= 3)
  }
}
