// Numbers and strings inside of tags.
extension TemplateLexer {
  /// A decimal number: an integer, or a float with a fraction, an exponent or both. `_` may separate digits.
  mutating func readNumber() throws -> TemplateToken.Kind {
    let start = offset
    // After a dot, digits are an index (`list.0.1`).
    let isIndex = start > 0 && source[start - 1] == dot
    if let value = try readRadix() { return .integer(value) }
    skipDigits()
    var isFloat = false
    if !isIndex {
      if offset + 1 < source.count, source[offset] == dot, isDigit(source[offset + 1]) {
        offset += 1
        skipDigits()
        isFloat = true
      }
      if let exponent = exponentDigits() {
        offset = exponent
        skipDigits()
        isFloat = true
      }
    }
    let digits = text(start..<offset).replacing("_", with: "")
    if isFloat, let value = Double(digits) { return .float(value) }
    guard digits.utf8.first != UInt8(ascii: "0") || digits.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else {
      throw TemplateFailure(.syntax, expected: "no leading zero", digits, at: position(start))
    }
    guard let value = Int(digits) else {
      throw TemplateFailure(.unsupported, "an integer of more than 64 bits", at: position(start))
    }
    return .integer(value)
  }

  /// `0x1F`, `0o17`, `0b11`; nil for what is none of them.
  private mutating func readRadix() throws -> Int? {
    guard source[offset] == UInt8(ascii: "0"), offset + 1 < source.count,
      let radix = [UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2][source[offset + 1] | 0x20]
    else { return nil }
    let start = offset
    var end = offset + 2
    var digits = ""
    while end < source.count {
      let isBetween = source[end] == UInt8(ascii: "_") && end + 1 < source.count
      let byte = isBetween ? source[end + 1] : source[end]
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { break }
      digits.append(Character(Unicode.Scalar(byte)))
      end += isBetween ? 2 : 1
    }
    guard !digits.isEmpty else { return nil }
    offset = end
    guard let value = Int(digits, radix: radix) else {
      throw TemplateFailure(.unsupported, "an integer of more than 64 bits", at: position(start))
    }
    return value
  }

  private mutating func skipDigits() {
    while offset < source.count,
      isDigit(source[offset])
        || source[offset] == UInt8(ascii: "_") && offset + 1 < source.count && isDigit(source[offset + 1])
    {
      offset += 1
    }
  }

  /// Where the digits of an exponent begin, if one is here.
  private func exponentDigits() -> Int? {
    guard offset < source.count, source[offset] | 0x20 == UInt8(ascii: "e") else { return nil }
    var next = offset + 1
    if next < source.count, source[next] == UInt8(ascii: "+") || source[next] == UInt8(ascii: "-") { next += 1 }
    return next < source.count && isDigit(source[next]) ? next : nil
  }

  /// A string in quotes, with Python's escapes: jinja2 decodes the text with the codec `unicode-escape`.
  mutating func readString() throws -> String {
    let start = offset
    let quote = source[offset]
    offset += 1
    var bytes: [UInt8] = []
    while offset < source.count {
      let byte = source[offset]
      offset += 1
      if byte == quote { return String(decoding: bytes, as: UTF8.self) }
      if byte == backslash, offset < source.count {
        try readEscape(into: &bytes)
      } else {
        bytes.append(byte)
      }
    }
    throw TemplateFailure(.syntax, expected: "the end of a string", "the end of the template", at: position(start))
  }

  private mutating func readEscape(into bytes: inout [UInt8]) throws {
    let start = offset - 1
    let byte = source[offset]
    offset += 1
    switch byte {
    case 0x0A: break
    case backslash, UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(byte)
    case UInt8(ascii: "a"): bytes.append(0x07)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "v"): bytes.append(0x0B)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      offset -= 1
      try add(readDigits(radix: 8, upTo: 3), from: start, to: &bytes)
    case UInt8(ascii: "x"): try add(readDigits(radix: 16, exactly: 2, from: start), from: start, to: &bytes)
    case UInt8(ascii: "u"): try add(readDigits(radix: 16, exactly: 4, from: start), from: start, to: &bytes)
    case UInt8(ascii: "U"): try add(readDigits(radix: 16, exactly: 8, from: start), from: start, to: &bytes)
    case UInt8(ascii: "N"): throw TemplateFailure(.unsupported, "a character by name (\\N)", at: position(start))
    case 0x80...: addEscaped(into: &bytes)
    default: bytes += [backslash, byte]
    }
  }

  /// What the codec makes of a backslash before a character that is not ASCII: the character was an escape itself by
  /// then, so that its backslash is the one that is escaped.
  private mutating func addEscaped(into bytes: inout [UInt8]) {
    let scalar = String(decoding: source[(offset - 1)...].prefix(4), as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
    offset += String(scalar).utf8.count - 1
    let hex = String(scalar.value, radix: 16)
    let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
    bytes += Array(("\\" + letter + String(repeating: "0", count: width - hex.utf8.count) + hex).utf8)
  }

  private mutating func readDigits(radix: Int, exactly count: Int, from start: Int) throws -> UInt32 {
    let begin = offset
    let value = readDigits(radix: radix, upTo: count)
    guard offset == begin + count else {
      throw TemplateFailure(.syntax, expected: "\(count) hexadecimal digits", text(start..<offset), at: position(start))
    }
    return value
  }

  private mutating func readDigits(radix: Int, upTo count: Int) -> UInt32 {
    var value: UInt32 = 0
    var left = count
    while left > 0, offset < source.count,
      let digit = Character(Unicode.Scalar(source[offset])).hexDigitValue, digit < radix
    {
      value = value &* UInt32(radix) &+ UInt32(digit)
      offset += 1
      left -= 1
    }
    return value
  }

  private func add(_ value: UInt32, from start: Int, to bytes: inout [UInt8]) throws {
    guard let scalar = Unicode.Scalar(value) else {
      throw TemplateFailure(.syntax, expected: "a character", text(start..<offset), at: position(start))
    }
    bytes += Array(String(scalar).utf8)
  }
}

private let dot = UInt8(ascii: ".")
private let backslash = UInt8(ascii: "\\")
