import Inference
import Serving
import Threads

/// An engine that gives tokens that were written down, in bursts. It ends a job where a stop token or its limit says so,
/// and where it was cancelled.
final class ScriptedEngine: GenerationEngine {
  struct Handle: GenerationHandle {
    let isCancelled: Monitor<Bool>
    func cancel() { isCancelled.change { $0 = true } }
  }

  private let scripts: [[Int]]
  private let burst: Int
  private let failure: InferenceError?
  private let isGivenUp: Bool
  private let jobs = Monitor<[GenerationJob]>([])
  let adjustsLogits: Bool

  /// - Parameters:
  ///   - scripts: The tokens of each job in turn.
  ///   - burst: Tokens of one event.
  ///   - failure: What ends a job whose tokens are all given.
  ///   - isGivenUp: Whether it ends jobs by itself, as one that is stopped.
  ///   - adjustsLogits: Whether it takes jobs that change logits.
  init(
    _ scripts: [[Int]], burst: Int = 1, failure: InferenceError? = nil, isGivenUp: Bool = false,
    adjustsLogits: Bool = false
  ) {
    self.scripts = scripts
    self.burst = burst
    self.failure = failure
    self.isGivenUp = isGivenUp
    self.adjustsLogits = adjustsLogits
  }

  /// The jobs that were submitted.
  var submitted: [GenerationJob] { jobs.look { $0 } }
  var load: EngineLoad { EngineLoad(running: 0, waiting: 0) }

  func submit(
    _ job: GenerationJob, deliver: @escaping @Sendable (GenerationEvent) -> Void
  ) throws(APIError) -> any GenerationHandle {
    let handle = Handle(isCancelled: Monitor(false))
    let number = jobs.change { jobs in
      jobs.append(job)
      return jobs.count - 1
    }
    var tokens = scripts[number % scripts.count].prefix(job.limit)
    if let stop = tokens.firstIndex(where: job.stops.contains) { tokens = tokens[...stop] }
    deliver(.started)
    var rest = tokens[...]
    while !rest.isEmpty {
      let part = rest.prefix(burst)
      rest = rest.dropFirst(burst)
      deliver(
        .tokens(
          part.map { id in
            GeneratedToken(
              id: id, logprob: job.topLogprobs == nil ? nil : -0.5,
              likeliest: (0..<(job.topLogprobs ?? 0)).map { TokenChance(id: $0, logprob: -1) })
          }))
    }
    if isGivenUp {
      deliver(.cancelled(nil))
    } else if let failure, tokens.count == scripts[number % scripts.count].count {
      deliver(.failed(failure))
    } else if let last = tokens.last, job.stops.contains(last) {
      deliver(.finished(.stop(last), DecodingStatistics()))
    } else {
      deliver(.finished(.limit, DecodingStatistics()))
    }
    return handle
  }

  func drain() {}
  func stop() {}
}
