import Inference
import Testing

/// EAGLE-3: a small drafter with random weights against numpy, and the trained one where it is.
@Suite struct Eagle3DrafterTests {
  @Test func `context, outputs and drafts of the first round are those of numpy`() throws {
    let golden = try Drafters.golden("tiny-eagle3")
    let prompt = try #require(try golden.integers("prompt_ids"))
    let session = DecodingSession(try Drafters.demo([Drafters.eagle3]), threads: 1)
    var (context, hidden): ([Float], [Float]) = ([], [])
    var rounds: [DecodingRound] = []
    let decoding = try session.decode(
      wrapping: { drafter in
        (drafter as? Eagle3Drafter)?.onContext = { rows, count in
          if context.isEmpty { context = Array(UnsafeBufferPointer(start: rows, count: count * 256)) }
        }
        (drafter as? Eagle3Drafter)?.onStep = { hidden += UnsafeBufferPointer(start: $0, count: 256) }
        return drafter
      }, Prompt(prompt), .eagle3(depth: 5), DecodingOptions(limit: 7, onRound: { rounds.append($0) }))
    _ = decoding.next()
    _ = decoding.next()
    #expect(relativeDistance(context, try golden.floats("context")) < 1e-5)
    #expect(relativeDistance(hidden, try golden.floats("hidden")) < 1e-5)
    #expect(rounds.first?.drafts == (try golden.integers("drafts")))
  }

  @Test(.enabled(if: Drafters.trained != nil))
  func `rounds of the trained drafter are those of the reference`() throws {
    let root = try #require(Drafters.trained)
    let model = try LoadedModel.open("\(root)/bench", drafters: ["\(root)/bench-eagle3"])
    for reference in try ReferenceRounds.read("\(root)/bench-eagle3/reference_eagle3.jsonl") {
      let (found, close) = try reference.differences(model, .eagle3(depth: 5))
      #expect(found.isEmpty && close == 0, "\(found)")
    }
  }

  /// Such drafts are nearly always wrong, and come from a part of the vocabulary.
  @Test func `every depth, thread count and prompt chunk gives the tokens, logits and states of vanilla`() throws {
    let model = try Drafters.demo([Drafters.eagle3])
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(madeUpPrompt(50), limit: 20)
    for (depth, threads, chunk) in [(1, 1, 7), (2, 2, 1), (5, 1, 512), (8, 2, 33)] {
      let session = DecodingSession(model, threads: threads, promptChunk: chunk)
      let found = try session.run(madeUpPrompt(50), .eagle3(depth: depth), limit: 20)
      #expect(found.decoded == expected.decoded, "depth \(depth)")
      #expect(session.stateDigest == plain.stateDigest)
      #expect(found.statistics.draftVocabulary == 192)
    }
  }

  @Test func `drafts do not depend on what was drafted before, nor on how a prompt was cut`() throws {
    let model = try Drafters.demo([Drafters.eagle3])
    var first: [[Int: Int]] = []
    for (depth, chunk) in [(1, 512), (4, 9)] {
      var drafts: [Int: Int] = [:]
      let decoding = try DecodingSession(model, threads: 1, promptChunk: chunk).decode(
        madeUpPrompt(50), .eagle3(depth: depth),
        DecodingOptions(limit: 30, onRound: { drafts[$0.knownTokens] = $0.drafts.first }))
      for _ in decoding {}
      first.append(drafts)
    }
    let shared = Set(first[0].keys).intersection(first[1].keys)
    #expect(shared.count > 5 && shared.allSatisfy { first[0][$0] == first[1][$0] })
  }

  @Test func `the cache has as many rows as the state, and a session that goes on drafts as a new one`() throws {
    let model = try Drafters.demo([Drafters.eagle3])
    let session = DecodingSession(model, threads: 1)
    var drafter: Eagle3Drafter?
    let decoding = try session.decode(
      wrapping: {
        drafter = $0 as? Eagle3Drafter
        return $0
      }, madeUpPrompt(40), .eagle3(depth: 3), DecodingOptions(limit: 8))
    while decoding.next() != nil { #expect(drafter?.contextLength == session.tokens.count) }
    let longer = Prompt(session.tokens + [9, 30, 41])
    let fork = session.fork()
    let expected = try DecodingSession(model, threads: 1).run(longer, .eagle3(depth: 3), limit: 12)
    for one in [session, fork] {
      let found = try one.run(longer, .eagle3(depth: 3), limit: 12)
      #expect(found.decoded == expected.decoded && found.drafts == expected.drafts)
      #expect(found.statistics.reusedRows > 0)
    }
  }
}
