import Inference

/// How large the steps of a batch are. Without effect on any answer.
public enum BatchPace: Sendable, Hashable {
  /// While others decode, as many rows of prompts as keep a step at about so many seconds, by the clock.
  case seconds(Double)
  /// So many rows a step, of which decoding takes what it needs and prompts the rest: the same steps in every run.
  case rows(Int)
}

/// What bounds a batch. Without effect on any answer.
public struct BatchOptions: Sendable {
  /// Bytes for the states of all sequences. Each one's are reserved when it is admitted, for all that it may come to,
  /// and returned at its end.
  public var memory: Int
  /// Sequences that run at once, at most.
  public var sequences: Int
  /// Sequences that wait, at most.
  public var queue: Int
  /// How large steps are.
  public var pace: BatchPace
  /// Rows of one prompt in a pass, at most.
  public var promptChunk: Int
  /// Threads that compute; nil for the number of processors.
  public var threads: Int?
  /// How matrix products are formed. Each way has its own answers.
  public var arithmetic: Arithmetic
  /// What is kept of sequences for those that begin alike; nil for nothing.
  public var cache: PrefixCacheOptions?

  /// The members, with defaults for a machine that serves a few people.
  public init(
    memory: Int = 4 << 30, sequences: Int = 16, queue: Int = 1024, pace: BatchPace = .seconds(0.15),
    promptChunk: Int = 256, threads: Int? = nil, arithmetic: Arithmetic = .canonical
  ) {
    self.memory = memory
    self.sequences = sequences
    self.queue = queue
    self.pace = pace
    self.promptChunk = promptChunk
    self.threads = threads
    self.arithmetic = arithmetic
  }
}
