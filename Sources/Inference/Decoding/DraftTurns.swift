/// All drafters in turn, each at a depth that grows and begins anew, and rounds without drafts between them: what a
/// controller may come to decide at worst. For checks.
final class DraftTurns: DraftController {
  private let arms: [HybridPolicy.Arm]
  private var round: Int

  init(_ arms: [HybridPolicy.Arm], round: Int = 0) {
    self.arms = arms
    self.round = round
  }

  func plan(_ outlook: DraftOutlook) -> DraftPlan {
    defer { round += 1 }
    let turn = round % (arms.count + 1)
    guard turn < arms.count else { return DraftPlan(nil, depth: 0) }
    let depth = 1 + round / (arms.count + 1) % arms[turn].deepest
    return DraftPlan(arms[turn].kind, depth: min(depth, outlook.room))
  }

  func record(_ round: DraftedRound) {}
  func copy() -> any DraftController { DraftTurns(arms, round: round) }
}
