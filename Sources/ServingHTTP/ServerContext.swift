import Hummingbird
import NIOCore

/// What a request comes with: its connection.
struct ServerContext: InitializableFromSource {
  /// The connection, to be closed where a client does not do its part.
  let channel: any Channel

  init(source: ApplicationRequestContextSource) { channel = source.channel }
}

/// Closes a connection whose reader takes nothing for too long: a write that waits gives no sign by itself.
final class WriteWatch: Sendable {
  private let channel: any Channel
  private let seconds: Int

  init(_ channel: any Channel, seconds: Int) {
    self.channel = channel
    self.seconds = seconds
  }

  /// Calls `write`; the connection is closed when it does not return in time.
  func write(_ write: () async throws -> Void) async throws {
    guard seconds > 0 else { return try await write() }
    let channel = channel
    let seconds = seconds
    let watch = Task {
      try await Task.sleep(for: .seconds(seconds))
      channel.close(promise: nil)
    }
    defer { watch.cancel() }
    try await write()
  }
}
