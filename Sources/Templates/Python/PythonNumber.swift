/// Numbers as Python reads them.
enum PythonNumber {
  /// `float(text)`; nil where Python refuses it.
  static func float(_ text: String) -> Double? {
    let bytes = Array(trimmed(text).utf8)
    // Swift reads hexadecimal floats too, and Python underscores between digits.
    guard !bytes.isEmpty, !bytes.contains(where: { $0 | 0x20 == UInt8(ascii: "x") || $0 >= 0x80 }) else { return nil }
    guard let plain = withoutUnderscores(bytes[...], radix: 10) else { return nil }
    let name = String(decoding: plain, as: UTF8.self).lowercased()
    let unsigned = name.hasPrefix("-") || name.hasPrefix("+") ? String(name.dropFirst()) : name
    if ["inf", "infinity", "nan"].contains(unsigned) {
      let value = unsigned == "nan" ? Double.nan : Double.infinity
      return name.hasPrefix("-") ? -value : value
    }
    guard !unsigned.contains(where: { !"0123456789.e+-".contains($0) }) else { return nil }
    let filled = unsigned.hasPrefix(".") ? "0" + unsigned : unsigned.replacing(".e", with: ".0e")
    let whole = filled.hasSuffix(".") ? filled + "0" : filled
    guard let value = Double(whole) else { return nil }
    return name.hasPrefix("-") ? -value : value
  }

  /// `int(text, base)`; nil where Python refuses it.
  /// - Throws: what is not covered: digits beside ASCII, and integers of more than 64 bits.
  static func integer(_ text: String, base: Int) throws -> Int? {
    var digits = Array(trimmed(text).utf8)[...]
    guard digits.allSatisfy({ $0 < 0x80 }) else {
      guard text.unicodeScalars.contains(where: { $0.value >= 0x80 && $0.properties.numericType == .decimal }) else {
        return nil
      }
      throw TemplateFailure(.unsupported, "an integer in digits that are not ASCII")
    }
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    var radix = base
    let prefixes: [UInt8: Int] = [UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2]
    if digits.count > 2, digits.first == UInt8(ascii: "0"), let found = prefixes[digits[digits.startIndex + 1] | 0x20],
      base == 0 || base == found
    {
      radix = found
      digits = digits.dropFirst(2)
      if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
    } else if base == 0 {
      radix = 10
      let isZero = digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "_") }
      guard digits.first != UInt8(ascii: "0") || isZero else { return nil }
    }
    guard let plain = withoutUnderscores(digits, radix: radix), !plain.isEmpty else { return nil }
    guard plain.allSatisfy({ Character(Unicode.Scalar($0)).isASCII && value(of: $0) < radix }) else { return nil }
    let spelled = (isNegative ? "-" : "") + String(decoding: plain, as: UTF8.self)
    guard let value = Int(spelled, radix: radix) else {
      throw TemplateFailure(.unsupported, "an integer of more than 64 bits")
    }
    return value
  }

  private static func value(of byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A")) + 10
    default: Int.max
    }
  }

  /// The digits without the underscores between them; nil for one that is not between two.
  private static func withoutUnderscores(_ bytes: ArraySlice<UInt8>, radix: Int) -> [UInt8]? {
    var out: [UInt8] = []
    for index in bytes.indices {
      guard bytes[index] == UInt8(ascii: "_") else {
        out.append(bytes[index])
        continue
      }
      guard index > bytes.startIndex, index + 1 < bytes.endIndex, value(of: bytes[index - 1]) < radix,
        value(of: bytes[index + 1]) < radix
      else { return nil }
    }
    return out
  }

  private static func trimmed(_ text: String) -> Substring {
    PythonSpace.trimmingEnd(Substring(text.unicodeScalars.drop(while: PythonSpace.contains)))
  }
}
