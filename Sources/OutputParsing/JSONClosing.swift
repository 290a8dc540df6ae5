import StrictJSON

/// What makes a JSON object whole that was cut.
enum JSONClosing {
  /// Whether bytes are one whole object.
  static func isObject(_ bytes: [UInt8]) -> Bool {
    (try? JSONValue.parse(bytes, file: "arguments", maxValues: 1 << 16))?.members != nil
  }

  /// Quotes and brackets that are missing at the end; nil where more than these is missing.
  static func closing(of bytes: [UInt8]) -> String? {
    var open: [UInt8] = []
    var (isInString, isEscaped) = (false, false)
    for byte in bytes {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard open.popLast() == byte else { return nil }
      default: break
      }
    }
    var text: [UInt8] = isEscaped ? [UInt8(ascii: "\\")] : []
    if isInString { text.append(UInt8(ascii: "\"")) }
    text += open.reversed()
    return isObject(bytes + text) ? String(decoding: text, as: UTF8.self) : nil
  }
}
