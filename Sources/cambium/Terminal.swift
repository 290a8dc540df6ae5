import Diagnostics
import Foundation
import StrictJSON

/// Where text goes: results to standard output, everything else to standard error.
enum Terminal {
  /// A result, with a line end.
  static func print(_ text: String) { write(text + "\n", to: 1) }

  /// A JSON document as a result.
  static func print(_ value: JSONValue) { write(String(decoding: JSONWriter.pretty(value), as: UTF8.self), to: 1) }

  /// A note, with a line end.
  static func note(_ text: String) { write(text + "\n", to: 2) }

  static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
      let written = bytes[at...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        at += written
      } else if errno != EINTR {
        // A closed pipe ends output, never the work.
        return
      }
    }
  }

  static var errorIsTerminal: Bool { isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

  static var wantsJSON: Bool { CommandLine.arguments.dropFirst().contains("--json") }

  /// A failure as a JSON document, in the place of the result.
  static func printError(_ members: [(String, JSONValue)], exit status: Int32) {
    Terminal.print(.object([("error", .object(members + [("exit", .int(Int(status)))]))]))
  }

  /// Prints a failure and ends the process with its status. With `--json` the failure is a document on standard output.
  static func fail(_ diagnostic: Diagnostic) -> Never {
    if wantsJSON {
      var members: [(String, JSONValue)] = [
        ("code", .string(diagnostic.code)), ("summary", .string(diagnostic.summary)),
      ]
      members += diagnostic.parts.map { ($0.label, .string($0.text)) }
      printError(members, exit: diagnostic.exitStatus.rawValue)
    }
    let colour = errorIsTerminal && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    let text = diagnostic.text
    note(colour ? "\u{1b}[31m" + text.prefix(6) + "\u{1b}[0m" + text.dropFirst(6) : text)
    exit(diagnostic.exitStatus.rawValue)
  }
}
