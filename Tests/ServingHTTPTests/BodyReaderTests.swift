import NIOCore
import Serving
import ServingHTTP
import Testing

/// Bodies of clients that send too much, too slowly, or not all of it.
@Suite struct BodyReaderTests {
  private struct BrokenOff: Error {}

  private func body(
    _ parts: [String], end: @Sendable (AsyncThrowingStream<ByteBuffer, any Error>.Continuation) -> Void
  ) -> AsyncThrowingStream<ByteBuffer, any Error> {
    AsyncThrowingStream { continuation in
      for part in parts { continuation.yield(ByteBuffer(string: part)) }
      end(continuation)
    }
  }

  private func refusal(
    _ parts: [String], length: Int? = nil, seconds: Int = 3_600,
    end: @Sendable (AsyncThrowingStream<ByteBuffer, any Error>.Continuation) -> Void = { _ in }
  ) async throws -> APIError.Kind? {
    let reader = BodyReader(limit: 8, seconds: seconds, leastBytesPerSecond: 1)
    do {
      _ = try await reader.bytes(of: body(parts, end: end), length: length)
      return nil
    } catch let error as APIError {
      return error.kind
    }
  }

  @Test func `a body is its parts, up to the limit`() async throws {
    let reader = BodyReader(limit: 8, seconds: 3_600, leastBytesPerSecond: 1)
    #expect(try await reader.bytes(of: body(["{\"a\"", ":1}"]) { $0.finish() }, length: 8) == Array("{\"a\":1}".utf8))
    #expect(try await reader.bytes(of: body(["12345678"]) { $0.finish() }) == Array("12345678".utf8))
    #expect(try await reader.bytes(of: body([]) { $0.finish() }).isEmpty)
  }

  @Test func `sizes: a body that says it is too long, or is without saying so, is refused before its end`() async throws
  {
    #expect(try await refusal([], length: 9) == .tooLarge)
    #expect(try await refusal(["12345", "6789"]) == .tooLarge)
  }

  @Test func `time: a body that stops is not waited for, whatever was announced`() async throws {
    #expect(try await refusal([], length: 8, seconds: 0) == .slow)
  }

  @Test func `framing: a body that breaks off is no body`() async throws {
    #expect(try await refusal(["{\"a\""]) { $0.finish(throwing: BrokenOff()) } == .invalid)
  }
}
