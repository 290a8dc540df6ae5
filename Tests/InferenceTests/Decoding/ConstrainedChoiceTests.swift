import Inference
import TestSupport
import Testing

/// A token under a constraint is the one that is chosen where all other tokens have logits of −∞.
@Suite struct ConstrainedChoiceTests {
  /// Allows some tokens, whatever came before.
  private final class Some: ConstrainedText {
    let tokens: Set<Int>
    private(set) var walks = 0

    init(_ tokens: Set<Int>) { self.tokens = tokens }

    func allows(_ token: Int) -> Bool { tokens.contains(token) }
    func take(_ token: Int) {}
    func forbid(in logits: UnsafeMutableBufferPointer<Float>) {
      walks += 1
      for token in logits.indices where !tokens.contains(token) { logits[token] = -.infinity }
    }
  }

  private static let vocabulary = 700

  private static func logits(_ random: inout SplitMix) -> [Float] {
    (0..<vocabulary).map { _ in Float(random.below(4_000)) / 200 - 10 }
  }

  static let samplings = [
    Sampling.greedy, Sampling(temperature: 1), Sampling(temperature: 0.3), Sampling(temperature: 1.5, topK: 5),
    Sampling(temperature: 1, topK: 128, topP: 0.9), Sampling(temperature: 1, topK: 200),
    Sampling(temperature: 2, topP: 0.8), Sampling(temperature: 1, minP: 0.05),
    Sampling(temperature: 1, topK: 20, topP: 0.7, minP: 0.1),
  ]

  @Test(arguments: samplings, [1, 3, 40, 500, 700])
  func `the filters see what the constraint has left`(_ sampling: Sampling, _ allowed: Int) throws {
    var random = SplitMix(seed: UInt64(allowed))
    for round in 0..<20 {
      var logits = Self.logits(&random)
      let tokens = Set((0..<allowed).map { _ in random.below(Self.vocabulary) })
      let text = Some(allowed == Self.vocabulary ? Set(0..<Self.vocabulary) : tokens)
      var sampling = sampling
      sampling.seed = UInt64(round)
      var check = DraftCheck(sampling, vocabulary: Self.vocabulary)
      let found = check.choose(logits, at: round, under: text)
      for token in logits.indices where !text.allows(token) { logits[token] = -.infinity }
      var plain = DraftCheck(sampling, vocabulary: Self.vocabulary)
      #expect(found == plain.choose(logits, at: round))
    }
  }

  @Test(arguments: samplings) func `where no token is allowed there is none`(_ sampling: Sampling) {
    var random = SplitMix(seed: 3)
    let logits = Self.logits(&random)
    var check = DraftCheck(sampling, vocabulary: Self.vocabulary)
    #expect(check.choose(logits, at: 0, under: Some([])) == nil)
  }

  @Test func `a token that is certain not to come is chosen where it is the only one that may`() {
    // Far below what a probability can say beside the others.
    var logits = [Float](repeating: 500, count: Self.vocabulary)
    logits[7] = -500
    for sampling in Self.samplings {
      var check = DraftCheck(sampling, vocabulary: Self.vocabulary)
      #expect(check.choose(logits, at: 0, under: Some([7])) == 7)
    }
  }

  @Test func `not all tokens are asked about where the likeliest may come`() {
    var random = SplitMix(seed: 9)
    let logits = Self.logits(&random)
    let all = Some(Set(0..<Self.vocabulary))
    for sampling in [Sampling.greedy, Sampling(temperature: 1), Sampling(temperature: 1, topK: 20, topP: 0.9)] {
      var check = DraftCheck(sampling, vocabulary: Self.vocabulary)
      _ = check.choose(logits, at: 0, under: all)
    }
    #expect(all.walks == 0)
  }
}
