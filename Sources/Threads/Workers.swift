/// Runs independent pieces of work on plain threads, the caller's among them. Pieces are claimed in order, so that the
/// failure reported is the one with the lowest number, whatever the threads do.
public enum Workers {
  private struct State {
    var next = 0
    var failure: (index: Int, error: any Error)?
  }

  /// Calls `body` for each index below `count`; `worker` is below `threads`, and no two calls with one worker overlap.
  ///
  /// The caller is worker 0. When the system starts fewer threads than asked for, those that there are do the work.
  /// - Returns: false when `stop` answered true before everything was done.
  /// - Throws: the error of the lowest index among the calls that threw.
  public static func forEach(
    count: Int, threads: Int, startedBy starter: ThreadStarter = .system,
    stop: @escaping @Sendable () -> Bool = { false },
    body: @escaping @Sendable (_ index: Int, _ worker: Int) throws -> Void
  ) throws -> Bool {
    let state = Shared()
    let work: @Sendable (Int) -> Void = { worker in
      while !stop(), let index = state.claim(count) {
        do { try body(index, worker) } catch { state.failed(index, error) }
      }
    }
    var helpers: [SpawnedThread] = []
    for worker in 1..<max(1, min(threads, count)) {
      guard let helper = try? SpawnedThread("worker-\(worker)", by: starter, { work(worker) }) else { break }
      helpers.append(helper)
    }
    work(0)
    helpers.forEach { $0.wait() }
    return try state.isDone(count)
  }

  /// What the workers share.
  private final class Shared: Sendable {
    private let state = Guarded(State())

    /// The next index below `count`; nil when there is none, or one has failed.
    func claim(_ count: Int) -> Int? {
      state.withLock { state in
        guard state.next < count, state.failure == nil else { return nil }
        defer { state.next += 1 }
        return state.next
      }
    }

    func failed(_ index: Int, _ error: any Error) {
      state.withLock { state in
        if index < state.failure?.index ?? Int.max { state.failure = (index, error) }
      }
    }

    func isDone(_ count: Int) throws -> Bool {
      try state.withLock { state in
        if let failure = state.failure { throw failure.error }
        return state.next >= count
      }
    }
  }
}
