/// Chooses for each round who drafts and how much: what promises most tokens for the time.
///
/// Expected tokens of a drafter at depth k: 1 + p₁ + p₁p₂ + … + p₁…pₖ, pⱼ being its measured chance that draft j is
/// accepted when those before it are, in text that copies and in other text; time: the target's pass of k + 1 rows and
/// the draft, measured or from a table.
///
/// What has not drafted for long is tried again when it could win with its chances at the upper end of what is likely. A
/// debt is kept as in ``AdaptiveDepth``: time taken beyond a plain pass for each token. Beyond a bound nobody drafts, so
/// what can be lost compared with plain decoding is bounded whatever the drafts are like.
package struct HybridPolicy {
  /// A drafter with the most tokens that it drafts.
  package struct Arm: Sendable, Hashable {
    /// Who drafts.
    package var kind: DrafterKind
    /// The most tokens of a draft.
    package var deepest: Int

    /// A drafter that may be chosen, and how far.
    package init(_ kind: DrafterKind, deepest: Int) {
      self.kind = kind
      self.deepest = deepest
    }
  }

  /// What is known of an arm.
  private struct Record {
    /// Chances by class of text and place.
    var chances: [[AcceptanceChance]]
    /// Seconds of a step, or of a block as a whole.
    var seconds = MeasuredSeconds()
    /// The round in which it drafted last; nil for never.
    var last: Int?

    init(deepest: Int) {
      chances = Array(repeating: Array(repeating: AcceptanceChance(), count: deepest), count: 2)
    }
  }

  private let arms: [Arm]
  private let costs: DraftCosts
  private var records: [Record]
  /// Seconds of a target pass, by rows.
  private var verify: [MeasuredSeconds]
  private var round = 0
  private var elapsed = 0.0
  private var debt = 0.0
  /// The arm of the last round, and its depth.
  private var settled: (arm: Int, depth: Int)?

  /// How many tokens in a row must have occurred before for a text to count as copying.
  private static let copies = 8
  /// The chance of a first draft before anything is known; further ones are expected to be as the one before.
  private static let hope = 0.7
  /// Rounds after which an arm may be tried again.
  private static let idle = 64
  private static let margin = 1.02
  private static let mayOwe = (passes: 1.2, share: 0.015)
  private static let credit = 1.0

  /// - Parameters:
  ///   - arms: What there is besides drafting nothing, each kind once.
  ///   - costs: What rounds are taken to cost.
  package init(_ arms: [Arm], costs: DraftCosts) {
    self.arms = arms
    self.costs = costs
    records = arms.map { Record(deepest: $0.deepest) }
    verify = Array(repeating: MeasuredSeconds(), count: (arms.map(\.deepest).max() ?? 0) + 2)
  }

  /// What the next round drafts.
  package mutating func plan(_ outlook: DraftOutlook) -> DraftPlan {
    let text = HybridPolicy.text(outlook)
    let nobody = DraftPlan(nil, depth: 0)
    // What a pass costs is learned first.
    if costs == .clock, verify[1].isUnknown { return nobody }
    guard outlook.room > 0, debt <= bound else { return nobody }
    var best: (arm: Int, depth: Int, rate: Double)?
    var tried: (arm: Int, depth: Int, rate: Double)?
    let plain = 1 / max(seconds(rows: 1), .leastNormalMagnitude)
    for arm in arms.indices {
      let deepest = depths(arm, outlook, text)
      guard deepest > 0 else { continue }
      for depth in 1...deepest {
        let rate = rate(arm, depth, text)
        let held = settled.map { $0.arm == arm && $0.depth == depth } == true
        // The arm that drafts goes on unless another is better by a margin, so that noise does not make it jump.
        let weighed = held ? rate * HybridPolicy.margin : rate
        if weighed > best?.rate ?? plain { best = (arm, depth, weighed) }
        // A trial may fail: it is made when the debt has room for all that it costs.
        if isIdle(arm), debt + seconds(arm, depth) - seconds(rows: 1) <= bound {
          let weight = records[arm].last.map { Double(HybridPolicy.idle) / Double(round - $0) } ?? 1
          let hopeful = self.rate(arm, depth, text, weight: weight)
          if hopeful > tried?.rate ?? 0 { tried = (arm, depth, hopeful) }
        }
      }
    }
    if let tried, tried.rate > best?.rate ?? plain { best = tried }
    guard let best else { return nobody }
    return DraftPlan(arms[best.arm].kind, depth: best.depth)
  }

  /// Records what became of a round.
  package mutating func record(_ made: DraftedRound) {
    round += 1
    let rows = min(made.drafted + 1, verify.count - 1)
    if costs == .clock { verify[rows].add(made.verifySeconds) }
    var spent = seconds(rows: rows)
    let arm = arms.firstIndex { $0.kind == made.plan.kind }
    if let arm, made.plan.depth > 0 {
      records[arm].last = round
      let depth = made.plan.depth
      if costs == .clock { records[arm].seconds.add(made.draftSeconds / Double(steps(arm, depth))) }
      spent += draftSeconds(arm, depth)
      let text = HybridPolicy.text(made.outlook)
      for place in 0..<min(made.drafted, made.accepted + 1, arms[arm].deepest) {
        records[arm].chances[text][place].add(place < made.accepted ? 1 : 0)
      }
    }
    settled = arm.map { ($0, made.plan.depth) }
    let pass = seconds(rows: 1)
    elapsed += spent
    debt = max(debt + spent - Double(made.tokens) * pass, -HybridPolicy.credit * pass)
  }

  /// Number of the class of text.
  private static func text(_ outlook: DraftOutlook) -> Int { outlook.copyable?.matched ?? 0 >= copies ? 1 : 0 }

  private var bound: Double {
    HybridPolicy.mayOwe.passes * seconds(rows: 1) + HybridPolicy.mayOwe.share * elapsed
  }

  private func isIdle(_ arm: Int) -> Bool { records[arm].last.map { round - $0 >= HybridPolicy.idle } ?? true }

  /// The depth up to which an arm may draft now: what lookup found, and a few places beyond those that were tried.
  private func depths(_ arm: Int, _ outlook: DraftOutlook, _ text: Int) -> Int {
    let most = min(arms[arm].deepest, outlook.room)
    switch arms[arm].kind {
    case .lookup: return min(most, outlook.copyable?.count ?? 0)
    case .mtp, .eagle3: return min(most, known(arm, text) + 1)
    case .dflash: return min(most, known(arm, text) + 3)
    }
  }

  /// Places from the first on at which drafts were checked.
  private func known(_ arm: Int, _ text: Int) -> Int {
    records[arm].chances[text].firstIndex { $0.count == 0 } ?? arms[arm].deepest
  }

  /// Expected tokens for the time; with a weight of the evidence, at the upper end of what is likely.
  private func rate(_ arm: Int, _ depth: Int, _ text: Int, weight: Double? = nil) -> Double {
    var (expected, product, chance) = (1.0, 1.0, HybridPolicy.hope)
    for place in 0..<depth {
      let record = records[arm].chances[text][place]
      chance =
        weight.map { record.hopeful(expected: chance, weight: $0) } ?? record.estimate(expected: chance)
      product *= chance
      expected += product
    }
    return expected / max(seconds(arm, depth), .leastNormalMagnitude)
  }

  /// Seconds of a round.
  private func seconds(_ arm: Int, _ depth: Int) -> Double { seconds(rows: depth + 1) + draftSeconds(arm, depth) }

  private func steps(_ arm: Int, _ depth: Int) -> Int {
    switch arms[arm].kind {
    case .lookup, .dflash: 1
    case .mtp, .eagle3: max(1, depth)
    }
  }

  private func draftSeconds(_ arm: Int, _ depth: Int) -> Double {
    guard costs == .clock else { return DraftCosts.draft(arms[arm].kind, depth: depth) }
    return records[arm].seconds.usual * Double(steps(arm, depth))
  }

  /// The measured time; before it is sure, no more than the estimate from the nearest sure number of rows.
  private func seconds(rows: Int) -> Double {
    guard costs == .clock else { return DraftCosts.verify(rows: rows) }
    let own = verify[rows]
    if own.isSure { return own.usual }
    let known = (1..<verify.count).lazy.filter { verify[$0].isSure }.min { abs($0 - rows) < abs($1 - rows) }
    let nearest = known ?? (1..<verify.count).first { !verify[$0].isUnknown }
    guard let nearest else { return 0 }
    let estimate =
      verify[nearest].usual * DraftCosts.verify(rows: rows) / DraftCosts.verify(rows: nearest)
    return own.isUnknown ? estimate : min(own.usual, estimate)
  }
}

/// A controller that goes by a policy.
final class HybridDraft: DraftController {
  private var policy: HybridPolicy

  init(_ policy: HybridPolicy) { self.policy = policy }

  func plan(_ outlook: DraftOutlook) -> DraftPlan { policy.plan(outlook) }
  func record(_ round: DraftedRound) { policy.record(round) }
  func copy() -> any DraftController { HybridDraft(policy) }
}
