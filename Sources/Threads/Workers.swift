import Dispatch
import Foundation
import Synchronization

/// Runs independent pieces of work on plain threads. Pieces are claimed in order, so that the failure reported is the
/// one with the lowest number, whatever the threads do.
public enum Workers {
  private struct State {
    var next = 0
    var failure: (index: Int, error: any Error)?
  }

  /// Calls `body` for each index below `count`; `worker` is below `threads`, and no two calls with one worker overlap.
  /// - Returns: false when `stop` answered true before everything was done.
  public static func forEach(
    count: Int, threads: Int, stop: @escaping @Sendable () -> Bool = { false },
    body: @escaping @Sendable (_ index: Int, _ worker: Int) throws -> Void
  ) throws -> Bool {
    let state = Box(State())
    let group = DispatchGroup()
    for worker in 0..<max(1, min(threads, count)) {
      group.enter()
      let thread = Thread {
        while !stop() {
          let index: Int? = state.value.withLock { state in
            guard state.next < count, state.failure == nil else { return nil }
            defer { state.next += 1 }
            return state.next
          }
          guard let index else { break }
          do {
            try body(index, worker)
          } catch {
            state.value.withLock { state in
              if index < state.failure?.index ?? Int.max { state.failure = (index, error) }
            }
          }
        }
        group.leave()
      }
      thread.stackSize = 4 << 20
      thread.start()
    }
    group.wait()
    return try state.value.withLock { state in
      if let failure = state.failure { throw failure.error }
      return state.next >= count
    }
  }

  /// A mutex that threads can share.
  private final class Box<Value>: Sendable {
    let value: Mutex<Value>
    init(_ value: sending Value) { self.value = Mutex(value) }
  }
}
