import Diagnostics
import Inference
import Threads

/// What is decoded for one answer.
package struct GenerationJob: Sendable {
  /// The prompt, pictures in it.
  package var prompt: Prompt
  /// How tokens are decoded.
  package var method: DecodingMethod
  /// Tokens at most.
  package var limit: Int
  /// Tokens that end the answer; the one that does is still returned.
  package var stops: Set<Int>
  /// How tokens are chosen.
  package var sampling: Sampling
  /// What changes logits before a token is chosen.
  package var adjustment: LogitAdjustment
  /// The constraint on the answer; nil for none.
  package var constraint: (any TokenConstraint)?
  /// Tokens that the answer may well repeat.
  package var prediction: [Int]
  /// How many of the likeliest tokens are told with each token; nil for no probabilities.
  package var topLogprobs: Int?
  /// Jobs with different ones share nothing of their prompts. No token depends on it.
  package var cacheSalt = ""
  /// The prompt whose tokens are told with their probabilities: all but the first come out before the answer's own.
  package var scored: [Int] = []

  /// Creates a job.
  package init(
    _ prompt: Prompt, method: DecodingMethod = .vanilla, limit: Int, stops: Set<Int> = [], sampling: Sampling = .greedy,
    adjustment: LogitAdjustment = LogitAdjustment(), prediction: [Int] = [], topLogprobs: Int? = nil
  ) {
    self.prompt = prompt
    self.method = method
    self.limit = limit
    self.stops = stops
    self.sampling = sampling
    self.adjustment = adjustment
    self.prediction = prediction
    self.topLogprobs = topLogprobs
  }
}

/// A token and the natural logarithm of its probability, by the logits of the model.
package struct TokenChance: Sendable, Hashable {
  /// The token.
  package var id: Int
  /// ln p.
  package var logprob: Double

  /// Creates a chance.
  package init(id: Int, logprob: Double) {
    self.id = id
    self.logprob = logprob
  }
}

/// A token of an answer.
package struct GeneratedToken: Sendable, Hashable {
  /// The token.
  package var id: Int
  /// ln p; nil where it was not asked for.
  package var logprob: Double?
  /// The likeliest tokens at its place, the likeliest first.
  package var likeliest: [TokenChance]

  /// Creates a token.
  package init(id: Int, logprob: Double? = nil, likeliest: [TokenChance] = []) {
    self.id = id
    self.logprob = logprob
    self.likeliest = likeliest
  }
}

/// What comes out of an engine for one job: `started` once, tokens, then one of the last three and nothing after it.
package enum GenerationEvent: Sendable {
  /// The prompt begins to run.
  case started
  /// The tokens of one step; more than one where drafts were accepted.
  case tokens([GeneratedToken])
  /// The answer has its end.
  case finished(Decoding.Finish, DecodingStatistics)
  /// It was cancelled; with what had been done, where anything had.
  case cancelled(DecodingStatistics?)
  /// It cannot go on.
  case failed(any CambiumError)

  /// Whether nothing comes after it.
  package var isLast: Bool {
    switch self {
    case .started, .tokens: false
    case .finished, .cancelled, .failed: true
    }
  }
}

/// A job under way.
package protocol GenerationHandle: Sendable {
  /// Ends the job soon. From any thread, any number of times; it does not wait.
  func cancel()
}

/// How much an engine has to do.
package struct EngineLoad: Sendable, Equatable {
  /// Answers that are decoded, and those that wait.
  package var running: Int
  package var waiting: Int
  /// The part of the memory for states that is taken, 0 to 1; nil where there is no such bound.
  package var memory: Double?

  /// Creates a load.
  package init(running: Int, waiting: Int, memory: Double? = nil) {
    self.running = running
    self.waiting = waiting
    self.memory = memory
  }
}

/// What decodes answers. Their tokens depend on nothing but their jobs.
package protocol GenerationEngine: Sendable {
  /// Whether logits can be changed: penalties, biases.
  var adjustsLogits: Bool { get }
  /// How much there is to do.
  var load: EngineLoad { get }
  /// How long it has finished no step, though there is work; nil when there is none.
  var standstill: Duration? { get }
  /// The most tokens that a job can have, at most those that it asks for; 0 for a job that has no place at all.
  func limit(of job: GenerationJob) -> Int
  /// The same for a job whose limit nobody named, so that it leaves room for others.
  func openLimit(of job: GenerationJob) -> Int
  /// What every job would be refused for now: before one is made ready, which takes a while. Nil when there is room.
  func refusal() -> APIError?
  /// Takes a job; does not wait for it.
  /// - Parameters:
  ///   - job: What is to be decoded.
  ///   - deliver: Called on the engine's thread with each event of the job in their order; must not block.
  /// - Throws: ``APIError``: `tooMany` when too many wait, `unavailable` after `drain` and `stop`, `invalid` for a job
  ///   that can never be done.
  func submit(
    _ job: GenerationJob, deliver: @escaping @Sendable (GenerationEvent) -> Void
  ) throws(APIError) -> any GenerationHandle
  /// Takes no more jobs, and returns when all that it has are done.
  func drain()
  /// Takes no more jobs, cancels all that it has, and returns when none is left.
  func stop()
}

extension GenerationEngine {
  package var standstill: Duration? { nil }
  package func limit(of job: GenerationJob) -> Int { job.limit }
  package func openLimit(of job: GenerationJob) -> Int { limit(of: job) }
  package func refusal() -> APIError? { nil }

  /// The events of a job. Whoever stops to read them cancels it.
  package func events(of job: GenerationJob) throws(APIError) -> AsyncStream<GenerationEvent> {
    let (stream, continuation) = AsyncStream<GenerationEvent>.makeStream()
    let isLeft = Guarded(false)
    let handle = try submit(job) { event in
      // An engine may answer within `cancel`, which is called with a lock of the reader's task.
      guard !isLeft.withLock({ $0 }) else { return }
      continuation.yield(event)
      if event.isLast { continuation.finish() }
    }
    continuation.onTermination = { reason in
      guard case .cancelled = reason else { return }
      isLeft.withLock { $0 = true }
      handle.cancel()
    }
    return stream
  }
}
