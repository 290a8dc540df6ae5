import Diagnostics
import Inference
import Threads

/// Decodes one answer after another, in the order in which they were asked for, on a separate thread. A prompt that goes
/// on where the last answer ended runs only its new tokens; no token depends on that.
///
/// Between two tokens it looks whether the job was cancelled. The prompt itself runs to its end.
package final class QueueEngine: GenerationEngine {
  private struct Entry {
    let number: Int
    let job: GenerationJob
    let deliver: @Sendable (GenerationEvent) -> Void
  }

  private struct State {
    var waiting: [Entry] = []
    var running: Int?
    var next = 0
    var cancelled: Set<Int> = []
    var isClosed = false
    var hasEnded = false
  }

  private struct Handle: GenerationHandle {
    let number: Int
    let state: Monitor<State>
    let pulse: WorkPulse

    func cancel() { QueueEngine.cancel(number, state, pulse) }
  }

  private let state = Monitor(State())
  private let queue: Int
  private let thread: SpawnedThread
  private let pulse = WorkPulse()

  /// - Parameters:
  ///   - queue: Jobs that may wait.
  ///   - change: Changes the options of each decoding in what no token depends on.
  ///   - session: Makes the session on the engine's thread, which alone uses it.
  /// - Throws: `ThreadError`.
  package init(
    queue: Int, change: @escaping @Sendable (inout DecodingOptions) -> Void = { _ in },
    session: @escaping @Sendable () -> DecodingSession
  ) throws {
    self.queue = queue
    let (state, pulse) = (state, pulse)
    thread = try SpawnedThread("engine") {
      let session = session()
      var salt = ""
      while let entry = QueueEngine.take(state) {
        if entry.job.cacheSalt != salt { session.forget() }
        salt = entry.job.cacheSalt
        QueueEngine.run(entry, session, state, pulse, change)
        state.change { state in
          state.running = nil
          state.cancelled.remove(entry.number)
          pulse.beat(isBusy: !state.waiting.isEmpty)
        }
      }
      state.change { $0.hasEnded = true }
    }
  }

  package var adjustsLogits: Bool { false }

  package var load: EngineLoad {
    state.look { EngineLoad(running: $0.running == nil ? 0 : 1, waiting: $0.waiting.count) }
  }

  package var standstill: Duration? { pulse.standstill }

  package func refusal() -> APIError? { state.look { QueueEngine.refusal($0, queue) } }

  private static func refusal(_ state: State, _ queue: Int) -> APIError? {
    guard state.waiting.count >= queue, state.running != nil || !state.waiting.isEmpty else { return nil }
    return .full(waiting: state.waiting.count)
  }

  package func submit(
    _ job: GenerationJob, deliver: @escaping @Sendable (GenerationEvent) -> Void
  ) throws(APIError) -> any GenerationHandle {
    guard job.adjustment.isNone else {
      throw APIError(.invalid, "this engine changes no logits", code: "unsupported_value")
    }
    let number = try state.change { (state: inout State) throws(APIError) -> Int in
      guard !state.isClosed else { throw APIError(.unavailable, "the server is shutting down", code: "shutting_down") }
      if let refusal = QueueEngine.refusal(state, queue) { throw refusal }
      state.next += 1
      pulse.begin()
      state.waiting.append(Entry(number: state.next, job: job, deliver: deliver))
      return state.next
    }
    return Handle(number: number, state: state, pulse: pulse)
  }

  package func drain() {
    state.change { $0.isClosed = true }
    thread.wait()
  }

  package func stop() {
    let waiting = state.change { state in
      state.isClosed = true
      if let running = state.running { state.cancelled.insert(running) }
      defer { state.waiting = [] }
      return state.waiting
    }
    for entry in waiting { entry.deliver(.cancelled(nil)) }
    thread.wait()
  }

  /// One that waits is gone at once; one that runs ends after its next token.
  private static func cancel(_ number: Int, _ state: Monitor<State>, _ pulse: WorkPulse) {
    let entry: Entry? = state.change { state in
      if state.running == number {
        state.cancelled.insert(number)
        return nil
      }
      guard let index = state.waiting.firstIndex(where: { $0.number == number }) else { return nil }
      defer { if state.running == nil, state.waiting.isEmpty { pulse.beat(isBusy: false) } }
      return state.waiting.remove(at: index)
    }
    entry?.deliver(.cancelled(nil))
  }

  private static func take(_ state: Monitor<State>) -> Entry? {
    let next: Entry?? = state.wait { state -> Entry?? in
      if let first = state.waiting.first {
        state.waiting.removeFirst()
        state.running = first.number
        return .some(.some(first))
      }
      return state.isClosed ? .some(nil) : nil
    }
    return next ?? nil
  }

  private static func run(
    _ entry: Entry, _ session: DecodingSession, _ state: Monitor<State>, _ pulse: WorkPulse,
    _ change: (inout DecodingOptions) -> Void
  ) {
    let job = entry.job
    let isCancelled = { state.look { $0.cancelled.contains(entry.number) } }
    guard !isCancelled() else { return entry.deliver(.cancelled(nil)) }
    entry.deliver(.started)
    let chances = Chances()
    var options = DecodingOptions(
      limit: job.limit, stops: job.stops, sampling: job.sampling, prediction: job.prediction)
    options.constraint = job.constraint
    change(&options)
    if let count = job.topLogprobs {
      options.onLogits = { index, id, logits in
        chances.tokens[index] = GeneratedToken(id: id, logits: logits, likeliest: count)
      }
    }
    do {
      // The prompt runs in one step, however long it is.
      pulse.pause()
      let decoding = try session.decode(job.prompt, job.method, options)
      var index = 0
      while let id = decoding.next() {
        entry.deliver(.tokens([chances.tokens.removeValue(forKey: index) ?? GeneratedToken(id: id)]))
        index += 1
        pulse.beat(isBusy: true)
        if isCancelled() { return entry.deliver(.cancelled(decoding.statistics)) }
      }
      try decoding.requireSuccess()
      entry.deliver(.finished(decoding.finish ?? .limit, decoding.statistics))
    } catch {
      entry.deliver(.failed(error))
    }
  }
}

/// Probabilities of tokens that were decoded and not yet returned.
private final class Chances {
  var tokens: [Int: GeneratedToken] = [:]
}
