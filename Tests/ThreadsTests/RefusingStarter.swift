import Foundation
import Threads

extension ThreadStarter {
  /// Starts so many threads and then no more, as a system at its limit.
  static func refusing(after count: Int) -> ThreadStarter {
    let left = Left(count)
    return ThreadStarter { name, body in
      guard left.take() else { return EAGAIN }
      // The thread needs nobody who waits: what it does tells the test.
      return (try? SpawnedThread(name, body)) == nil ? EAGAIN : 0
    }
  }

  private final class Left: Sendable {
    private let count: Guarded<Int>
    init(_ count: Int) { self.count = Guarded(count) }

    func take() -> Bool {
      count.withLock { count in
        count -= 1
        return count >= 0
      }
    }
  }
}
