import StrictJSON

/// The names that a client may call the served model by. A name is looked up in this table and never used as a path.
package struct ModelNames: Sendable, Equatable {
  /// The names in their order; the first is the model's own. `*` matches any text.
  package let names: [String]

  /// - Parameter names: At least one; the first without `*` is what answers and lists call the model.
  package init(_ names: [String]) { self.names = names.isEmpty ? ["model"] : names }

  /// What lists call the model.
  package var own: String { names.first { !$0.utf8.contains(UInt8(ascii: "*")) } ?? "model" }

  /// The names that can be listed.
  package var listed: [String] {
    let plain = names.filter { !$0.utf8.contains(UInt8(ascii: "*")) }
    return plain.isEmpty ? [own] : plain
  }

  /// Whether a client's name is one of them. An empty one, which some clients send, is the model's own.
  package func contains(_ name: String) -> Bool {
    name.isEmpty || UTF8Name(name) == UTF8Name(own) || names.contains { Self.matches(Array(name.utf8), Array($0.utf8)) }
  }

  /// Whether a text fits a pattern, in time that grows with the product of both lengths.
  private static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    let star = UInt8(ascii: "*")
    var (at, place) = (0, 0)
    var retry: (at: Int, place: Int)?
    while at < text.count {
      if place < pattern.count, pattern[place] == star {
        retry = (at, place)
        place += 1
      } else if place < pattern.count, pattern[place] == text[at] {
        at += 1
        place += 1
      } else if let last = retry {
        // The star takes one byte more.
        retry = (last.at + 1, last.place)
        at = last.at + 1
        place = last.place + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == star }
  }
}
