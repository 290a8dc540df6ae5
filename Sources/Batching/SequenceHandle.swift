import Threads

/// Cancels a sequence. Nobody needs to keep it.
public final class SequenceHandle: Sendable {
  /// Rises by one with each request that is taken.
  public let number: Int
  private let isGivenUp = Guarded(false)
  private let wake: @Sendable () -> Void

  init(number: Int, wake: @escaping @Sendable () -> Void) {
    self.number = number
    self.wake = wake
  }

  /// Cancels the sequence within the step that runs: no token is delivered after that step. From any thread, and as
  /// often as one likes; without effect on one that has ended.
  public func cancel() {
    isGivenUp.withLock { $0 = true }
    wake()
  }

  /// Whether it was cancelled.
  public var isCancelled: Bool { isGivenUp.withLock { $0 } }
}
