import Serving
import Threads

/// The line of the log about one request, which says nothing of its contents: method, path, status, time, name, bytes and
/// tokens of the answer, and how it ended. It is written once, at the answer's end; of a client that left, when nothing
/// works for it any more.
package final class AccessLine: Sendable {
  private struct State {
    var status = 0
    var bytes = 0
    var tokens: Int?
    var failure: String?
    var isWritten = false
  }

  private let state = Guarded(State())
  private let request: String
  private let name: String
  private let now: @Sendable () -> Duration
  private let log: @Sendable (String) -> Void

  /// - Parameters:
  ///   - head: The request.
  ///   - name: The name by which its other traces are found.
  ///   - now: The time since it came.
  ///   - log: Takes the line.
  package init(
    _ head: RequestHead, name: String, now: @escaping @Sendable () -> Duration,
    log: @escaping @Sendable (String) -> Void
  ) {
    let path = head.path.unicodeScalars.prefix(80).filter { $0.value > 0x20 && $0.value < 0x7F }
    request = "\(head.method) \(String(String.UnicodeScalarView(path)))"
    self.name = name
    self.now = now
    self.log = log
  }

  deinit { write("client left") }

  /// The answer begins.
  package func begin(status: Int) { state.withLock { $0.status = status } }

  /// Records that so many bytes of the answer were written.
  package func add(bytes: Int) { state.withLock { $0.bytes += bytes } }

  /// The answer has so many tokens.
  package func count(tokens: Int) { state.withLock { $0.tokens = tokens } }

  /// The answer ends with an error, of which the client is told; the first one counts.
  package func fail(_ error: APIError) {
    state.withLock { $0.failure = $0.failure ?? "error \(error.code ?? "\(error.status)")" }
  }

  /// The answer is written.
  package func end() { write("complete") }

  private func write(_ end: String) {
    let time = now()
    let text: String? = state.withLock { state in
      guard !state.isWritten else { return nil }
      state.isWritten = true
      let milliseconds = time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
      let answer = "\(state.bytes) bytes" + (state.tokens.map { " \($0) tokens" } ?? "")
      return "\(request) \(state.status) \(milliseconds) ms \(name) \(answer) \(state.failure ?? end)"
    }
    if let text { log(text) }
  }
}
