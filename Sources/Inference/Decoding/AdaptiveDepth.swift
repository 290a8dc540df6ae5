/// Chooses how many tokens to draft: the depth that promises most tokens for the measured time.
///
/// Expected tokens of depth k: E(k) = 1 + p₁ + p₁p₂ + … + p₁…pₖ, pⱼ being the measured chance that draft j is accepted
/// when those before it are. Cost: C(k) = verify(k + 1 rows) + k · draft, measured. Both are moving averages. Another
/// depth is taken when E/C is better by a margin, so that noise does not make it jump. The first rounds try every depth
/// twice, the largest first. Times are those of a clock, so depths differ between runs; tokens never do.
package struct AdaptiveDepth {
  /// Tokens to draft in the next round.
  package private(set) var depth: Int
  private let maximum: Int
  /// The depth to come back to after a look at another one.
  private var settled: Int
  private var chances: [Double]
  /// Seconds of a target pass by rows, and of a draft step.
  private var verify: [Measured]
  private var draftStep = Measured()
  private var rounds = 0

  /// A time that is measured again and again.
  private struct Measured {
    private(set) var mean = 0.0
    private var count = 0

    /// The first times hold the making of memory and cold caches: of them the least counts.
    mutating func add(_ value: Double) {
      count += 1
      mean = count == 1 ? value : count <= 3 ? min(mean, value) : mean + AdaptiveDepth.weight * (value - mean)
    }
  }

  /// Weight of a new measurement.
  private static let weight = 0.1
  private static let margin = 1.05
  /// One round in so many looks at a neighbouring depth, so that what was bad once is measured again.
  private static let probe = 24
  /// What chances drift to while nothing is drafted.
  private static let hope = 0.6

  package init(maximum: Int) {
    self.maximum = maximum
    depth = maximum
    settled = maximum
    chances = Array(repeating: 0.7, count: maximum)
    verify = Array(repeating: Measured(), count: maximum + 2)
  }

  /// Enters a round.
  package mutating func record(drafted: Int, accepted: Int, draftSeconds: Double, verifySeconds: Double) {
    rounds += 1
    measureChances(min(drafted, maximum), accepted)
    if drafted > 0 { draftStep.add(draftSeconds / Double(drafted)) }
    if drafted + 1 < verify.count { verify[drafted + 1].add(verifySeconds) }
    if rounds < 2 * maximum {
      depth = maximum - rounds % maximum
      return
    }
    let best = (0...maximum).max { rate($0) < rate($1) } ?? settled
    if rounds == 2 * maximum || rate(best) > rate(settled) * AdaptiveDepth.margin { settled = best }
    depth = settled
    if rounds % AdaptiveDepth.probe == 0 {
      let deeper = rounds / AdaptiveDepth.probe % 2 == 0 ? settled < maximum : settled == 0
      depth = max(0, min(maximum, settled + (deeper ? 1 : -1)))
    }
  }

  /// A place is measured when all drafts before it were accepted; those never reached follow the last drafted one.
  private mutating func measureChances(_ drafted: Int, _ accepted: Int) {
    for place in 0..<min(drafted, accepted + 1) {
      chances[place] += AdaptiveDepth.weight * ((place < accepted ? 1 : 0) - chances[place])
    }
    let source = drafted > 0 ? chances[drafted - 1] : AdaptiveDepth.hope
    let weight = drafted > 0 ? AdaptiveDepth.weight : AdaptiveDepth.weight / 10
    for place in drafted..<max(maximum, drafted) { chances[place] += weight * (source - chances[place]) }
  }

  /// Expected tokens a second at depth k.
  private func rate(_ k: Int) -> Double {
    var (expected, product) = (1.0, 1.0)
    for place in 0..<k {
      product *= chances[place]
      expected += product
    }
    let cost = verifySeconds(rows: k + 1) + Double(k) * draftStep.mean
    return cost > 0 ? expected / cost : expected
  }

  /// The measured time, or an estimate from the nearest number of rows that was measured: each row beyond the first
  /// costs a quarter of the first.
  private func verifySeconds(rows: Int) -> Double {
    if rows < verify.count, verify[rows].mean > 0 { return verify[rows].mean }
    let known = (1..<verify.count).filter { verify[$0].mean > 0 }.min { abs($0 - rows) < abs($1 - rows) }
    return known.map { verify[$0].mean * (3 + Double(rows)) / (3 + Double($0)) } ?? 0
  }
}
