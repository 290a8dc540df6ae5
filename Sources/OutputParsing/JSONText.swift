import StrictJSON

/// Pieces of JSON that are written before the whole is known.
package enum JSONText {
  /// Containers in each other of what a model writes, at most: values are looked at level by level on a thread's stack.
  package static let mostDepth = 512
  /// The same for all arguments of a call.
  package static let argumentsDepth = mostDepth + 1

  /// The JSON that a model wrote, read as most clients do: a key that comes twice has its last value.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - depth: Containers in each other at most.
  package static func written(_ bytes: [UInt8], depth: Int = mostDepth) -> JSONValue? {
    try? JSONValue.parse(bytes, file: "argument", maxDepth: depth, maxValues: max(1, bytes.count), keepsLast: true)
  }

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
