import Inference
import Testing

@Suite struct SessionReuseTests {
  @Test(arguments: Golden.models, [DecodingMethod.vanilla, .mtp(depth: 2)])
  func `a prompt that goes on from the state gives what a new session gives`(
    _ name: String, _ method: DecodingMethod
  ) throws {
    let model = try Golden.model(name)
    let session = DecodingSession(model, threads: 1)
    let first = try session.run(madeUpPrompt(20), method, limit: 9)
    // The turn goes on with other tokens than were decoded last.
    let longer = Prompt(madeUpPrompt(20).tokens + first.decoded.tokens.dropLast() + [3, 1, 4, 1, 5])
    let found = try session.run(longer, method, limit: 12)
    let expected = try DecodingSession(model, threads: 1).run(longer, method, limit: 12)
    #expect(found.decoded == expected.decoded)
    #expect(found.drafts == expected.drafts)
    #expect(found.statistics.reusedRows == 28 && found.statistics.promptRows == 5)
  }

  /// The head saw the token that was decoded last, the prompt has another one in its place.
  @Test(arguments: Golden.models)
  func `the head of a session that goes on drafts as that of a new session`(_ name: String) throws {
    let model = try Golden.model(name)
    var logits: [Float] = []
    func run(_ session: DecodingSession, _ prompt: Prompt) throws -> [Float] {
      logits = []
      let decoding = try session.decode(prompt, .mtp(depth: 2), DecodingOptions(limit: 9)) { session in
        MTPDrafter(session).map { ShownDrafter($0) { logits += $0 } }
      }
      for _ in decoding {}
      return logits
    }
    let session = DecodingSession(model, threads: 1)
    _ = try run(session, madeUpPrompt(20))
    let longer = Prompt(session.tokens + [3, 1, 4])
    let found = try run(session, longer)
    let expected = try run(DecodingSession(model, threads: 1), longer)
    #expect(found.count == expected.count && distance(found, expected) == 0)
  }

  @Test(arguments: Golden.models)
  func `a prompt that does not go on begins anew`(_ name: String) throws {
    let model = try Golden.model(name)
    let session = DecodingSession(model, threads: 1)
    _ = try session.run(madeUpPrompt(20), limit: 4)
    let other = madeUpPrompt(24, seed: 3)
    let found = try session.run(other, .mtp(depth: 2), limit: 8)
    #expect(found.statistics.reusedRows == 0)
    #expect(found.decoded == (try DecodingSession(model, threads: 1).run(other, limit: 8).decoded))
  }

  @Test(arguments: Golden.models)
  func `forks of one prompt do not disturb one another`(_ name: String) throws {
    let model = try Golden.model(name)
    let base = DecodingSession(model, threads: 1)
    let shared = madeUpPrompt(30)
    _ = try base.run(shared, .mtp(depth: 2), limit: 0)
    let (a, b) = (base.fork(), base.fork())
    let prompts = [Prompt(shared.tokens + [7, 8]), Prompt(shared.tokens + [9])]
    let first = try a.run(prompts[0], .mtp(depth: 2), limit: 10)
    let second = try b.run(prompts[1], .mtp(depth: 2), limit: 10)
    let expected = try prompts.map { try DecodingSession(model, threads: 1).run($0, .mtp(depth: 2), limit: 10) }
    #expect(first.decoded == expected[0].decoded && first.drafts == expected[0].drafts)
    #expect(first.statistics.reusedRows == 30)
    #expect(second.decoded == expected[1].decoded && second.drafts == expected[1].drafts)
  }
}
