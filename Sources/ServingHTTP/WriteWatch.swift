import HTTPTypes
import Hummingbird
import NIOCore

/// Closes a connection whose reader takes nothing for too long: a write that waits shows no sign by itself.
final class WriteWatch: Sendable {
  private let channel: any Channel
  private let seconds: Int

  init(_ channel: any Channel, seconds: Int) {
    self.channel = channel
    self.seconds = seconds
  }

  /// Closes the connection in a while, unless the task is cancelled before.
  func begin() -> Task<Void, any Error> {
    let (channel, seconds) = (channel, seconds)
    return Task {
      guard seconds > 0 else { return }
      try await Task.sleep(for: .seconds(seconds))
      channel.close(promise: nil)
    }
  }

  /// Calls `write`; the connection is closed when it does not return in time.
  func write(_ write: () async throws -> Void) async throws {
    let task = begin()
    defer { task.cancel() }
    try await write()
  }
}

extension Response {
  /// Lets a connection be closed whose reader takes nothing: neither the head, which is written before the body, nor the
  /// body, nor its end. To be called last, as the head is written next.
  mutating func watch(_ channel: any Channel, seconds: Int) {
    let watch = WriteWatch(channel, seconds: seconds)
    let headIsWritten = watch.begin()
    let body = body
    self.body = ResponseBody(contentLength: body.contentLength) { writer in
      headIsWritten.cancel()
      try await body.write(WatchedWriter(writer, watch))
    }
  }
}

/// Writes in pieces, each of which is watched: much takes long for a reader that does read, too.
private struct WatchedWriter: ResponseBodyWriter {
  private static let pieceBytes = 64 << 10

  private var parent: any ResponseBodyWriter
  private let watch: WriteWatch

  init(_ parent: any ResponseBodyWriter, _ watch: WriteWatch) {
    self.parent = parent
    self.watch = watch
  }

  mutating func write(_ buffer: ByteBuffer) async throws {
    var rest = buffer
    while rest.readableBytes > 0, let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)) {
      var parent = parent
      try await watch.write { try await parent.write(piece) }
      self.parent = parent
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    let parent = parent
    try await watch.write { try await parent.finish(trailingHeaders) }
  }
}
