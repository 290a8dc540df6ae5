import Inference
import Testing

/// The trained DFlash drafter of the demo: a sliding layer and a full one, block 8.
@Suite struct DFlashDrafterTests {
  /// What a drafter computed in its first rounds.
  private final class Shown {
    var context: [[Float]] = []
    /// By round, by layer; the last is what went through the final norm.
    var streams: [[[Float]]] = []
    var drafts: [[Int]] = []
    var drafter: DFlashDrafter?
  }

  private func shown(_ prompt: [Int]) throws -> Shown {
    let shown = Shown()
    let session = DecodingSession(try Drafters.demo([Drafters.dflash]), threads: 1)
    let width = 256
    let decoding = try session.decode(
      wrapping: { drafter in
        guard let drafter = drafter as? DFlashDrafter else { return drafter }
        shown.drafter = drafter
        drafter.onContext = { rows, count in
          shown.context.append(Array(UnsafeBufferPointer(start: rows, count: count * width)))
        }
        drafter.onLayer = { layer, stream, rows in
          if layer == 0 { shown.streams.append([]) }
          shown.streams[shown.streams.count - 1].append(
            Array(UnsafeBufferPointer(start: stream, count: rows * width)))
        }
        return drafter
      }, Prompt(prompt), .dflash(), DecodingOptions(limit: 64, onRound: { shown.drafts.append($0.drafts) }))
    for _ in decoding {}
    return shown
  }

  @Test func `context rows and streams are those of the reference`() throws {
    let golden = try Drafters.golden("demo-dflash")
    for (prompt, rounds) in [("chat-20", 2), ("code-08", 1)] {
      let shown = try shown(#require(try golden.integers("\(prompt).prompt_ids")))
      let context = try #require(shown.context.first)
      if let expected = try golden.floats("\(prompt).context") {
        #expect(relativeDistance(context, expected) < 1e-5)
      } else {
        let part = 4 * 256
        #expect(relativeDistance(Array(context.prefix(part)), try golden.floats("\(prompt).context_head")) < 1e-5)
        #expect(relativeDistance(Array(context.suffix(part)), try golden.floats("\(prompt).context_tail")) < 1e-5)
      }
      for round in 0..<rounds {
        let name = "\(prompt).round\(round)"
        for layer in 0..<2 {
          let distance = relativeDistance(shown.streams[round][layer], try golden.floats("\(name).layer\(layer)"))
          #expect(distance < 1e-5, "\(name), layer \(layer)")
        }
        #expect(relativeDistance(shown.streams[round][2], try golden.floats("\(name).hidden")) < 1e-5)
        #expect(shown.drafts[round] == (try golden.integers("\(name).input_ids").map { Array($0.dropFirst()) }))
      }
    }
  }

  /// Prompts shorter and longer than the window of the sliding layer; the last blocks are cut.
  @Test func `all rounds over all reference prompts are those of the reference`() throws {
    let model = try Drafters.demo([Drafters.dflash])
    let references = try ReferenceRounds.read(Drafters.dflash + "/reference_dflash.jsonl")
    #expect(references.count == 40)
    for reference in references {
      let (found, close) = try reference.differences(model, .dflash())
      #expect(found.isEmpty && close == 0, "\(found)")
    }
  }

  @Test(.enabled(if: Drafters.trained != nil), arguments: ["bench", "moe"])
  func `rounds of the larger trained models are those of the reference`(_ name: String) throws {
    let root = try #require(Drafters.trained)
    let model = try LoadedModel.open("\(root)/\(name)", drafters: ["\(root)/\(name)-dflash"])
    var close = 0
    for reference in try ReferenceRounds.read("\(root)/\(name)-dflash/reference_dflash.jsonl") {
      let (found, few) = try reference.differences(model, .dflash())
      close += few
      #expect(found.isEmpty, "\(found)")
    }
    print("\(name): \(close) rounds differ at margins below 1e-4")
  }

  @Test func `every cap, thread count and prompt chunk gives the tokens, logits and states of vanilla`() throws {
    let model = try Drafters.demo([Drafters.dflash])
    let reference = try #require(try ReferenceRounds.read(Drafters.dflash + "/reference_dflash.jsonl").first)
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(Prompt(reference.prompt), limit: 24)
    for (cap, threads, chunk) in [(1, 1, 7), (2, 2, 1), (3, 1, 512), (5, 2, 40), (7, 1, 33), (9, 2, 512)] {
      let session = DecodingSession(model, threads: threads, promptChunk: chunk)
      let found = try session.run(Prompt(reference.prompt), .dflash(depth: cap), limit: 24)
      #expect(found.decoded == expected.decoded, "cap \(cap)")
      #expect(session.stateDigest == plain.stateDigest)
      #expect(found.drafts.allSatisfy { $0.count <= min(cap, 7) } && found.statistics.accepted > 3)
    }
  }

  /// The block is drafted whole, and fewer of its tokens are checked: what is accepted first is the same.
  @Test func `a cap takes the first drafts of the whole block`() throws {
    let model = try Drafters.demo([Drafters.dflash])
    let reference = try #require(try ReferenceRounds.read(Drafters.dflash + "/reference_dflash.jsonl").first)
    let found = try DecodingSession(model, threads: 1).run(Prompt(reference.prompt), .dflash(depth: 2), limit: 40)
    #expect(found.drafts.first == Array(reference.rounds[0].drafts.prefix(2)))
  }

  @Test func `the cache has as many rows as the state after each round`() throws {
    let model = try Drafters.demo([Drafters.dflash])
    let session = DecodingSession(model, threads: 1)
    var drafter: DFlashDrafter?
    let decoding = try session.decode(
      wrapping: {
        drafter = $0 as? DFlashDrafter
        return $0
      }, Drafters.repeating, .dflash(depth: 5), DecodingOptions(limit: 40))
    var rounds = 0
    while decoding.next() != nil {
      rounds += 1
      #expect(drafter?.contextLength == session.tokens.count)
    }
    #expect(rounds == 40)
  }

  @Test func `a prompt of one token, every limit and every stop are those of vanilla`() throws {
    let model = try Drafters.demo([Drafters.dflash])
    let all = try DecodingSession(model, threads: 1).run([5], limit: 12).decoded.tokens
    let session = DecodingSession(model, threads: 1)
    for limit in 0...12 {
      #expect(try session.run([5], .dflash(), limit: limit).decoded.tokens == Array(all.prefix(limit)))
    }
    for stop in Set(all) {
      let found = try session.run([5], .dflash(), limit: 12, stops: [stop])
      #expect(found.decoded.tokens == Array(all[...(all.firstIndex(of: stop) ?? 0)]) && found.finish == .stop(stop))
    }
  }

  @Test(arguments: [Drafters.dflash, DFlash2DrafterTests.folder])
  func `a session that goes on, and a fork, draft as a new session does`(folder: String) throws {
    let model = try Drafters.demo([folder])
    let session = DecodingSession(model, threads: 1)
    _ = try session.run(Drafters.repeating, .dflash(), limit: 6)
    let longer = Prompt(session.tokens + [9, 300, 41])
    let fork = session.fork()
    let expected = try DecodingSession(model, threads: 1).run(longer, .dflash(), limit: 20)
    for one in [session, fork] {
      let found = try one.run(longer, .dflash(), limit: 20)
      #expect(found.decoded == expected.decoded && found.drafts == expected.drafts)
      #expect(found.statistics.reusedRows > 0)
    }
  }
}
