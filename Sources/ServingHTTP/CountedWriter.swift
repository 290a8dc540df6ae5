import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// Tells a line of the log what is written of this response, and when all of it is.
  mutating func count(_ line: AccessLine) {
    line.begin(status: status.code)
    let body = body
    self.body = ResponseBody(contentLength: body.contentLength) { writer in
      try await body.write(CountedWriter(writer, line))
    }
  }
}

private struct CountedWriter: ResponseBodyWriter {
  private var parent: any ResponseBodyWriter
  private let line: AccessLine

  init(_ parent: any ResponseBodyWriter, _ line: AccessLine) {
    self.parent = parent
    self.line = line
  }

  mutating func write(_ buffer: ByteBuffer) async throws {
    try await parent.write(buffer)
    line.add(bytes: buffer.readableBytes)
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    let parent = parent
    try await parent.finish(trailingHeaders)
    line.end()
  }
}
