/// Swift source without comments and without what is between the quotes of its literals. Code that a literal
/// interpolates stays.
struct SourceText {
  /// The code; what was left out is a space.
  let code: String

  init(_ text: String) {
    var scanner = Scanner(Array(text.utf8))
    scanner.readCode(untilParenthesis: false)
    code = String(decoding: scanner.code, as: UTF8.self)
  }

  /// Names as they stand in the code, in order. One that follows a dot is a member's, and left out.
  var names: [String] {
    let bytes = Array(code.utf8)
    var names: [String] = []
    var previous: UInt8 = 0
    var at = 0
    while at < bytes.count {
      guard SourceText.beginsName(bytes[at]) else {
        if bytes[at] > UInt8(ascii: " ") { previous = bytes[at] }
        at += 1
        continue
      }
      let name = bytes[at...].prefix { SourceText.beginsName($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
      if previous != UInt8(ascii: ".") { names.append(String(decoding: name, as: UTF8.self)) }
      previous = UInt8(ascii: "a")
      at = name.endIndex
    }
    return names
  }

  /// Of a character beyond ASCII any byte will do.
  private static func beginsName(_ byte: UInt8) -> Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    return letters ~= byte | 0x20 || byte == UInt8(ascii: "_") || byte >= 0x80
  }
}

/// Walks through the bytes of a source file.
private struct Scanner {
  private let bytes: [UInt8]
  private var at = 0
  private(set) var code: [UInt8] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func matches(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { at + $0.count <= bytes.count && bytes[at..<at + $0.count].elementsEqual($0) }
  }

  /// Reads code to the end, or to the parenthesis that closes an interpolation.
  mutating func readCode(untilParenthesis: Bool) {
    var depth = 0
    while at < bytes.count {
      if matches("//") {
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      } else if matches("/*") {
        skipComment()
      } else if bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "#"), let hashes = hashesOfLiteral() {
        readLiteral(hashes: hashes)
      } else {
        if bytes[at] == UInt8(ascii: "(") { depth += 1 }
        if bytes[at] == UInt8(ascii: ")") {
          depth -= 1
          if untilParenthesis, depth < 0 { return at += 1 }
        }
        code.append(bytes[at])
        at += 1
      }
    }
  }

  private mutating func skipComment() {
    var depth = 0
    repeat {
      if matches("/*") {
        depth += 1
        at += 2
      } else if matches("*/") {
        depth -= 1
        at += 2
      } else {
        at += 1
      }
    } while depth > 0 && at < bytes.count
    code.append(UInt8(ascii: " "))
  }

  /// The number of `#` before a literal that begins here; nil when none does.
  private func hashesOfLiteral() -> Int? {
    let hashes = bytes[at...].prefix { $0 == UInt8(ascii: "#") }.count
    return at + hashes < bytes.count && bytes[at + hashes] == UInt8(ascii: "\"") ? hashes : nil
  }

  private mutating func readLiteral(hashes: Int) {
    at += hashes
    let quotes = matches("\"\"\"") ? 3 : 1
    at += quotes
    let end = Array(repeating: UInt8(ascii: "\""), count: quotes) + Array(repeating: UInt8(ascii: "#"), count: hashes)
    let escape = [UInt8(ascii: "\\")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
    code.append(UInt8(ascii: " "))
    while at < bytes.count, !bytes[at...].starts(with: end) {
      guard bytes[at...].starts(with: escape) else {
        at += 1
        continue
      }
      at += escape.count
      guard at < bytes.count, bytes[at] == UInt8(ascii: "(") else {
        at += 1
        continue
      }
      at += 1
      readCode(untilParenthesis: true)
      code.append(UInt8(ascii: " "))
    }
    at = min(bytes.count, at + end.count)
    code.append(UInt8(ascii: " "))
  }
}
