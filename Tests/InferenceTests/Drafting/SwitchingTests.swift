import Inference
import TestSupport
import Testing

/// Drafters that take turns: no context is lost, and nothing of them shows in the tokens.
@Suite struct SwitchingTests {
  /// Goes through plans, one a round.
  private final class Turns: DraftController {
    private let plans: [DraftPlan]
    private var round = 0

    init(_ plans: [DraftPlan]) { self.plans = plans }

    func plan(_ outlook: DraftOutlook) -> DraftPlan {
      round += 1
      return plans[(round - 1) % plans.count]
    }
    func record(_ round: DraftedRound) {}
    func copy() -> any DraftController { Turns(plans) }
  }

  private let turns = [
    DraftPlan(.mtp, depth: 3), DraftPlan(.lookup, depth: 16), DraftPlan(.dflash, depth: 4), DraftPlan(nil, depth: 0),
    DraftPlan(.eagle3, depth: 2), DraftPlan(.dflash, depth: 7), DraftPlan(.mtp, depth: 1), DraftPlan(.lookup, depth: 2),
  ]

  private func switched(
    _ model: LoadedModel, _ prompt: Prompt, threads: Int = 1, chunk: Int = 256
  ) throws -> (session: DecodingSession, result: DecodingResult, rounds: [DecodingRound]) {
    let session = DecodingSession(model, threads: threads, promptChunk: chunk)
    session.imposedController = Turns(turns)
    let result = try session.run(prompt, .hybrid(.table), limit: 60)
    let again = DecodingSession(model, threads: threads, promptChunk: chunk)
    again.imposedController = Turns(turns)
    var rounds: [DecodingRound] = []
    for _ in try again.decode(prompt, .hybrid(.table), DecodingOptions(limit: 60, onRound: { rounds.append($0) })) {}
    return (session, result, rounds)
  }

  private var prompts: [Prompt] { [Drafters.repeating, madeUpPrompt(70), [5]] }

  @Test func `another drafter every round changes no token, no logits and no state`() throws {
    let model = try Drafters.demo()
    for (index, prompt) in prompts.enumerated() {
      let plain = DecodingSession(model, threads: 1)
      let expected = try plain.run(prompt, limit: 60)
      let found = try switched(model, prompt, threads: 1 + index % 2, chunk: [256, 9, 1][index])
      #expect(found.result.decoded == expected.decoded && found.session.stateDigest == plain.stateDigest)
      #expect(Set(found.rounds.compactMap(\.drafter)).isSuperset(of: [.mtp, .dflash, .eagle3]))
    }
  }

  /// Each drafter has seen the true rows of all rounds, its own and others'.
  @Test func `a drafter whose turn it is drafts what it drafts when it never left`() throws {
    let model = try Drafters.demo()
    for prompt in prompts {
      let rounds = try switched(model, prompt).rounds
      for (kind, method): (DrafterKind, DecodingMethod) in [
        (.mtp, .mtp(depth: 3)), (.dflash, .dflash()), (.eagle3, .eagle3(depth: 2)), (.lookup, .lookup()),
      ] {
        var alone: [Int: [Int]] = [:]
        let options = DecodingOptions(limit: 60, onRound: { alone[$0.knownTokens] = $0.drafts })
        for _ in try DecodingSession(model, threads: 1).decode(prompt, method, options) {}
        var compared = 0
        for round in rounds where round.drafter == kind {
          guard let drafts = alone[round.knownTokens] else { continue }
          let shared = min(drafts.count, round.drafts.count)
          #expect(drafts.prefix(shared) == round.drafts.prefix(shared), "\(kind) at \(round.knownTokens)")
          compared += shared
        }
        #expect(compared > 0 || kind == .lookup, "\(kind)")
      }
    }
  }

  @Test func `the hybrid with a table decides alike in every run, and its tokens are those of vanilla`() throws {
    let model = try Drafters.demo()
    let expected = try DecodingSession(model, threads: 1).run(Drafters.repeating, limit: 60)
    var runs: [[DecodingRound]] = []
    for threads in [1, 2] {
      var rounds: [DecodingRound] = []
      let session = DecodingSession(model, threads: threads)
      let decoding = try session.decode(
        Drafters.repeating, .hybrid(.table), DecodingOptions(limit: 60, onRound: { rounds.append($0) }))
      #expect(Array(decoding) == expected.decoded.tokens)
      #expect(Set(session.learned.keys) == [.hybrid(.table)])
      runs.append(rounds)
    }
    #expect(runs[0] == runs[1] && runs[0].contains { $0.drafter != nil })
    let measured = try DecodingSession(model, threads: 1).run(Drafters.repeating, .hybrid(), limit: 60)
    #expect(measured.decoded == expected.decoded)
  }

  @Test func `the best decoder is the hybrid where there is something to draft with, else lookup`() throws {
    #expect(DecodingMethod.best(of: try Drafters.demo([])) == .hybrid())
    let bare = try LoadedModel.open(Repository.demoTrunk)
    #expect(DecodingMethod.best(of: bare) == .lookup())
    let error = #expect(throws: InferenceError.self) {
      try DecodingSession(bare, threads: 1).decode([1], .hybrid(), DecodingOptions(limit: 1))
    }
    #expect(error?.diagnostic.code == "E_HEAD_MISSING")
  }
}
