import Inference
import Testing

/// Prompt lookup by itself, and in decoding.
@Suite struct LookupDrafterTests {
  /// What is drafted behind a text.
  private func drafts(_ text: [Int], prediction: [Int] = [], count: Int = 16) throws -> [Int] {
    let drafter = LookupDrafter()
    drafter.usePrediction(prediction)
    let model = try Golden.model("qwen3_5_moe")
    // Rows are shown by a session, as they are in decoding.
    let session = DecodingSession(model, threads: 1)
    var drafts: [Int] = []
    _ = try session.decode(Prompt(text), .lookup(), DecodingOptions(limit: 0, prediction: prediction)) { _ in drafter }
    // At a limit of 0 nothing is decoded: a 0 stands behind the prompt.
    drafter.draft(DraftRequest(count: count, room: count, position: 0), into: &drafts) { _ in -1 }
    return drafts
  }

  private let run = [11, 12, 13, 14, 0]

  @Test func `what followed the same five tokens is copied, no more than were the same`() throws {
    #expect(try drafts(run + [21, 22, 23, 24, 25, 26, 27, 99] + run.dropLast()) == [21, 22, 23, 24, 25])
    #expect(try drafts(run.dropFirst() + [21, 22, 23, 99] + run.dropFirst().dropLast()) == [])
    #expect(try drafts(run + [21, 22, 23, 24, 25, 99] + run.dropLast(), count: 2) == [21, 22])
  }

  @Test func `the longest match goes before later ones, the latest among equals before earlier ones`() throws {
    let long = [8, 9] + run
    #expect(try drafts(long + [21, 22] + run + [31, 32] + [7] + long.dropLast())[0] == 21)
    #expect(try drafts([1] + run + [21, 22] + [2] + run + [31, 32] + [7] + run.dropLast())[0] == 31)
  }

  @Test func `a copy runs into itself where a text repeats`() throws {
    let period = [5, 6, 0]
    let text = [90] + period + period + period + [5, 6]
    #expect(try drafts(text) == [5, 6, 0, 5, 6, 0, 5, 6, 0])
  }

  @Test func `a given text is copied from first, up to its end`() throws {
    let prediction = [40] + run + [51, 52]
    #expect(try drafts([1] + run + [21, 22, 3] + run.dropLast(), prediction: prediction) == [51, 52])
    // At its end there is nothing to copy: the prompt is.
    #expect(try drafts([1] + run + [21, 22, 3] + run.dropLast(), prediction: [40] + run)[0] == 21)
    #expect(try drafts([1, 2, 3] + run.dropLast(), prediction: prediction) == [51, 52])
  }

  @Test(arguments: Golden.models)
  func `copied drafts change no token, no logits and no state`(_ name: String) throws {
    let model = try Golden.model(name)
    let plain = DecodingSession(model, threads: 1)
    let prompt = madeUpPrompt(31)
    let expected = try plain.run(prompt, limit: 48)
    // Random weights do not repeat themselves: the text that is copied is the answer with every tenth token another one.
    let text = prompt.tokens + expected.decoded.tokens.enumerated().map { $0.offset % 10 == 9 ? 3 : $0.element }
    for depth in [1, 3, 16] {
      let session = DecodingSession(model, threads: 2)
      let found = try session.run(prompt, .lookup(depth: depth), limit: 48, prediction: text)
      #expect(found.decoded == expected.decoded && session.stateDigest == plain.stateDigest, "depth \(depth)")
      #expect(found.statistics.headRows == 0)
      #expect(found.drafts.allSatisfy { $0.count <= depth } && found.drafts.contains { !$0.isEmpty })
      #expect(found.statistics.accepted > 0 && found.statistics.accepted < found.statistics.drafted)
    }
  }

  @Test func `what a text was expected to be is taken over in long runs`() throws {
    let model = try Drafters.demo([])
    let prompt = Drafters.repeating
    let expected = try DecodingSession(model, threads: 1).run(prompt, limit: 60).decoded.tokens
    var rounds: [DecodingRound] = []
    let decoding = try DecodingSession(model, threads: 1).decode(
      prompt, .lookup(),
      DecodingOptions(limit: 60, prediction: prompt.tokens + expected, onRound: { rounds.append($0) }))
    #expect(Array(decoding) == expected)
    let count = try #require(decoding.statistics.drafters[.lookup])
    #expect(count.accepted > 40 && decoding.statistics.rounds < 12)
    #expect(rounds.contains { $0.drafts.count == 16 && $0.drafter == .lookup })
  }

  @Test func `a session that goes on, and a fork, copy as a new session does`() throws {
    let model = try Golden.model("qwen3_next_moe")
    let session = DecodingSession(model, threads: 1)
    _ = try session.run(madeUpPrompt(20), .lookup(), limit: 6)
    let longer = Prompt(session.tokens + [9] + madeUpPrompt(15).tokens)
    let fork = session.fork()
    // The text to copy is what comes, and then something else.
    let coming = try DecodingSession(model, threads: 1).run(longer, limit: 20).decoded.tokens
    let text = longer.tokens + coming.prefix(12) + [5, 5, 5]
    let expected = try DecodingSession(model, threads: 1).run(longer, .lookup(), limit: 20, prediction: text)
    for one in [session, fork] {
      let found = try one.run(longer, .lookup(), limit: 20, prediction: text)
      #expect(found.decoded == expected.decoded && found.drafts == expected.drafts)
      #expect(found.statistics.reusedRows > 0)
    }
    #expect(expected.drafts.contains { !$0.isEmpty })
  }
}
