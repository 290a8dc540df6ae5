import StrictJSON

/// A text as a scalar of YAML.
enum YAMLScalar {
  /// The text itself, where it can be taken for nothing else; else between double quotes. YAML 1.2 reads every string of JSON.
  static func text(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-._/".utf8.contains(byte)
    }
    let hasLetter = text.utf8.first.map { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) } ?? false
    let isWord = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    let isNumber = text.utf8.first.map { (0x30...0x39).contains($0) } ?? false && text.utf8.contains(UInt8(ascii: "/"))
    if isPlain, hasLetter || isNumber, !isWord { return text }
    return String(decoding: JSONWriter.canonical(.string(text)), as: UTF8.self)
  }
}
