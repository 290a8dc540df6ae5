import StrictJSON

/// Pieces of JSON that are written before the whole is known.
package enum JSONText {
  /// A string with its quotes.
  package static func quoted(_ text: String) -> String {
    String(decoding: JSONWriter.compact(.string(text)), as: UTF8.self)
  }

  /// A part of a string, without quotes: parts in sequence make the string.
  package static func escaped(_ text: String) -> String { String(quoted(text).utf8.dropFirst().dropLast()) ?? "" }

  /// A value on one line.
  package static func compact(_ value: JSONValue) -> String {
    String(decoding: JSONWriter.compact(value), as: UTF8.self)
  }
}
