import Inference
import Testing

/// The ends of a decoding at each place of a draft, prompts without a match, short and long ones: for every drafter.
@Suite struct DrafterLimitTests {
  private static let methods: [DecodingMethod] = [
    .lookup(), .mtp(depth: 4), .dflash(), .dflash(depth: 4), .eagle3(), .hybrid(.table), .inTurn,
  ]

  @Test(arguments: methods)
  func `every limit and every stop is vanilla's, wherever it falls in a draft`(_ method: DecodingMethod) throws {
    let model = try Drafters.demo()
    let all = try DecodingSession(model, threads: 1).run(Drafters.repeating, limit: 20).decoded.tokens
    let session = DecodingSession(model, threads: 1)
    for limit in 0...20 {
      let found = try session.run(Drafters.repeating, method, limit: limit)
      #expect(found.decoded.tokens == Array(all.prefix(limit)), "limit \(limit)")
    }
    for stop in Set(all) {
      let found = try session.run(Drafters.repeating, method, limit: 20, stops: [stop])
      let end = try #require(all.firstIndex(of: stop))
      #expect(found.decoded.tokens == Array(all[...end]) && found.finish == .stop(stop), "stop \(stop)")
    }
  }

  /// The window of the drafter's sliding layer is 32.
  @Test(arguments: methods, [1, 5, 31, 32, 33, 90])
  func `prompts shorter and longer than the window change nothing`(_ method: DecodingMethod, _ length: Int) throws {
    let model = try Drafters.demo()
    let prompt = madeUpPrompt(length)
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(prompt, limit: 24)
    let session = DecodingSession(model, threads: 2, promptChunk: 16)
    let found = try session.run(prompt, method, limit: 24)
    #expect(found.decoded == expected.decoded && session.stateDigest == plain.stateDigest)
  }

  @Test(arguments: methods)
  func `an empty prompt is refused, and none that repeats nothing is copied from`(_ method: DecodingMethod) throws {
    let model = try Drafters.demo()
    let session = DecodingSession(model, threads: 1)
    let error = #expect(throws: InferenceError.self) {
      try session.decode(Prompt([]), method, DecodingOptions(limit: 4))
    }
    #expect(error?.diagnostic.code == "E_PROMPT")
    // Each token once: nothing was there before.
    let once = Prompt(Array(100..<140))
    var rounds: [DecodingRound] = []
    let decoding = try session.decode(once, method, DecodingOptions(limit: 4, onRound: { rounds.append($0) }))
    let tokens = Array(decoding)
    #expect(tokens == (try DecodingSession(model, threads: 1).run(once, limit: 4).decoded.tokens))
    #expect(rounds.first?.drafter != .lookup)
  }
}
