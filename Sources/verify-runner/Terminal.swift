import Diagnostics
import Foundation
import StrictJSON
import Threads

/// Where text goes: results to standard output, everything else to standard error.
enum Terminal {
  /// A result, with a line end.
  static func print(_ text: String) { write(text + "\n", to: 1) }

  /// A JSON document as a result.
  static func print(_ value: JSONValue) { write(String(decoding: JSONWriter.pretty(value), as: UTF8.self), to: 1) }

  /// A note, with a line end.
  static func note(_ text: String) { write(text + "\n", to: 2) }

  /// Writes at once; gives false when nobody reads any more.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
      let written = bytes[at...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        at += written
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  static var wantsJSON: Bool { CommandLine.arguments.dropFirst().contains("--json") }

  /// Prints a failure and ends the process with its status. With `--json` the failure is a document on standard output,
  /// unless the result stands there already.
  static func fail(_ diagnostic: Diagnostic, afterResult: Bool = false) -> Never {
    if wantsJSON, !afterResult {
      var members: [(String, JSONValue)] = [
        ("code", .string(diagnostic.code)), ("summary", .string(diagnostic.summary)),
      ]
      members += diagnostic.parts.map { ($0.label, .string($0.text)) }
      members.append(("exit", .int(Int(diagnostic.exitStatus.rawValue))))
      print(.object([("error", .object(members))]))
    }
    note(diagnostic.text)
    exit(diagnostic.exitStatus.rawValue)
  }

  /// Ends the process because of a signal.
  static func failInterrupted() -> Never {
    note("interrupted")
    exit(StopSignal.shared.exitCode ?? ExitStatus.interrupted.rawValue)
  }
}
