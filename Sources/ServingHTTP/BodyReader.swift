import NIOCore
import Serving
import Threads

/// Reads the body of a request within bounds of size and time.
package struct BodyReader: Sendable {
  private let limit: Int
  private let seconds: Int
  private let leastBytesPerSecond: Int

  /// - Parameters:
  ///   - limit: Bytes at most.
  ///   - seconds: Seconds that a body may take, besides what the bytes that came take at the least rate. Time is given for
  ///     what has come, and not for what was announced: who announces much and sends little is not waited for.
  ///   - leastBytesPerSecond: The least rate.
  package init(limit: Int, seconds: Int, leastBytesPerSecond: Int) {
    self.limit = limit
    self.seconds = seconds
    self.leastBytesPerSecond = max(1, leastBytesPerSecond)
  }

  /// The bytes of a body.
  /// - Parameters:
  ///   - parts: The body as it comes.
  ///   - length: Its bytes, where the request says so.
  /// - Throws: `APIError`: `tooLarge`, `slow`, and `invalid` for what breaks off or is no body at all.
  package func bytes<Parts: AsyncSequence & Sendable>(
    of parts: Parts, length: Int? = nil
  ) async throws -> [UInt8] where Parts.Element == ByteBuffer {
    let limit = limit
    let tooLarge = APIError(.tooLarge, "the body has more than \(limit) bytes", code: "body_too_large")
    if let length, length > limit { throw tooLarge }
    let count = Monitor(0)
    return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
      group.addTask {
        var body: [UInt8] = []
        do {
          for try await part in parts {
            guard part.readableBytes <= limit - body.count else { throw tooLarge }
            body += part.readableBytesView
            let all = body.count
            count.change { $0 = all }
          }
        } catch let error as APIError {
          throw error
        } catch let error as CancellationError {
          throw error
        } catch {
          throw APIError(.invalid, "the body breaks off, or is none that HTTP knows", code: "invalid_body")
        }
        return body
      }
      group.addTask {
        try await watch(count)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let body = first else {
        throw APIError(
          .slow, "the body came too slowly: \(leastBytesPerSecond) bytes a second are the least",
          code: "request_timeout")
      }
      return body
    }
  }

  /// Returns when the time is over that the bytes that came have.
  private func watch(_ count: Monitor<Int>) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    while true {
      let end = start + .seconds(seconds + count.look { $0 } / leastBytesPerSecond)
      guard clock.now < end else { return }
      try await Task.sleep(until: end, clock: clock)
    }
  }
}
