import Diagnostics
import Inference
import Threads

/// A batched engine on its own thread: takes requests at any time, from any thread.
///
///     let engine = try BatchEngine(model)
///     let handle = try engine.submit(SequenceRequest([1, 2, 3], method: .mtp(depth: 2), limit: 64)) { print($0) }
///     handle.cancel()
///     engine.drain()
public final class BatchEngine: Sendable {
  private enum Phase {
    case taking
    /// Nothing new; what is there comes to its end.
    case draining
    /// Nothing new is taken; what is there is cancelled.
    case stopping
  }

  private struct Inbox {
    var phase = Phase.taking
    var arrived: [Submission] = []
    /// Numbers assigned so far.
    var numbers = 0
    var status: BatchStatus
    /// Whether somebody was cancelled, so that the thread looks even when it has nothing else to do.
    var isWoken = false
  }

  private let model: LoadedModel
  private let options: BatchOptions
  private let inbox: Monitor<Inbox>
  private let thread: SpawnedThread
  private let pulse: WorkPulse

  /// - Parameters:
  ///   - model: The model.
  ///   - options: How much at once.
  ///   - pulse: Is told of each step.
  /// - Throws: `InferenceError` for an arithmetic that the machine does not have; `ThreadError`.
  public init(
    _ model: LoadedModel, _ options: BatchOptions = BatchOptions(), pulse: WorkPulse = WorkPulse()
  ) throws {
    try options.arithmetic.check()
    self.model = model
    self.options = options
    let inbox = Monitor(Inbox(status: BatchStatus(memoryBytes: options.memory)))
    self.inbox = inbox
    self.pulse = pulse
    thread = try SpawnedThread("batch") { BatchEngine.serve(model, options, inbox, pulse) }
  }

  deinit { inbox.change { if $0.phase == .taking { $0.phase = .stopping } } }

  /// What a request would reserve.
  public static func memory(of request: SequenceRequest, _ model: LoadedModel, promptChunk: Int = 256) -> SequenceMemory
  {
    request.memory(model, promptChunk: promptChunk)
  }

  /// What runs and waits at this moment, and what was done.
  public var status: BatchStatus {
    inbox.look { inbox in
      var status = inbox.status
      status.waiting += inbox.arrived.count
      return status
    }
  }

  /// How long no step was done, though something runs or waits; nil when nothing does.
  public var standstill: Duration? { pulse.standstill }

  /// Lets a sequence wait for its admission. Never waits for a pass.
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - deliver: Called on the engine's thread with each event, in their order; it must not wait for anything.
  /// - Returns: The handle that cancels it.
  /// - Throws: ``BatchError``; `InferenceError` for a prompt, an option or a drafter that cannot be.
  @discardableResult public func submit(
    _ request: SequenceRequest, deliver: @escaping @Sendable (SequenceEvent) -> Void
  ) throws -> SequenceHandle {
    try request.check(model)
    let memory = request.memory(model, promptChunk: options.promptChunk)
    guard memory.bytes <= options.memory, memory.bytes < .max else {
      throw BatchError.memory(needed: memory.bytes, budget: options.memory)
    }
    // On the caller's thread: the digests of pictures' rows take their time.
    let prefix = options.cache.map { PrefixKey(request.prompt, request.method, salt: request.cacheSalt, $0) }
    return try inbox.change { (inbox) throws(BatchError) in
      guard inbox.phase == .taking else { throw .closed }
      let waiting = inbox.status.waiting + inbox.arrived.count
      guard waiting < options.queue else { throw .queue(waiting: waiting, most: options.queue) }
      let handle = SequenceHandle(number: inbox.numbers) { [monitor = self.inbox] in
        monitor.change { $0.isWoken = true }
      }
      inbox.numbers += 1
      pulse.begin()
      inbox.arrived.append(
        Submission(request: request, memory: memory, prefix: prefix, handle: handle, deliver: deliver))
      return handle
    }
  }

  /// Takes nothing new, lets all that run and wait come to their end, and returns when they have. Not for the engine's
  /// own thread.
  public func drain() { end(.draining) }

  /// Takes nothing new, cancels all that run and wait, and returns when they are told. Not for the engine's own thread.
  public func stop() { end(.stopping) }

  private func end(_ phase: Phase) {
    inbox.change { if $0.phase != .stopping { $0.phase = phase } }
    thread.wait()
  }

  // MARK: The thread

  private static func serve(
    _ model: LoadedModel, _ options: BatchOptions, _ inbox: Monitor<Inbox>, _ pulse: WorkPulse
  ) {
    let batch = SequenceBatch(model, pool: WorkerPool(threads: options.threads), options)
    let end = End()
    while true {
      let isIdle = batch.isEmpty
      let work: (arrived: [Submission], phase: Phase) = inbox.wait { inbox in
        // Who is idle sleeps until there is something to do.
        guard !isIdle || !inbox.arrived.isEmpty || inbox.isWoken || inbox.phase != .taking else { return nil }
        defer {
          inbox.status.waiting += inbox.arrived.count
          (inbox.arrived, inbox.isWoken) = ([], false)
        }
        return (inbox.arrived, inbox.phase)
      }
      end.isStopping = work.phase == .stopping
      for submission in work.arrived {
        do {
          try batch.add(submission.job { end.isStopping })
        } catch {
          submission.deliver(.failed(error))
        }
      }
      batch.step()
      let status = BatchStatus(
        running: batch.running, waiting: batch.waitingCount, reservedBytes: batch.reservedBytes,
        cachedBytes: batch.cachedBytes, memoryBytes: options.memory, counts: batch.counts)
      let isBusy = !batch.isEmpty
      inbox.change { inbox in
        inbox.status = status
        pulse.beat(isBusy: isBusy || !inbox.arrived.isEmpty)
      }
      if work.phase != .taking, batch.isEmpty { return }
    }
  }

  /// Whether all are cancelled; for the thread alone.
  private final class End {
    var isStopping = false
  }
}
