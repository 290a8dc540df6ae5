import Benchmarking
import Testing

@Suite struct SummaryTests {
  /// Vanilla takes 0.1 s a token in the first repetition, 0.2 and 0.4 in the others; MTP has rounds of two tokens in 0.15 s, and
  /// one of a single token.
  private func decoding(_ decoder: Int, _ repetition: Int, _ rounds: [(Double, Int)], tokens: [Int]) -> MeasuredDecoding
  {
    var counts = MeasuredDecoding.Counts()
    counts.targetPasses = rounds.count
    counts.weightBytes = 1000 * rounds.count
    counts.prefill = 0.25
    counts.verify = rounds.reduce(0) { $0 + $1.0 } / 2
    if decoder == 1 {
      counts.drafted = [rounds.count]
      counts.accepted = [rounds.count { $0.1 == 2 }]
    }
    return MeasuredDecoding(
      decoder: decoder, prompt: 0, repetition: repetition, tokens: tokens, visionSeconds: 0.05,
      firstTokenSeconds: 0.3, rounds: rounds.map { .init(seconds: $0.0, tokens: $0.1) }, counts: counts)
  }

  private var results: [BenchResult] {
    let tokens = [1, 2, 3, 4]
    let measured = zip([0.1, 0.2, 0.4], 1...).flatMap { seconds, repetition in
      [
        decoding(0, repetition, Array(repeating: (seconds, 1), count: 3), tokens: tokens),
        decoding(1, repetition, [(0.15, 2), (0.1, 1)], tokens: repetition == 3 ? [1, 2, 3, 5] : tokens),
      ]
    }
    return BenchResult.summarize(
      measured, decoders: [.vanilla, .mtp(1)], kinds: ["code"], truth: [tokens], isImposed: true)
  }

  @Test func `speeds are medians over repetitions, ratios those within a repetition`() {
    let (vanilla, mtp) = (results[0], results[1])
    #expect(abs(vanilla.tokensPerSecond - 5) < 1e-9 && abs(vanilla.lowest - 2.5) < 1e-9)
    #expect(abs(vanilla.highest - 10) < 1e-9 && vanilla.toVanilla == 1)
    #expect(abs(mtp.tokensPerSecond - 12) < 1e-9 && abs(mtp.toVanilla - 2.4) < 1e-9)
    // 4 tokens in 0.3 + 0.25 s.
    #expect(abs(mtp.endToEnd - 4 / 0.55) < 1e-9)
    #expect(abs(mtp.bytesPerSecond - 8000) < 1e-6)
  }

  @Test func `tokens of one round share its time`() throws {
    let intervals = try #require(results[1].intervals)
    // 0.075, 0.075, 0.1.
    #expect(abs(intervals.mean - 0.25 / 3) < 1e-12 && abs(intervals.p50 - 0.075) < 1e-12)
    #expect(abs(intervals.p95 - (0.075 + 0.9 * 0.025)) < 1e-12 && abs(intervals.p99 - (0.075 + 0.98 * 0.025)) < 1e-12)
  }

  @Test func `counts, equality and the rest of the time`() {
    let (vanilla, mtp) = (results[0], results[1])
    #expect(mtp.drafted == [6] && mtp.accepted == [3] && mtp.tokensPerRound == 1.5 && mtp.targetPasses == 2)
    #expect(vanilla.equal == 3 && mtp.equal == 2 && mtp.decodings == 3)
    #expect(!vanilla.isImposed && mtp.isImposed)
    // 0.55 s in all, of which 0.05, 0.25 and 0.125 have a name.
    #expect(abs(mtp.phases.other - 0.125) < 1e-12)
  }
}
