import Inference
import Testing

@Suite struct StatisticsTests {
  @Test(arguments: Golden.models)
  func `counts agree with the rounds`(_ name: String) throws {
    let session = DecodingSession(try Golden.model(name), threads: 1, promptChunk: 10)
    var rounds: [DecodingRound] = []
    let decoding = try session.decode(
      madeUpPrompt(25), .mtp(depth: 3), DecodingOptions(limit: 30, onRound: { rounds.append($0) }))
    let tokens = Array(decoding)
    let statistics = decoding.statistics
    #expect(statistics.rounds == rounds.count)
    #expect(statistics.drafted == rounds.reduce(0) { $0 + $1.drafts.count })
    #expect(statistics.accepted == rounds.reduce(0) { $0 + $1.accepted })
    #expect(statistics.draftedByPlace.reduce(0, +) == statistics.drafted)
    #expect(statistics.acceptedByPlace == (0..<3).map { place in rounds.count { $0.accepted > place } })
    #expect(statistics.targetPasses == 3 + rounds.count)
    #expect(statistics.targetRows == 25 + statistics.drafted + rounds.count)
    #expect(statistics.tokens == 30 && tokens.dropFirst() == rounds.flatMap(\.emitted)[...])
    #expect(statistics.meanAcceptedLength == 29 / Double(rounds.count))
    #expect(statistics.verifyTime > .zero && statistics.draftTime > .zero && statistics.promptTime > .zero)
  }

  @Test(arguments: Golden.models)
  func `optimistic decoding takes every draft and says so`(_ name: String) throws {
    let session = DecodingSession(try Golden.model(name), threads: 1)
    let result = try session.run(madeUpPrompt(25), .optimistic(depth: 3), limit: 33)
    #expect(result.statistics.unchecked == 24)
    #expect(result.statistics.drafted == 0 && result.statistics.accepted == 0)
    #expect(result.statistics.rounds == 8 && result.statistics.tokens == 33)
    #expect(session.tokens.count == 25 + 32)
  }

  @Test func `optimistic decoding stops at a stop token`() throws {
    let session = DecodingSession(try Golden.model("qwen3_next_moe"), threads: 1)
    let options = DecodingOptions(limit: 30)
    let all = Array(try session.decode(madeUpPrompt(25), .optimistic(depth: 3), options))
    for stop in Set(all) {
      let stopped = try session.decode(
        madeUpPrompt(25), .optimistic(depth: 3), DecodingOptions(limit: 30, stops: [stop]))
      #expect(Array(stopped) == Array(all[...(all.firstIndex(of: stop) ?? 0)]))
      #expect(stopped.finish == .stop(stop))
    }
  }
}
