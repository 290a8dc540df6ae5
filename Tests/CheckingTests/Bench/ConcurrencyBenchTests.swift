import Benchmarking
import Checking
import Inference
import Testing
import Threads

/// Many sequences at once, measured.
@Suite struct ConcurrencyBenchTests {
  private func measured(
    _ decoders: [BenchDecoder], _ numbers: [Int], imposed: ImposedAcceptance? = nil
  ) throws -> ConcurrencyBench {
    let model = try Models.reference("qwen3_5_moe")
    let options = BenchOptions(decoders: decoders, limit: 12, repetitions: 2, imposed: imposed)
    let pool = WorkerPool(threads: 1)
    let prompts = Models.madeUp.map { BenchPrompt($0) }
    var bench = Bench(model, pool: pool, options)
    try bench.run(prompts)
    var together = ConcurrencyBench(model, pool: pool, options, decoders: bench.decoders, numbers: numbers)
    try together.run(prompts, truth: bench.truth)
    return together
  }

  @Test func `each decoder is measured with each number, and every sequence gives what vanilla gives alone`() throws {
    let found = try measured([.mtp(2)], [1, 3])
    #expect(found.results.map(\.decoder) == ["vanilla", "vanilla", "mtp-2", "mtp-2"])
    #expect(found.results.map(\.concurrency) == [1, 3, 1, 3])
    #expect(found.differences.isEmpty)
    for row in found.results {
      #expect(row.sequences == 2 * row.concurrency && row.tokens == 12 * row.sequences)
      #expect(row.decodings == 2 * row.sequences && row.equal == row.decodings && row.isVerified)
      #expect(row.tokensPerSecond > 0 && row.lowest <= row.tokensPerSecond && row.tokensPerSecond <= row.highest)
      #expect(row.bytesPerSecond > 0)
    }
    // Three at once take fewer passes than their tokens, one at a time as many as the tokens behind the first, and the
    // prompts'.
    #expect(found.results[0].passes == 2 * 12 && found.results[1].passes < 6 * 12)
    #expect(found.results[0].rowsPerPass < found.results[1].rowsPerPass)
  }

  @Test func `imposed drafts are accepted as imposed with many at once`() throws {
    let found = try measured([.mtp(2)], [2], imposed: ImposedAcceptance(chances: [1]))
    #expect(found.results.map(\.isImposed) == [false, true])
    #expect(found.results[0].acceptance == nil && found.results[1].acceptance == 1)
    #expect(found.differences.isEmpty)
  }
}
