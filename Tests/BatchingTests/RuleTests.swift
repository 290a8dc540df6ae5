import Batching
import Inference
import Testing
import Threads

/// Rules change what is chosen, and never what a neighbour gets.
@Suite struct RuleTests {
  /// Forbids every token that was decoded before.
  private struct NoRepetition: LogitRule {
    func apply(to logits: UnsafeMutableBufferPointer<Float>, prompt: [Int], decoded: [Int]) {
      for token in decoded { logits[token] = -.infinity }
    }
  }

  /// Allows one token at each place.
  private struct Script: LogitRule {
    let tokens: [Int]

    func apply(to logits: UnsafeMutableBufferPointer<Float>, prompt: [Int], decoded: [Int]) {
      for token in logits.indices where token != tokens[decoded.count % tokens.count] { logits[token] = -.infinity }
    }
  }

  private func tokens(
    _ model: LoadedModel, _ method: DecodingMethod, _ rule: (any LogitRule)?, sampling: Sampling = .greedy,
    in batch: Bool
  ) throws -> [Int] {
    var options = DecodingOptions(limit: 24, sampling: sampling)
    options.rules = rule.map { [$0] } ?? []
    guard batch else { return Array(try DecodingSession(model, threads: 1).decode([7, 8, 9], method, options)) }
    let passes = SharedPasses(model, pool: WorkerPool(threads: 1))
    let ruled = try passes.session(positions: 64).start([7, 8, 9], method, options)
    let other = try passes.session(positions: 64).start([7, 8, 9], .mtp(depth: 1), DecodingOptions(limit: 24))
    var found: [Int] = []
    while !ruled.isDone {
      try passes.step([other, ruled].map { SharedPasses.Turn($0) })
      found += ruled.takeReady()
    }
    return found
  }

  @Test(arguments: [DecodingMethod.vanilla, .mtp(depth: 3), .lookup(), .dflash(), .inTurn])
  func `what a rule forbids is never decoded, by any decoder, alone or with others`(_ method: DecodingMethod) throws {
    let model = try BatchModels.demo()
    let expected = try tokens(model, .vanilla, NoRepetition(), in: false)
    #expect(expected.count == 24 && Set(expected).count == 24)
    #expect(try tokens(model, method, NoRepetition(), in: false) == expected)
    #expect(try tokens(model, method, NoRepetition(), in: true) == expected)
    #expect(try tokens(model, method, nil, in: true) == tokens(model, .vanilla, nil, in: false))
  }

  @Test(arguments: [DecodingMethod.vanilla, .mtp(depth: 2), .eagle3(depth: 2)])
  func `a rule that leaves one token decides every token, drawn or not`(_ method: DecodingMethod) throws {
    let model = try BatchModels.demo()
    let script = Script(tokens: [5, 6, 300, 12])
    let expected = (0..<24).map { script.tokens[$0 % 4] }
    for sampling in [Sampling.greedy, Sampling(temperature: 0.7, seed: 3)] {
      #expect(try tokens(model, method, script, sampling: sampling, in: true) == expected)
    }
  }
}
