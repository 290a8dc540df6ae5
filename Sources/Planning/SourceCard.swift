import Checkpoint
import Foundation

/// The front matter and the text of a source's card, taken apart without interpreting them.
package struct SourceCard {
  private let front: [String]
  /// The text after the front matter.
  package let body: String

  /// - Parameter folder: The source; one without a card has an empty one.
  /// - Throws: `FileError`.
  package init(folder: CheckpointFolder) throws {
    guard folder.sidecars.hasCard else {
      front = []
      body = ""
      return
    }
    let bytes = try folder.input("README.md", limit: 4 << 20)
    let text = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      front = []
      body = text
      return
    }
    front = Array(lines[1..<end])
    body = lines[(end + 1)...].drop { $0.isEmpty }.joined(separator: "\n")
  }

  /// The repositories that `base_model` names.
  package var baseModels: [String] { values("base_model") }

  /// What `license` says, several joined by commas; nil when the card does not state one.
  package var licence: String? {
    let values = values("license")
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  /// The plain values of a top-level key, one or a list; a null is none.
  package func values(_ key: String) -> [String] {
    block(key).flatMap { line -> [String] in
      let text = line.hasPrefix(key + ":") ? String(line.dropFirst(key.utf8.count + 1)) : line
      let trimmed = text.trimmingCharacters(in: .whitespaces)
      let items = trimmed.hasPrefix("[") ? trimmed.dropFirst().split(separator: ",").map(String.init) : [trimmed]
      return items.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " -\"']")) }
    }.filter { !["", "null", "~"].contains($0.lowercased()) }
  }

  /// The lines of a top-level key, continuation lines included; empty when the key is not there.
  package func block(_ key: String) -> [String] {
    guard let start = front.firstIndex(where: { $0.hasPrefix(key + ":") }) else { return [] }
    // A second document's mark is left out: it ends the front matter for some readers.
    let rest = front[(start + 1)...].prefix { $0.hasPrefix(" ") || $0.hasPrefix("- ") || $0 == "-" }
    let lines = [front[start]] + rest
    // YAML ends a line where Swift's split did not: such a key is none that can be copied.
    let breaks: Set<Unicode.Scalar> = ["\r", "\u{85}", "\u{2028}", "\u{2029}", "\0"]
    return lines.contains { $0.unicodeScalars.contains(where: breaks.contains) } ? [] : lines
  }
}
