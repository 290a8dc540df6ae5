import Serving

/// The steps of an answer with what the server adds to them: signs of life, the end of its time, the end of the server.
/// Whoever stops to read it ends the answer's decoding.
func withItems<Result>(
  of events: AsyncStream<AnswerEvent>, _ state: ServerState, _ options: ServerOptions,
  _ body: (AsyncStream<StreamItem>) async throws -> Result
) async throws -> Result {
  let (items, feed) = AsyncStream<StreamItem>.makeStream()
  let turn = Task {
    guard options.queueSeconds > 0 else { return }
    try await Task.sleep(for: .seconds(options.queueSeconds))
    feed.yield(
      .end(
        APIError(
          .unavailable, "the request waited more than \(options.queueSeconds) s for its turn: try again later",
          code: "queue_timeout", retryAfter: options.pingSeconds)))
  }
  let pump = Task {
    for await event in events {
      turn.cancel()
      feed.yield(.event(event))
    }
    feed.finish()
  }
  let clock = Task {
    while !Task.isCancelled {
      try await Task.sleep(for: .seconds(max(1, options.pingSeconds)))
      feed.yield(.ping)
    }
  }
  let limit = Task {
    guard options.requestSeconds > 0 else { return }
    try await Task.sleep(for: .seconds(options.requestSeconds))
    feed.yield(
      .end(APIError(.timeout, "the answer took more than \(options.requestSeconds) s", code: "request_timeout")))
  }
  let number = state.enter(feed)
  defer {
    state.leave(number)
    for task in [clock, limit, turn] { task.cancel() }
    pump.cancel()
  }
  return try await body(items)
}
