/// Chooses how many tokens to draft: the depth that promises most tokens for the measured time.
///
/// Expected tokens of depth k: E(k) = 1 + p₁ + p₁p₂ + … + p₁…pₖ, pⱼ being the measured chance that draft j is accepted
/// when those before it are. Cost: C(k) = verify(k + 1 rows) + k · draft, measured. Both are moving averages. Another
/// depth is taken when E/C is better by a margin, so that noise does not make it jump. Times are those of a clock, so
/// depths differ between runs; tokens never do.
struct AdaptiveDepth {
  private let maximum: Int
  private(set) var depth: Int
  private var chances: [Double]
  /// Seconds of a target pass by rows; 0 where none was measured.
  private var verify: [Double]
  private var draftStep = 0.0
  private var rounds = 0

  private static let weight = 0.1
  private static let margin = 1.05
  /// A round in so many looks at another depth, so that what was bad once is measured again.
  private static let probe = 32

  init(maximum: Int) {
    self.maximum = maximum
    depth = min(2, maximum)
    chances = Array(repeating: 0.7, count: maximum)
    verify = Array(repeating: 0, count: maximum + 2)
  }

  /// Enters a round.
  mutating func record(drafted: Int, accepted: Int, draftSeconds: Double, verifySeconds: Double) {
    rounds += 1
    for place in 0..<min(drafted, accepted + 1, maximum) {
      let hit = place < accepted ? 1.0 : 0.0
      chances[place] += AdaptiveDepth.weight * (hit - chances[place])
      // What is deeper has not been seen lately: not better than this.
      for deeper in (place + 1)..<max(maximum, place + 1) {
        chances[deeper] = min(chances[deeper], max(chances[place], 0.3))
      }
    }
    if drafted > 0 { AdaptiveDepth.average(&draftStep, draftSeconds / Double(drafted)) }
    if drafted + 1 < verify.count { AdaptiveDepth.average(&verify[drafted + 1], verifySeconds) }
    choose()
  }

  private static func average(_ mean: inout Double, _ value: Double) {
    mean = mean == 0 ? value : mean + weight * (value - mean)
  }

  private mutating func choose() {
    if rounds % AdaptiveDepth.probe == 0 {
      depth = depth < maximum ? depth + 1 : max(0, depth - 1)
      return
    }
    let rates = (0...maximum).map { rate($0) }
    let best = rates.indices.max { rates[$0] < rates[$1] } ?? depth
    if rates[best] > rates[depth] * AdaptiveDepth.margin { depth = best }
  }

  /// Expected tokens a second at depth k.
  func rate(_ k: Int) -> Double {
    var (expected, product) = (1.0, 1.0)
    for place in 0..<k {
      product *= chances[place]
      expected += product
    }
    let cost = verifySeconds(rows: k + 1) + Double(k) * draftStep
    return cost > 0 ? expected / cost : expected
  }

  /// The measured time, or a line through what was measured: a row more costs a fifth of the first.
  private func verifySeconds(rows: Int) -> Double {
    if rows < verify.count, verify[rows] > 0 { return verify[rows] }
    guard let known = (1..<verify.count).filter({ verify[$0] > 0 }).min(by: { abs($0 - rows) < abs($1 - rows) })
    else { return 0 }
    return verify[known] * (4 + Double(rows)) / (4 + Double(known))
  }
}
