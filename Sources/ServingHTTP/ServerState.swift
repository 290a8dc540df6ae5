import Serving
import Threads

/// What may happen while an answer is streamed.
package enum StreamItem: Sendable {
  /// A step of the answer.
  case event(AnswerEvent)
  /// Time to show a sign of life.
  case ping
  /// The answer must end now, with this error.
  case end(APIError)
}

/// What all requests of a server share. Safe from any thread.
package final class ServerState: Sendable {
  private struct State {
    var isDraining = false
    /// Hears how many are still at work, while the server is being ended.
    var rest: AsyncStream<Int>.Continuation?
    /// What answers that still come are told.
    var end: APIError?
    var preparing = 0
    var next = 0
    var streams: [Int: AsyncStream<StreamItem>.Continuation] = [:]

    /// Tells whoever waits for the end how many are left.
    func tellRest() {
      let left = preparing + streams.count
      rest?.yield(left)
      if left == 0 { rest?.finish() }
    }
  }

  private let state = Guarded(State())
  /// Counts.
  let statistics: ServingStatistics

  /// - Parameter statistics: What counts the requests.
  package init(_ statistics: ServingStatistics) { self.statistics = statistics }

  /// Whether the server takes no more requests.
  package var isDraining: Bool { state.withLock { $0.isDraining } }

  /// Takes no more requests. Until the last of those that it has is answered there is somebody to say so.
  /// - Returns: How many requests are at work now, and after each that is done; its end is theirs. One that is between two
  ///   of its steps may be missed: its connection keeps the server until it is closed.
  package func drain() -> AsyncStream<Int> {
    let (left, feed) = AsyncStream<Int>.makeStream()
    state.withLock { state in
      state.isDraining = true
      state.rest = feed
      state.tellRest()
    }
    return left
  }

  /// Waits no longer for those that are at work.
  package func endWaiting() { state.withLock { $0.rest?.finish() } }

  /// Ends all answers that still come, so that each says so before its connection is closed; and those that begin later.
  package func endAll() {
    let error = APIError(.unavailable, "the server is shutting down", code: "shutting_down")
    let streams = state.withLock { state in
      state.end = error
      return Array(state.streams.values)
    }
    for stream in streams { stream.yield(.end(error)) }
  }

  /// Whether one more request may be made ready: its text as tokens, its pictures through the tower. Whoever is told so
  /// calls ``endPreparing()``.
  package func beginPreparing(most: Int) -> Bool {
    state.withLock { state in
      guard state.preparing < most else { return false }
      state.preparing += 1
      return true
    }
  }

  /// The request is ready, or refused.
  package func endPreparing() {
    state.withLock { state in
      state.preparing -= 1
      state.tellRest()
    }
  }

  /// Notes an answer that comes.
  package func enter(_ stream: AsyncStream<StreamItem>.Continuation) -> Int {
    let (number, end) = state.withLock { state in
      state.next += 1
      state.streams[state.next] = stream
      return (state.next, state.end)
    }
    if let end { stream.yield(.end(end)) }
    return number
  }

  /// The answer is done.
  package func leave(_ number: Int) {
    state.withLock { state in
      state.streams[number] = nil
      state.tellRest()
    }
  }
}
