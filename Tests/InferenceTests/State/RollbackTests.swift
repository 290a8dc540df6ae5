import Inference
import Testing

/// Invariants I2 and I3: after every round the state is that of a run over the committed tokens alone, bit for bit,
/// whatever was drafted.
@Suite struct RollbackTests {
  /// A generator that is the same in every run.
  private struct Dice {
    var state: UInt64
    mutating func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % sides
    }
  }

  @Test(arguments: Golden.models, [1, 2, 5, 8])
  func `random mixtures of right and wrong drafts change no token and leave no trace`(
    _ name: String, _ depth: Int
  ) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(11, seed: depth)
    let expected = try DecodingSession(model, threads: 1).run(prompt, limit: 40)
    let sequence = prompt.tokens + expected.decoded.tokens
    var dice = Dice(state: UInt64(depth))
    // A draft is right up to a place that the dice say.
    var right = 0
    let session = DecodingSession(model, threads: 1)
    var found: [Int] = []
    let decoding = try session.decode(prompt, .mtp(depth: depth), DecodingOptions(limit: 40)) { _ in
      ScriptedDrafter { index, place in
        if place == 0 { right = dice.roll(depth + 1) }
        let token = index < sequence.count ? sequence[index] : 0
        return place < right ? token : (token + 1) % 256
      }
    }
    var rounds = 0
    for token in decoding {
      found.append(token)
      // At the end of a round the newest token alone is not in the state.
      guard decoding.statistics.tokens == found.count, decoding.statistics.rounds > rounds else { continue }
      rounds = decoding.statistics.rounds
      #expect(session.tokens + [token] == prompt.tokens + found)
      if rounds % 3 == 0 {
        let fresh = DecodingSession(model, threads: 1, promptChunk: 4)
        _ = try fresh.run(Prompt(session.tokens), limit: 0)
        #expect(fresh.stateDigest == session.stateDigest, "after round \(rounds)")
      }
    }
    #expect(found == expected.decoded.tokens)
    #expect(rounds > 3)
  }

  @Test(arguments: Golden.models)
  func `a drafter that is always right saves passes, one that is always wrong costs none`(_ name: String) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(6)
    let vanilla = try DecodingSession(model, threads: 1).run(prompt, limit: 25)
    let sequence = prompt.tokens + vanilla.decoded.tokens
    for (shift, rounds) in [(0, 6), (1, 24)] {
      let session = DecodingSession(model, threads: 1)
      let decoding = try session.decode(prompt, .mtp(depth: 3), DecodingOptions(limit: 25)) { _ in
        ScriptedDrafter { index, _ in (index < sequence.count ? sequence[index] + shift : 0) % 256 }
      }
      #expect(Array(decoding) == vanilla.decoded.tokens)
      #expect(decoding.statistics.rounds == rounds)
      #expect(decoding.statistics.accepted == (shift == 0 ? decoding.statistics.drafted : 0))
    }
  }

  @Test(arguments: Golden.models)
  func `the head's drafts do not depend on what was drafted and refused before`(_ name: String) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(16)
    var drafts: [[Int: Int]] = []
    for depth in [1, 3, 6] {
      var first: [Int: Int] = [:]
      let options = DecodingOptions(limit: 40, onRound: { first[$0.knownTokens] = $0.drafts.first })
      for _ in try DecodingSession(model, threads: 1).decode(prompt, .mtp(depth: depth), options) {}
      drafts.append(first)
    }
    let shared = Set(drafts[0].keys).intersection(drafts[1].keys)
    #expect(shared.count > 5)
    #expect(shared.allSatisfy { drafts[0][$0] == drafts[1][$0] })
    #expect(Set(drafts[0].keys).intersection(drafts[2].keys).allSatisfy { drafts[0][$0] == drafts[2][$0] })
  }
}
