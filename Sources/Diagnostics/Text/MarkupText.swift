/// HTML or SVG under construction, as UTF-8 bytes. Text that comes from a file goes in by ``text(_:)`` and nothing else.
package struct MarkupText {
  /// The document so far, UTF-8.
  package private(set) var bytes: [UInt8] = []

  /// An empty document.
  package init() {}

  /// Our own markup, unchanged.
  package mutating func markup(_ markup: String) { bytes.append(contentsOf: markup.utf8) }

  /// Text of any origin. What markup gives a meaning is escaped; what is invisible, or turns the direction of what
  /// follows, is shown as `\u{…}`: a name must look like what it is.
  package mutating func text(_ text: String) {
    // Nearly every name is plain.
    if text.utf8.allSatisfy(MarkupText.isPlain) {
      bytes.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": markup("&amp;")
      case "<": markup("&lt;")
      case ">": markup("&gt;")
      case "\"": markup("&quot;")
      case "'": markup("&#39;")
      default:
        if MarkupText.isHidden(scalar) {
          markup("\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}")
        } else {
          bytes.append(contentsOf: String(scalar).utf8)
        }
      }
    }
  }

  /// An element with text of any origin in it.
  package mutating func element(_ name: String, _ content: String, attributes: String = "") {
    markup("<\(name)\(attributes)>")
    text(content)
    markup("</\(name)>")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): false
    default: (0x20..<0x7F).contains(byte)
    }
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: true
    default: false
    }
  }
}
