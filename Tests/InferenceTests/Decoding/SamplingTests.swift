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
  func `checked drafts and their replacements are distributed as the target`(_ temperature: Float) {
    var check = DraftCheck(Sampling(temperature: temperature, seed: 5), vocabulary: 6)
    var counts = Array(repeating: 0, count: 6)
    var accepted = 0
    let trials = 60_000
    for _ in 0..<trials {
      check.beginDraft()
      let draft = check.draft(SamplingTests.drafter)
      let (stays, token) = check.check(draft, SamplingTests.target)
      counts[token] += 1
      if stays { accepted += 1 }
    }
    let (p, q) = (
      SamplingTests.softmax(SamplingTests.target, temperature),
      SamplingTests.softmax(SamplingTests.drafter, temperature)
    )
    #expect(deviation(counts, p) < 20.5)
    // The first dart that hits either distribution hits both with chance Σ min / Σ max; more than Σ min nothing can reach.
    let (least, most) = zip(p, q).reduce((0.0, 0.0)) { ($0.0 + min($1.0, $1.1), $0.1 + max($1.0, $1.1)) }
    let rate = Double(accepted) / Double(trials)
    #expect(rate > least / most - 0.01 && rate < least + 0.01)
  }

  @Test func `a drafter without distributions is checked as a certain one`() {
    var check = DraftCheck(Sampling(temperature: 1, seed: 9), vocabulary: 6)
    var counts = Array(repeating: 0, count: 6)
    for _ in 0..<60_000 {
      check.beginDraft()
      counts[check.check(3, SamplingTests.target).instead] += 1
    }
    #expect(deviation(counts, SamplingTests.softmax(SamplingTests.target, 1)) < 20.5)
  }

  @Test func `what the target draws does not depend on drafts, however many there are and whoever made them`() {
    let sampling = Sampling(temperature: 1.3, topP: 0.95, seed: 11)
    var alone = DraftCheck(sampling, vocabulary: 6)
    let tokens = (0..<500).map { _ in alone.choose(SamplingTests.target) }
    #expect(Set(tokens).count > 3)
    var depths = RandomSource(seed: 3)
    var check = DraftCheck(sampling, vocabulary: 6)
    var found: [Int] = []
    while found.count < tokens.count {
      check.beginDraft()
      let depth = Int(depths.next() % 4)
      let drafts = (0..<depth).map { _ in
        depths.next() % 2 == 0 ? check.draft(SamplingTests.drafter) : check.draft(SamplingTests.target)
      }
      var isOpen = true
      for draft in drafts where isOpen {
        let (stays, token) = check.check(draft, SamplingTests.target)
        found.append(token)
        isOpen = stays
      }
      if isOpen { found.append(check.check(nil, SamplingTests.target).instead) }
    }
    #expect(Array(found.prefix(tokens.count)) == tokens)
  }

  @Test func `a drafter that is the target is always right`() {
    var check = DraftCheck(Sampling(temperature: 1.3, topK: 4, seed: 2), vocabulary: 6)
    for _ in 0..<200 {
      check.beginDraft()
      let drafts = (0..<3).map { _ in check.draft(SamplingTests.target) }
      let stay = drafts.map { check.check($0, SamplingTests.target).stays }
      #expect(!stay.contains(false))
    }
  }

  @Test func `temperature 0 takes the largest logit, the lowest id on ties`() {
    var check = DraftCheck(.greedy, vocabulary: 4)
    #expect(check.choose([1, 3, 3, 2]) == 1)
    #expect(check.check(2, [1, 3, 3, 2]) == (false, 1))
    #expect(check.check(1, [1, 3, 3, 2]) == (true, 1))
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

  @Test(arguments: Golden.all.filter { ["len17", "text31"].contains($0.name) })
  func `no way of decoding changes what is drawn`(_ golden: Golden) throws {
    let model = try golden.open()
    let prompt = try golden.prompt()
    let methods: [DecodingMethod] = [.mtp(depth: 1), .mtp(depth: 3), .lookup(), .adaptive(), .hybrid()]
    for seed in 0..<5 {
      let sampling = Sampling(temperature: 0.9, topP: 0.95, seed: UInt64(seed))
      let options = DecodingOptions(limit: 40, sampling: sampling)
      let alone = Array(try DecodingSession(model, threads: 1).decode(prompt, .vanilla, options))
      for method in methods {
        let other = Array(try DecodingSession(model, threads: 1).decode(prompt, method, options))
        #expect(other == alone, "\(method.name), seed \(seed)")
      }
    }
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
