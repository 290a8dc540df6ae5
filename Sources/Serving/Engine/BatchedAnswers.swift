import Batching
import Diagnostics
import Inference

/// Decodes many answers at once, each with the tokens that it has alone.
package final class BatchedAnswers: GenerationEngine {
  private let engine: BatchEngine
  private let model: LoadedModel
  private let options: BatchOptions
  private let drafts: DraftVocabulary

  /// - Parameters:
  ///   - model: The model.
  ///   - options: How many at once, in how much memory, and how many wait besides.
  ///   - drafts: The ids that the head drafts from; no token depends on it.
  /// - Throws: `InferenceError` for an arithmetic that the machine does not have; `ThreadError`.
  package init(_ model: LoadedModel, _ options: BatchOptions, drafts: DraftVocabulary = .all) throws {
    self.model = model
    self.options = options
    self.drafts = drafts
    // The engine counts who waits for its next step, with a place or without: here who has a place does not wait.
    var bounds = options
    bounds.queue = options.sequences + options.queue
    engine = try BatchEngine(model, bounds)
  }

  package var adjustsLogits: Bool { true }

  package var load: EngineLoad {
    let status = engine.status
    let share = status.memoryBytes > 0 ? Double(status.reservedBytes) / Double(status.memoryBytes) : nil
    return EngineLoad(running: status.running, waiting: status.waiting, memory: share)
  }

  package var standstill: Duration? { engine.standstill }

  /// All memory of a job is reserved when it begins, so it can have no more tokens than there is memory for.
  package func limit(of job: GenerationJob) -> Int { limit(of: job, in: options.memory) }

  /// A quarter of the memory, so that four such jobs run at once; or as much as a job needs that would be cut short by it.
  package func openLimit(of job: GenerationJob) -> Int {
    let share = limit(of: job, in: options.memory / max(1, min(4, options.sequences)))
    return share >= Self.short ? share : limit(of: short(job), in: options.memory)
  }

  /// Fewer tokens than this are a cut that surprises.
  private static let short = 4_096

  private func short(_ job: GenerationJob) -> GenerationJob {
    var job = job
    job.limit = min(job.limit, Self.short)
    return job
  }

  private func limit(of job: GenerationJob, in memory: Int) -> Int {
    var request = request(job)
    let fits = { (limit: Int) -> Bool in
      request.limit = limit
      return BatchEngine.memory(of: request, self.model, promptChunk: self.options.promptChunk).bytes <= memory
    }
    guard !fits(job.limit) else { return job.limit }
    var (low, high) = (0, job.limit)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return low
  }

  package func refusal() -> APIError? {
    let status = engine.status
    guard status.running + status.waiting >= options.sequences + options.queue else { return nil }
    return .full(waiting: status.waiting)
  }

  package func submit(
    _ job: GenerationJob, deliver: @escaping @Sendable (GenerationEvent) -> Void
  ) throws(APIError) -> any GenerationHandle {
    if let refusal = refusal() { throw refusal }
    do {
      return try engine.submit(request(job)) { event in deliver(GenerationEvent(event)) }
    } catch let error as BatchError {
      throw APIError(error)
    } catch {
      throw APIError(error)
    }
  }

  private func request(_ job: GenerationJob) -> SequenceRequest {
    var request = SequenceRequest(
      job.prompt, method: job.method, limit: job.limit, stops: job.stops, sampling: job.sampling,
      draftShortlist: drafts.lowest(of: model.configuration.vocabulary), prediction: job.prediction,
      rules: job.adjustment.isNone ? [] : [job.adjustment], topLogProbabilities: job.topLogprobs)
    request.constraint = job.constraint
    request.measuresShortlist = drafts == .auto
    request.cacheSalt = job.cacheSalt
    return request
  }

  package func drain() { engine.drain() }
  package func stop() { engine.stop() }
}

extension SequenceHandle: GenerationHandle {}
extension LogitAdjustment: LogitRule {}

extension APIError {
  /// There is no room for one more.
  static func full(waiting: Int) -> APIError {
    APIError(.tooMany, "\(waiting) requests wait already: try again later", code: "queue_full", retryAfter: 1)
  }

  /// What a client is told of a job that the engine does not take.
  init(_ error: BatchError) {
    let (words, code) = (Diagnostic.words(error), error.diagnostic.code)
    switch error {
    case .queue: self.init(.tooMany, words, code: code, retryAfter: 1)
    case .closed: self.init(.unavailable, words, code: code)
    case .memory: self.init(.invalid, words, param: "max_tokens", code: code)
    case .pass: self = .fault(words, code: code)
    }
  }
}

extension GenerationEvent {
  /// An event of the batched engine.
  init(_ event: SequenceEvent) {
    switch event {
    case .started: self = .started
    case .tokens(let tokens):
      self = .tokens(
        tokens.map { token in
          GeneratedToken(
            id: token.id, logprob: token.logProbability,
            likeliest: token.likeliest.map { TokenChance(id: $0.id, logprob: $0.logProbability) })
        })
    case .finished(let finish, let statistics): self = .finished(finish, statistics)
    case .cancelled(let statistics): self = .cancelled(statistics)
    case .failed(let error): self = .failed(error)
    }
  }
}
