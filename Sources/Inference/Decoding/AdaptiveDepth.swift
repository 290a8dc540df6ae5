/// Chooses how many tokens to draft: the depth that promises most tokens for the measured time.
///
/// Expected tokens of depth k: E(k) = 1 + p₁ + p₁p₂ + … + p₁…pₖ, pⱼ being the measured chance that draft j is accepted
/// when those before it are. Cost: C(k) = verify(k + 1 rows) + k · draft, measured. Another depth is taken when E/C is
/// better by a margin, so that noise does not make it jump, and one step deeper at a time.
///
/// It begins without drafts, and where drafting does not pay it stays there. It then learns by *looks*: a token is drafted
/// and compared with the one that a plain pass chooses, so a look costs a draft and no rows.
///
/// It keeps account of its debt: the time taken beyond that of a plain pass for each token. Looks and drafts are made only
/// while the debt is below a fixed part of a pass and a share of the time, so what it can lose compared with plain decoding is
/// bounded whatever the drafts are like. Times are those of a clock, so depths differ between runs; tokens never do.
package struct AdaptiveDepth {
  /// Tokens to draft in the next round and hand to the target.
  package private(set) var depth = 0
  /// Whether the next round, of depth 0, drafts a token for a look.
  package private(set) var looks: Bool
  private let maximum: Int
  /// The depth to come back to after a round at another one.
  private var settled = 0
  private var chances: [AcceptanceChance]
  /// Seconds of a target pass by rows, and of a draft step.
  private var verify: [MeasuredSeconds]
  private var draftStep = MeasuredSeconds()
  /// The time of a look, which may begin with the tokens since the last draft.
  private var look = MeasuredSeconds()
  private var rounds = 0
  /// Seconds of all rounds, and what they took beyond plain passes: by the usual times of their parts, because a stall of
  /// the machine is no debt.
  private var elapsed = 0.0
  private var debt = 0.0
  /// Whether the last round drafted: a draft after others also runs the head over the tokens between.
  private var drafted = false

  /// What may be owed, in passes and as a share of the time.
  package static let looksMayOwe = (passes: 0.5, share: 0.01)
  /// The same for drafts.
  package static let draftsMayOwe = (passes: 1.2, share: 0.015)
  /// Passes gained that count for later.
  private static let credit = 1.0
  private static let margin = 1.02
  /// One drafting round in so many has a neighbouring depth, so that what was bad once is measured again.
  private static let neighbour = 32
  /// The first chance before anything is known; further ones are expected to be as the one before.
  private static let hope = 0.75

  /// - Parameter maximum: Most drafts of a round.
  package init(maximum: Int) {
    self.maximum = maximum
    looks = maximum > 0
    chances = Array(repeating: AcceptanceChance(), count: maximum)
    verify = Array(repeating: MeasuredSeconds(), count: maximum + 2)
  }

  /// Records a round whose drafts, if any, the target checked.
  package mutating func record(drafted count: Int, accepted: Int, draftSeconds: Double, verifySeconds: Double) {
    let count = min(count, maximum)
    verify[count + 1].add(verifySeconds)
    if count > 0, drafted || draftStep.isUnknown { draftStep.add(draftSeconds / Double(count)) }
    enter(seconds(depth: count), tokens: min(accepted, count) + 1)
    for place in 0..<min(count, accepted + 1) { chances[place].add(place < accepted ? 1 : 0) }
    drafted = count > 0
    choose(agreed: false)
  }

  /// Records a round of depth 0 with a look.
  /// - Parameters:
  ///   - agreement: 1 if the target chose the draft, else 0.
  ///   - draftSeconds: How long the draft took.
  ///   - verifySeconds: How long the target's pass took.
  package mutating func recordLook(agreement: Double, draftSeconds: Double, verifySeconds: Double) {
    verify[1].add(verifySeconds)
    look.add(draftSeconds)
    if drafted || draftStep.isUnknown { draftStep.add(draftSeconds) }
    enter(seconds(depth: 0) + look.usual, tokens: 1)
    chances[0].add(agreement)
    drafted = true
    choose(agreed: agreement > 0.5)
  }

  private mutating func enter(_ seconds: Double, tokens: Int) {
    let pass = verifySeconds(rows: 1)
    elapsed += seconds
    debt = max(debt + seconds - Double(tokens) * pass, -AdaptiveDepth.credit * pass)
  }

  private mutating func choose(agreed: Bool) {
    rounds += 1
    // A place is tried before the one after it.
    let deepest = settled == 0 || chances[settled - 1].count > 1 ? min(maximum, settled + 1) : settled
    let best = (0...deepest).max { rate($0) < rate($1) } ?? settled
    if rate(best) > rate(settled) * AdaptiveDepth.margin { settled = best }
    if debt > bound(AdaptiveDepth.draftsMayOwe) { settled = 0 }
    depth = settled
    looks = settled == 0 && maximum > 0 && (agreed || debt + look.usual <= bound(AdaptiveDepth.looksMayOwe))
    if settled > 0, rounds % AdaptiveDepth.neighbour == 0 {
      let deeper = settled < maximum && rounds / AdaptiveDepth.neighbour % 2 == 0
      depth = settled + (deeper ? 1 : -1)
    }
  }

  private func bound(_ mayOwe: (passes: Double, share: Double)) -> Double {
    mayOwe.passes * verifySeconds(rows: 1) + mayOwe.share * elapsed
  }

  /// Expected tokens a second at depth k.
  private func rate(_ k: Int) -> Double {
    var (expected, product, chance) = (1.0, 1.0, AdaptiveDepth.hope)
    for place in 0..<k {
      chance = chances[place].estimate(expected: chance)
      product *= chance
      expected += product
    }
    let cost = seconds(depth: k)
    return cost > 0 ? expected / cost : expected
  }

  private func seconds(depth k: Int) -> Double { verifySeconds(rows: k + 1) + Double(k) * draftStep.usual }

  /// The measured time; before it is sure, no more than the estimate from the nearest sure number of rows: each row
  /// beyond the first costs a quarter of the first.
  private func verifySeconds(rows: Int) -> Double {
    let own = verify[rows]
    if own.isSure { return own.usual }
    let known = (1..<verify.count).lazy.filter { verify[$0].isSure }.min { abs($0 - rows) < abs($1 - rows) }
    let nearest = known ?? (1..<verify.count).first { !verify[$0].isUnknown }
    guard let nearest else { return 0 }
    let estimate = verify[nearest].usual * (3 + Double(rows)) / (3 + Double(nearest))
    return own.isUnknown ? estimate : min(own.usual, estimate)
  }
}
