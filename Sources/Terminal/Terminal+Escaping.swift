import Diagnostics
import Foundation

extension Terminal {
  /// A text of lines as it is shown, wherever it goes: names from files may be in it, and none may steer a terminal, turn
  /// the direction of a line or hide in it.
  static func shown(_ text: String) -> String { text.escapingControls(but: "\n\t") }

  /// A JSON document as a terminal shows it. Such characters occur in its strings alone, where they have escapes.
  static func shownJSON(_ text: String) -> String {
    guard shown(text) != text else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if String(scalar).escapingControls(but: "\n\t") == String(scalar) {
        out.unicodeScalars.append(scalar)
      } else {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    return out
  }

  /// Writes a text that is the result itself, such as what a model says: to a file or a pipe as it is, to a terminal
  /// without the controls that it would obey. Marks between letters belong to such a text.
  /// - Returns: as ``write(_:to:)``.
  @discardableResult
  package static func writeText(_ text: String) -> Bool {
    guard outputIsTerminal else { return write(text, to: .output) }
    var out = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
      out += isControl ? String(scalar).escapingControls : String(scalar)
    }
    return write(out, to: .output)
  }

  static var outputIsTerminal: Bool { isatty(Stream.output.rawValue) == 1 }
}
