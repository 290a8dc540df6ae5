/// The ids from which the MTP head drafts. Tokens never depend on it: the target checks every draft.
public enum DraftVocabulary: Sendable, Hashable {
  /// Drafts from all ids.
  case all
  /// Drafts from so many of the lowest ids and those of the text.
  case lowest(Int)
  /// Drafts from a part of the ids where that is cheaper, as long as the text keeps to it.
  case auto

  /// Vocabularies from this size on are drafted from in part: below, the output projection costs little.
  static let large = 1 << 16
  /// The part that is drafted from, counted from the lowest ids: the tokenizer's own order, which has the most frequent
  /// pieces first.
  static let part = 8

  /// How many of the lowest ids are drafted from; 0 for all.
  public func lowest(of vocabulary: Int) -> Int {
    switch self {
    case .all: 0
    case .lowest(let count): count
    case .auto: vocabulary < DraftVocabulary.large ? 0 : vocabulary / DraftVocabulary.part
    }
  }
}

/// How often a text leaves the shortlist: each such token is a draft that cannot be right.
///
/// A smoothed share over about the last 64 tokens. Where more than a tenth are outside, the rounds that are refused for it
/// cost more than the shortlist saves; below a twentieth it is taken again. No clock has a say.
package struct ShortlistLoss {
  /// The smoothed share of observed tokens that were outside.
  package private(set) var share = 0.0
  /// Whether all ids are drafted from for now.
  package private(set) var isTooHigh = false

  private static let weight = 1.0 / 64
  private static let bounds = (leave: 0.1, takeAgain: 0.05)

  /// Creates a loss with nothing observed.
  package init() {}

  /// Counts a token of the text.
  package mutating func observe(isOutside: Bool) {
    share += ((isOutside ? 1 : 0) - share) * ShortlistLoss.weight
    if share > ShortlistLoss.bounds.leave { isTooHigh = true }
    if share < ShortlistLoss.bounds.takeAgain { isTooHigh = false }
  }
}
