import Inference
import Testing

@Suite struct AdaptiveDepthTests {
  /// What rounds cost and gave.
  private struct Game {
    var seconds = 0.0
    var tokens = 0
    /// Of the last hundred rounds.
    var depths: [Int: Int] = [:]
    var looks = 0
    /// The depth most of them had.
    var usual: Int { depths.max { $0.value < $1.value }?.key ?? -1 }
  }

  /// Plays rounds in which a draft is accepted in `share` of the cases, evenly spread. Every `stall`th round takes fifty
  /// times as long, for the clock that is looked at.
  private func play(
    _ depth: inout AdaptiveDepth, rounds: Int, share: Double, draft: Double, stall: Int = .max, seed: UInt64 = 7,
    verify: (Int) -> Double
  ) -> Game {
    var state = seed
    var game = Game()
    let isRight = {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31) < share
    }
    for round in 0..<rounds {
      let delay = round % stall == stall - 1 ? 50.0 : 1
      let drafted = depth.depth
      if round >= rounds - 100 { game.depths[drafted, default: 0] += 1 }
      if depth.looks {
        game.looks += 1
        game.seconds += draft + verify(1)
        game.tokens += 1
        depth.recordLook(
          agreement: isRight() ? 1 : 0, draftSeconds: delay * draft, verifySeconds: delay * verify(1))
        continue
      }
      var accepted = 0
      while accepted < drafted, isRight() { accepted += 1 }
      game.seconds += draft * Double(drafted) + verify(drafted + 1)
      game.tokens += accepted + 1
      depth.record(
        drafted: drafted, accepted: accepted, draftSeconds: delay * draft * Double(drafted),
        verifySeconds: delay * verify(drafted + 1))
    }
    return game
  }

  @Test func `good drafts at a low price are made as long as allowed`() {
    var depth = AdaptiveDepth(maximum: 5)
    #expect(play(&depth, rounds: 300, share: 0.98, draft: 0.01) { 1 + 0.02 * Double($0) }.usual == 5)
  }

  @Test func `drafts that are never right are given up`() {
    var depth = AdaptiveDepth(maximum: 5)
    #expect(play(&depth, rounds: 300, share: 0.02, draft: 0.1) { 1 + 0.3 * Double($0) }.usual == 0)
  }

  /// E/C of depths 0 to 4 for p = 0.7, rows at 0.3 each and drafts at 0.1: 0.77, 0.99, 1.04, 1.03, 0.99.
  @Test func `between them lies the depth with most tokens for the time`() {
    var depth = AdaptiveDepth(maximum: 4)
    #expect([1, 2, 3].contains(play(&depth, rounds: 600, share: 0.7, draft: 0.1) { 1 + 0.3 * Double($0) }.usual))
    var dear = AdaptiveDepth(maximum: 4)
    #expect(play(&dear, rounds: 600, share: 0.7, draft: 0.1) { 0.2 + Double($0) }.usual <= 1)
  }

  @Test func `it comes back when drafts become right again`() {
    var depth = AdaptiveDepth(maximum: 4)
    let cost = { (rows: Int) in 1 + 0.1 * Double(rows) }
    #expect(play(&depth, rounds: 300, share: 0, draft: 0.3, verify: cost).usual == 0)
    #expect(play(&depth, rounds: 600, share: 0.97, draft: 0.3, verify: cost).usual >= 3)
  }

  /// Draft steps and rows at the prices of a dense model in canonical arithmetic, of one with a short draft head, and of
  /// fast arithmetic.
  private static let prices: [(draft: Double, row: Double)] = [(0.3, 0.25), (0.1, 0.25), (0.3, 0.1), (0.05, 0.05)]

  @Test(arguments: prices)
  func `where no draft is ever right, looking costs little and stops nearly`(_ draft: Double, _ row: Double) {
    let verify = { (rows: Int) in 1 + row * Double(rows - 1) }
    for (rounds, bound) in [(64, 1.03), (256, 1.015), (2000, 1.0115)] {
      var depth = AdaptiveDepth(maximum: 4)
      let game = play(&depth, rounds: rounds, share: 0, draft: draft, verify: verify)
      #expect(game.tokens == rounds && game.seconds / Double(game.tokens) < bound)
      #expect(game.usual == 0 && game.looks > 0)
    }
  }

  @Test(arguments: prices)
  func `no acceptance loses much against plain decoding`(_ draft: Double, _ row: Double) {
    let verify = { (rows: Int) in 1 + row * Double(rows - 1) }
    for share in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] {
      let ratios = (0..<20).map { seed in
        var depth = AdaptiveDepth(maximum: 4)
        let game = play(&depth, rounds: 256, share: share, draft: draft, seed: UInt64(seed * 7919 + 3), verify: verify)
        return game.seconds / Double(game.tokens)
      }
      #expect((ratios.max() ?? 9) < 1.035 && ratios.reduce(0, +) / 20 < 1.015)
    }
  }

  @Test func `stalls of the machine are no reason to give up good drafts`() {
    var depth = AdaptiveDepth(maximum: 4)
    let game = play(&depth, rounds: 300, share: 0.9, draft: 0.3, stall: 7) { 1 + 0.25 * Double($0 - 1) }
    #expect(game.usual >= 2 && game.seconds / Double(game.tokens) < 0.85)
  }
}
