import Inference

/// How many drafts were made and accepted, by place in the draft.
public struct AcceptanceCount: Sendable, Hashable {
  /// Drafts at each place, from 0.
  public private(set) var drafted: [Int] = []
  /// Those of them that were accepted, and so were all before them.
  public private(set) var accepted: [Int] = []
  /// Rounds that were entered.
  public private(set) var rounds = 0
  /// Tokens that came out of the rounds.
  public private(set) var tokens = 0

  /// A count of nothing.
  public init() {}

  /// Share of the drafts at a place that were accepted; nil where there were none.
  public func share(_ place: Int) -> Double? {
    guard place < drafted.count, drafted[place] > 0 else { return nil }
    return Double(accepted[place]) / Double(drafted[place])
  }

  /// Tokens that a round yields, on average; nil without rounds.
  public var tokensPerRound: Double? { rounds == 0 ? nil : Double(tokens) / Double(rounds) }

  /// Enters a round.
  /// - Parameters:
  ///   - round: What was drafted, and what of it stayed.
  ///   - end: Tokens of the sequence that count, the prompt's among them: what is drafted after the end of an answer
  ///     says nothing about answers.
  package mutating func enter(_ round: DecodingRound, end: Int) {
    guard round.knownTokens < end else { return }
    rounds += 1
    tokens += min(round.emitted.count, end - round.knownTokens)
    for place in 0..<min(round.drafts.count, end - round.knownTokens) {
      if place == drafted.count {
        drafted.append(0)
        accepted.append(0)
      }
      drafted[place] += 1
      if place < round.accepted { accepted[place] += 1 }
    }
  }

  mutating func add(_ other: AcceptanceCount) {
    rounds += other.rounds
    tokens += other.tokens
    for place in other.drafted.indices {
      if place == drafted.count {
        drafted.append(0)
        accepted.append(0)
      }
      drafted[place] += other.drafted[place]
      accepted[place] += other.accepted[place]
    }
  }
}
