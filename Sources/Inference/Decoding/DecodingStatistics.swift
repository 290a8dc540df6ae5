/// What one drafter did in a decoding.
public struct DrafterCount: Sendable, Hashable {
  /// Rounds in which it drafted.
  public internal(set) var rounds = 0
  /// Tokens that it drafted.
  public internal(set) var drafted = 0
  /// Drafts that the target agreed with.
  public internal(set) var accepted = 0

  /// Creates empty statistics.
  public init() {}

  /// Adds the counts of another one.
  package mutating func add(_ other: DrafterCount) {
    rounds += other.rounds
    drafted += other.drafted
    accepted += other.accepted
  }
}

/// Counts and times of one decoding.
public struct DecodingStatistics: Sendable, Hashable {
  /// Rounds after the prompt, each with one target pass.
  public internal(set) var rounds = 0
  /// Tokens drafted and given to the target.
  public internal(set) var drafted = 0
  /// Drafted tokens that the target agreed with and that were given out.
  public internal(set) var accepted = 0
  /// How often a token was drafted at each place in the draft, from 0.
  public internal(set) var draftedByPlace: [Int] = []
  /// How often a token was accepted at each place in the draft, from 0.
  public internal(set) var acceptedByPlace: [Int] = []
  /// The same by drafter, for those that drafted.
  public internal(set) var drafters: [DrafterKind: DrafterCount] = [:]
  /// Drafted tokens given out without a check (optimistic decoding).
  public internal(set) var unchecked = 0
  /// Target passes, those over the prompt among them.
  public internal(set) var targetPasses = 0
  /// Rows of the target's passes.
  public internal(set) var targetRows = 0
  /// Rows run through the head.
  public internal(set) var headRows = 0
  /// Ids that could be drafted last; nil for the whole vocabulary.
  public internal(set) var draftVocabulary: Int?
  /// Share of the last tokens that were outside the ids that the head drafts from; nil where nobody counts.
  public internal(set) var shortlistLoss: Double?
  /// Tokens of the prompt that were run.
  public internal(set) var promptRows = 0
  /// Tokens of the prompt that were found in the session's state.
  public internal(set) var reusedRows = 0
  /// Tokens given out.
  public internal(set) var tokens = 0
  /// Rounds without a draft in which one was made for a look (``DecodingMethod/adaptive(maximum:)``).
  public internal(set) var looks = 0
  /// Bytes of weights that the passes after the prompt read, trunk and head; a matrix counts once a pass.
  public internal(set) var weightBytes = 0
  /// Multiplications and additions of matrix products over the prompt.
  public internal(set) var promptOperations = 0
  /// The prompt and the first token.
  public internal(set) var promptTime = Duration.zero
  /// Passes of the head, without the choice of tokens.
  public internal(set) var draftTime = Duration.zero
  /// Passes of the target, without the choice of tokens.
  public internal(set) var verifyTime = Duration.zero
  /// The choice of drafts and of tokens.
  public internal(set) var samplingTime = Duration.zero
  /// The way back of the state to the tokens that stay.
  public internal(set) var rollbackTime = Duration.zero

  /// Creates empty statistics.
  public init() {}

  /// Tokens given out a round.
  public var meanAcceptedLength: Double { rounds == 0 ? 0 : Double(max(0, tokens - 1)) / Double(rounds) }

  /// Share of the drafted tokens that were accepted.
  public var acceptanceRate: Double { drafted == 0 ? 0 : Double(accepted) / Double(drafted) }

  mutating func count(_ kind: DrafterKind?, drafted: Int, accepted: Int) {
    if drafted > 0, let kind {
      drafters[kind, default: DrafterCount()].rounds += 1
      drafters[kind, default: DrafterCount()].drafted += drafted
      drafters[kind, default: DrafterCount()].accepted += accepted
    }
    while draftedByPlace.count < drafted {
      draftedByPlace.append(0)
      acceptedByPlace.append(0)
    }
    for place in 0..<drafted { draftedByPlace[place] += 1 }
    for place in 0..<accepted { acceptedByPlace[place] += 1 }
    self.drafted += drafted
    self.accepted += accepted
  }
}
