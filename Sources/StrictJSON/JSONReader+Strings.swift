extension JSONReader {
  /// Reads a string, whose opening quote is the next byte, and returns its first `limit` bytes, unescaped.
  mutating func readString(upTo limit: Int = .max) throws(JSONError) -> String {
    offset += 1
    let start = offset
    scanPlain()
    if byte == UInt8(ascii: "\"") {
      offset += 1
      return String(decoding: bytes[start..<(offset - 1)].prefix(limit), as: UTF8.self)
    }
    return try readEscapedString(from: start, upTo: limit)
  }

  /// Goes to the next quote, backslash or control character, or to the end.
  private mutating func scanPlain() {
    offset = bytes.withUnsafeBufferPointer { buffer in
      var index = offset
      while index < buffer.count {
        let byte = buffer[index]
        if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
        index += 1
      }
      return index
    }
  }

  private mutating func readEscapedString(from start: Int, upTo limit: Int) throws(JSONError) -> String {
    var out = Array(bytes[start..<offset].prefix(limit))
    while let byte {
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return String(decoding: out.prefix(limit), as: UTF8.self)
      }
      guard byte == UInt8(ascii: "\\") else {
        throw .syntax(place, expected: "control characters in strings as escapes", found: found)
      }
      // What comes after the limit is read for its faults only.
      if out.count >= limit { out.removeLast(out.count - limit) }
      try readEscape(into: &out)
      let plain = offset
      scanPlain()
      if out.count < limit { out.append(contentsOf: bytes[plain..<offset].prefix(limit)) }
    }
    throw .syntax(place, expected: "the closing quote of a string", found: found)
  }

  private mutating func readEscape(into out: inout [UInt8]) throws(JSONError) {
    let start = place
    offset += 1
    guard let letter = byte else { throw .escape(start, found: "the end of the text") }
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(letter)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"): out.append(contentsOf: String(try readScalar(start)).utf8)
    default:
      offset -= 1
      throw .escape(start, found: "a backslash before \(found)")
    }
  }

  /// The scalar of `\uXXXX`, whose `\u` is read, or of a surrogate pair.
  private mutating func readScalar(_ start: JSONPlace) throws(JSONError) -> Unicode.Scalar {
    let first = try readHex(start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, byte == UInt8(ascii: "\\"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "u")
    else { throw .escape(start, found: "a lone surrogate") }
    offset += 2
    let second = try readHex(start)
    guard second >= 0xDC00, second <= 0xDFFF,
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw .escape(start, found: "a lone surrogate") }
    return scalar
  }

  /// Four hexadecimal digits.
  private mutating func readHex(_ start: JSONPlace) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw .escape(start, found: "\\u without four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}
