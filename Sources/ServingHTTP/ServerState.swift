import Serving
import Threads

/// What may happen while an answer is streamed.
enum StreamItem: Sendable {
  /// A step of the answer.
  case event(AnswerEvent)
  /// Time to show a sign of life.
  case ping
  /// The answer must end now, with this error.
  case end(APIError)
}

/// What all requests of a server share. Safe from any thread.
final class ServerState: Sendable {
  private struct State {
    var isDraining = false
    /// What answers that still come are told.
    var end: APIError?
    var preparing = 0
    var next = 0
    var streams: [Int: AsyncStream<StreamItem>.Continuation] = [:]
  }

  private let state = Guarded(State())
  /// Counts.
  let statistics: ServingStatistics

  init(_ statistics: ServingStatistics) { self.statistics = statistics }

  /// Whether the server takes no more requests.
  var isDraining: Bool { state.withLock { $0.isDraining } }

  /// Takes no more requests.
  func drain() { state.withLock { $0.isDraining = true } }

  /// Ends all answers that still come, so that each says so before its connection is closed; and those that begin later.
  func endAll() {
    let error = APIError(.unavailable, "the server is shutting down", code: "shutting_down")
    let streams = state.withLock { state in
      state.end = error
      return Array(state.streams.values)
    }
    for stream in streams { stream.yield(.end(error)) }
  }

  /// Whether one more request may be made ready: its text as tokens, its pictures through the tower. Whoever is told so
  /// calls ``endPreparing()``.
  func beginPreparing(most: Int) -> Bool {
    state.withLock { state in
      guard state.preparing < most else { return false }
      state.preparing += 1
      return true
    }
  }

  /// The request is ready, or refused.
  func endPreparing() { state.withLock { $0.preparing -= 1 } }

  /// Notes an answer that comes.
  func enter(_ stream: AsyncStream<StreamItem>.Continuation) -> Int {
    let (number, end) = state.withLock { state in
      state.next += 1
      state.streams[state.next] = stream
      return (state.next, state.end)
    }
    if let end { stream.yield(.end(end)) }
    return number
  }

  /// The answer is done.
  func leave(_ number: Int) { state.withLock { $0.streams[number] = nil } }
}
