import Foundation
import StrictJSON
import Threads

/// The streams of a program: results go to standard output, everything else to standard error.
package enum Terminal {
  /// One of the two streams, by its descriptor.
  package enum Stream: Int32, Sendable {
    /// Standard output: results.
    case output = 1
    /// Standard error: everything else.
    case error = 2
  }

  /// Prints a result, with a line end. What is in it may come from a file: see `shown(_:)`.
  package static func print(_ text: String) { write(shown(text) + "\n", to: .output) }

  /// Prints a JSON document as a result.
  package static func print(_ value: JSONValue) {
    let text = String(decoding: JSONWriter.pretty(value), as: UTF8.self)
    write(outputIsTerminal ? shownJSON(text) : text, to: .output)
  }

  /// Says something beside the result, with a line end.
  package static func note(_ text: String) { write(shown(text) + "\n", to: .error) }

  /// Writes a text at once: the only place where a program writes to a stream.
  /// - Returns: False when the stream does not take it, or nobody does its part and a stop was asked for. That ends output,
  ///   never the work; ``OutputLoss`` remembers it.
  @discardableResult
  package static func write(_ text: String, to stream: Stream) -> Bool {
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
      guard StopSignal.shared.wait(for: stream.rawValue, .writing) else {
        if stream == .output { OutputLoss.noteStop() }
        return false
      }
      let written = bytes[at...].prefix(StopSignal.bytesAtOnce).withUnsafeBytes {
        Foundation.write(stream.rawValue, $0.baseAddress, $0.count)
      }
      if written > 0 {
        at += written
      } else if written == 0 || (errno != EINTR && errno != EAGAIN) {
        if stream == .output { OutputLoss.note(written == 0 ? EIO : errno) }
        return false
      }
    }
    return true
  }
}
