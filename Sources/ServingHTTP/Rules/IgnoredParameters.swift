/// The header field that names the parts of a request that had no effect.
package enum IgnoredParameters {
  private static let most = 32
  private static let longest = 64

  /// The names in their order, as far as they are words of ASCII: a name comes from the client, and a header field can be
  /// broken by it. Nil for none.
  package static func text(_ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let words = names.prefix(most).map { name in
      let bytes = name.utf8.filter { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
      return bytes.isEmpty ? "?" : String(decoding: bytes.prefix(longest), as: UTF8.self)
    }
    return (words + (names.count > most ? ["and \(names.count - most) more"] : [])).joined(separator: ", ")
  }
}
