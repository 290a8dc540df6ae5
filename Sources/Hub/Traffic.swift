import Threads

/// What was moved over the network, as it is told at the end of a command.
public final class Traffic: Sendable {
  /// Requests, redirects among them, and bytes of their bodies.
  public struct Total: Sendable, Equatable {
    public var requests = 0
    public var bytes = 0
  }

  private let state = Guarded(Total())

  init() {}

  /// What was moved so far.
  public var total: Total { state.withLock { $0 } }

  func count(requests: Int = 0, bytes: Int = 0) {
    state.withLock { state in
      state.requests += requests
      state.bytes += bytes
    }
  }
}
