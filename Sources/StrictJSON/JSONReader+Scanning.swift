extension JSONReader {
  /// The byte at the reading position; nil at the end.
  var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// The reading position.
  var here: JSONPosition { JSONPosition(line: line, column: offset - lineStart + 1, offset: offset) }

  /// The reading position, for messages.
  var place: JSONPlace { JSONPlace(file: file, position: here) }

  /// What is at the reading position, for messages.
  var found: String {
    guard let byte else { return bytes.isEmpty ? "an empty text" : "the end of the text" }
    if byte < 0x20 || byte == 0x7F { return "control character 0x" + String(byte, radix: 16) }
    let end = bytes[offset...].dropFirst().prefix(while: { $0 & 0xC0 == 0x80 }).endIndex
    return "`" + String(decoding: bytes[offset..<end], as: UTF8.self) + "`"
  }

  /// Lines end only here: strings hold no control characters.
  mutating func skipWhitespace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0D: offset += 1
      case 0x0A:
        offset += 1
        line += 1
        lineStart = offset
      default: return
      }
    }
  }

  /// Reads a number and returns its spelling: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`.
  mutating func readNumber() throws(JSONError) -> String {
    let start = offset
    let startPlace = place
    let negative = byte == UInt8(ascii: "-")
    if negative { offset += 1 }
    guard let first = byte, isDigit(first) else {
      // These are numbers to other readers, so the message says more than "not a value".
      if negative || byte.map("+.NI".utf8.contains) == true {
        throw .number(startPlace, expected: "a JSON number", found: found)
      }
      throw .syntax(startPlace, expected: "a value", found: found)
    }
    offset += 1
    if first == UInt8(ascii: "0") {
      if let byte, isDigit(byte) { throw .number(startPlace, expected: "no leading zero", found: "0 and more digits") }
    } else {
      skipDigits()
    }
    if byte == UInt8(ascii: ".") {
      offset += 1
      try requireDigits(startPlace)
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      offset += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
      try requireDigits(startPlace)
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func skipDigits() {
    while offset < bytes.count, isDigit(bytes[offset]) { offset += 1 }
  }

  private mutating func requireDigits(_ start: JSONPlace) throws(JSONError) {
    guard let byte, isDigit(byte) else { throw .number(start, expected: "a digit", found: found) }
    skipDigits()
  }
}
