import Inference
import Testing

@Suite struct SamplingTests {
  private static let target: [Float] = [1.5, 0.2, -0.7, 2.0, 0.9, -3]
  private static let drafter: [Float] = [0.1, 1.9, 0.3, 1.0, -1.5, 2.2]

  private static func softmax(_ logits: [Float], _ temperature: Float) -> [Double] {
    let exponentials = logits.map { exponential(Double($0 / temperature)) }
    return exponentials.map { $0 / exponentials.reduce(0, +) }
  }

  /// Σ xⁿ / n!, enough terms for small x.
  private static func exponential(_ x: Double) -> Double {
    (1...60).reversed().reduce(1.0) { 1 + x / Double($1) * $0 }
  }

  /// Pearson's statistic of counts against probabilities.
  private func deviation(_ counts: [Int], _ probabilities: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    return zip(counts, probabilities).reduce(0) { sum, pair in
      let expected = total * pair.1
      return sum + (expected > 0 ? (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected : 0)
    }
  }

  /// 99.9 % of samples lie below 20.5 with 5 degrees of freedom; the seeds are fixed.
  @Test(arguments: [Float(0.5), 1, 1.7])
  func `what follows is distributed as the target, and drafts agree as often as coupling says`(_ temperature: Float) {
    var check = DraftCheck(Sampling(temperature: temperature, seed: 5), vocabulary: 6)
    var counts = Array(repeating: 0, count: 6)
    var accepted = 0
    let trials = 60_000
    for index in 0..<trials {
      check.beginDraft(at: index)
      let draft = check.draft(SamplingTests.drafter)
      let (stays, token) = check.check(draft, at: index, SamplingTests.target)
      counts[token] += 1
      if stays { accepted += 1 }
    }
    let (p, q) = (
      SamplingTests.softmax(SamplingTests.target, temperature),
      SamplingTests.softmax(SamplingTests.drafter, temperature)
    )
    #expect(deviation(counts, p) < 20.5)
    // Σᵢ 1 / Σⱼ max(pⱼ/pᵢ, qⱼ/qᵢ).
    let rate = p.indices.reduce(0.0) { sum, i in
      sum + 1 / p.indices.reduce(0.0) { $0 + max(p[$1] / p[i], q[$1] / q[i]) }
    }
    #expect(abs(Double(accepted) / Double(trials) - rate) < 0.01)
  }

  @Test func `a draft does not move the choice that it is held against`() {
    let sampling = Sampling(temperature: 1, seed: 9)
    var (plain, drafted) = (DraftCheck(sampling, vocabulary: 6), DraftCheck(sampling, vocabulary: 6))
    for index in 0..<2000 {
      drafted.beginDraft(at: index)
      if index % 3 == 0 { _ = drafted.draft(SamplingTests.drafter) }
      let (stays, token) = drafted.check(index % 7, at: index, SamplingTests.target)
      #expect(token == plain.choose(SamplingTests.target, at: index))
      #expect(stays == (token == index % 7))
    }
  }

  @Test func `choices are as often as probabilities say, for each seed and along a text`() {
    var (alongText, overSeeds) = (Array(repeating: 0, count: 6), Array(repeating: 0, count: 6))
    var check = DraftCheck(Sampling(temperature: 1, seed: 77), vocabulary: 6)
    for index in 0..<60_000 {
      alongText[check.choose(SamplingTests.target, at: index)] += 1
      var other = DraftCheck(Sampling(temperature: 1, seed: UInt64(index)), vocabulary: 6)
      overSeeds[other.choose(SamplingTests.target, at: 0)] += 1
    }
    let probabilities = SamplingTests.softmax(SamplingTests.target, 1)
    #expect(deviation(alongText, probabilities) < 20.5)
    #expect(deviation(overSeeds, probabilities) < 20.5)
  }

  @Test func `temperature 0 takes the largest logit, the lowest id on ties`() {
    var check = DraftCheck(.greedy, vocabulary: 4)
    #expect(check.choose([1, 3, 3, 2], at: 0) == 1)
    #expect(check.check(2, at: 0, [1, 3, 3, 2]) == (false, 1))
    #expect(check.check(1, at: 0, [1, 3, 3, 2]) == (true, 1))
  }

  /// Adaptive decoders go by the clock: their drafts differ from run to run, their text does not.
  @Test(arguments: Golden.all.filter { ["len17", "text12", "text31"].contains($0.name) })
  func `a seed gives the same text whoever drafts`(_ golden: Golden) throws {
    let model = try golden.open()
    let prompt = try golden.prompt()
    let methods: [DecodingMethod] = [
      .mtp(depth: 1), .mtp(depth: 2), .mtp(depth: 5), .lookup(depth: 3), .adaptive(),
    ]
    var accepted = 0
    for seed in UInt64(0)..<6 {
      let sampling = Sampling(temperature: 1.3, topK: seed % 2 == 0 ? 4 : 0, seed: seed)
      let options = DecodingOptions(limit: 24, sampling: sampling)
      let plain = Array(try DecodingSession(model, threads: 1).decode(prompt, .vanilla, options))
      for method in methods {
        let decoding = try DecodingSession(model, threads: 1).decode(prompt, method, options)
        #expect(Array(decoding) == plain, "\(method), seed \(seed)")
        accepted += decoding.statistics.accepted
      }
    }
    #expect(accepted > 10)
  }

  @Test func `filters keep the most probable tokens, in their order`() {
    let logits: [Float] = [0, 3, 1, 3, 2, -4]
    func kept(_ sampling: Sampling) -> [Int] {
      var distribution = Distribution()
      distribution.set(logits, count: 6, sampling)
      #expect(abs(distribution.probabilities.reduce(0, +) - 1) < 1e-6)
      return distribution.probabilities.indices.filter { distribution[$0] > 0 }
    }
    #expect(kept(Sampling(temperature: 1)) == [0, 1, 2, 3, 4, 5])
    #expect(kept(Sampling(temperature: 1, topK: 1)) == [1])
    #expect(kept(Sampling(temperature: 1, topK: 3)) == [1, 3, 4])
    // 0.41 + 0.41 + 0.15 + 0.06 + 0.02.
    #expect(kept(Sampling(temperature: 1, topP: 0.5)) == [1, 3])
    #expect(kept(Sampling(temperature: 1, topP: 0.9)) == [1, 3, 4])
    #expect(kept(Sampling(temperature: 1, minP: 0.3)) == [1, 3, 4])
    #expect(kept(Sampling(temperature: 1, topK: 3, topP: 0.5)) == [1, 3])
  }

  /// Three tokens in a row, from few candidates, so that every outcome can be counted.
  @Test(arguments: Golden.all.filter { ["len17", "text12", "text31"].contains($0.name) })
  func `MTP sampling draws sequences as often as the target's probabilities say`(_ golden: Golden) throws {
    let model = try golden.open()
    let prompt = try golden.prompt()
    let base = DecodingSession(model, threads: 1)
    _ = try base.run(Prompt(prompt.tokens.dropLast()), .mtp(depth: 2), limit: 0)
    var counts: [[Int]: Int] = [:]
    var accepted = 0
    let trials = 1500
    for seed in 0..<trials {
      let session = base.fork()
      let sampling = Sampling(temperature: 2, topK: 3, seed: UInt64(seed))
      let decoding = try session.decode(prompt, .mtp(depth: 2), DecodingOptions(limit: 4, sampling: sampling))
      counts[Array(decoding.prefix(3)), default: 0] += 1
      accepted += decoding.statistics.accepted
    }
    #expect(accepted > 100)
    var probabilities: [[Int]: Double] = [[]: 1]
    for _ in 0..<3 {
      var longer: [[Int]: Double] = [:]
      for (tokens, probability) in probabilities {
        var logits: [Float] = []
        let options = DecodingOptions(limit: 1, onLogits: { logits = Array($2) })
        for _ in try DecodingSession(model, threads: 1).decode(Prompt(prompt.tokens + tokens), .vanilla, options) {}
        var distribution = Distribution()
        distribution.set(logits, count: logits.count, Sampling(temperature: 2, topK: 3))
        for token in distribution.probabilities.indices where distribution[token] > 0 {
          longer[tokens + [token]] = probability * Double(distribution[token])
        }
      }
      probabilities = longer
    }
    #expect(probabilities.count == 27)
    let outcomes = probabilities.keys.sorted { $0.lexicographicallyPrecedes($1) }
    #expect(counts.keys.allSatisfy { probabilities[$0] != nil })
    // 99.9 % of samples lie below 54.1 with 26 degrees of freedom.
    #expect(deviation(outcomes.map { counts[$0] ?? 0 }, outcomes.map { probabilities[$0] ?? 0 }) < 54.1)
  }
}
