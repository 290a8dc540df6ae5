import Inference

/// What a batch has done so far.
public struct BatchCounts: Sendable, Hashable {
  /// Steps, each with one pass of the target.
  public internal(set) var steps = 0
  /// Rows of the passes.
  public internal(set) var rows = 0
  /// How many of those were rows of prompts.
  public internal(set) var promptRows = 0
  /// Tokens of prompts that were not run, as their beginnings were kept (``BatchOptions/cache``).
  public internal(set) var reusedRows = 0
  /// Tokens that were delivered.
  public internal(set) var tokens = 0
  /// Sequences that came to their end.
  public internal(set) var finished = 0
  /// Sequences that were cancelled.
  public internal(set) var cancelled = 0
  /// Sequences that failed.
  public internal(set) var failed = 0
  /// Passes that could not be made.
  public internal(set) var failedPasses = 0
  /// Drafts of the sequences that have ended, by place, from 0, and how many of them were accepted.
  public internal(set) var draftedByPlace: [Int] = []
  /// See ``draftedByPlace``.
  public internal(set) var acceptedByPlace: [Int] = []
  /// The same by drafter.
  public internal(set) var drafters: [DrafterKind: DrafterCount] = [:]
  /// Rounds after the prompt, of the sequences that have ended.
  public internal(set) var rounds = 0

  mutating func add(_ statistics: DecodingStatistics) {
    rounds += statistics.rounds
    BatchCounts.add(statistics.draftedByPlace, to: &draftedByPlace)
    BatchCounts.add(statistics.acceptedByPlace, to: &acceptedByPlace)
    for (kind, count) in statistics.drafters { drafters[kind, default: DrafterCount()].add(count) }
  }

  /// Adds counts place by place. Either list ends after its last place that has one.
  private static func add(_ counts: [Int], to sums: inout [Int]) {
    sums += Array(repeating: 0, count: max(0, counts.count - sums.count))
    for (place, count) in counts.enumerated() { sums[place] += count }
  }
}
