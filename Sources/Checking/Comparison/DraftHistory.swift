import Inference

/// What each drafter drafted at each place of a sequence. Drafts depend on the tokens before them alone: at another
/// depth, after other refused drafts, the same ones must come again, as far as both go.
struct DraftHistory {
  private struct Place: Hashable {
    let drafter: DrafterKind?
    let knownTokens: Int
  }

  private var drafts: [Place: [Int]] = [:]

  /// Enters rounds; returns the first that contradicts what was entered before.
  mutating func enter(_ rounds: [DecodingRound], prompt: String, promptTokens: Int, setting: String) -> Difference? {
    var contradiction: Difference?
    for round in rounds where !round.drafts.isEmpty {
      let place = Place(drafter: round.drafter, knownTokens: round.knownTokens)
      let before = drafts[place] ?? []
      let shared = min(before.count, round.drafts.count)
      if contradiction == nil, before.prefix(shared) != round.drafts.prefix(shared) {
        contradiction = Difference(
          prompt: prompt, setting: setting, subject: .drafts, index: round.knownTokens - promptTokens,
          expected: "\(before.prefix(shared))", found: "\(round.drafts.prefix(shared))")
      }
      if round.drafts.count > before.count { drafts[place] = round.drafts }
    }
    return contradiction
  }
}
