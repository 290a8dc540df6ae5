import Diagnostics
import Inference

/// What becomes of a sequence: `started`, then tokens, then one of the three ends, and nothing after it. One that ends
/// before it is admitted has only its end.
public enum SequenceEvent: Sendable {
  /// Its memory is reserved, and its prompt begins to run.
  case started
  /// Tokens of one step, at least one: several when drafts were accepted.
  case tokens([SequenceToken])
  /// It came to its end.
  case finished(Decoding.Finish, DecodingStatistics)
  /// It was cancelled by its handle, or by the end of the engine.
  case cancelled(DecodingStatistics)
  /// It cannot go on; others do, unless a pass failed.
  case failed(any CambiumError)
}

/// A token that was decoded.
public struct SequenceToken: Sendable, Hashable {
  /// The token.
  public var id: Int
  /// Natural logarithm of its probability, by the logits that it was chosen by, before temperature and filters; nil when
  /// not asked for, and for tokens that nothing checked.
  public var logProbability: Double?
  /// The likeliest tokens, the likeliest first and the lower id first among equals.
  public var likeliest: [TokenProbability] = []

  /// The members.
  public init(id: Int, logProbability: Double? = nil, likeliest: [TokenProbability] = []) {
    self.id = id
    self.logProbability = logProbability
    self.likeliest = likeliest
  }
}

/// A token and the natural logarithm of its probability.
public struct TokenProbability: Sendable, Hashable {
  /// The token.
  public var id: Int
  /// The natural logarithm of its probability.
  public var logProbability: Double

  /// The members.
  public init(id: Int, logProbability: Double) {
    self.id = id
    self.logProbability = logProbability
  }
}
