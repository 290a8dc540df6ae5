/// Writes JSON values as UTF-8 bytes. The same value always yields the same bytes.
///
/// Strings escape only what must be escaped: `"`, `\` and control characters below U+0020. Numbers keep their spelling.
public enum JSONWriter {
  /// The canonical form: members sorted by the UTF-8 bytes of their keys, no white space, no line end.
  public static func canonical(_ value: JSONValue) -> [UInt8] {
    var output = Output(indent: nil, sorted: true)
    output.write(value, level: 0)
    return output.bytes
  }

  /// One line without white space, members in their order: what goes over a wire.
  public static func compact(_ value: JSONValue) -> [UInt8] {
    var output = Output(indent: nil, sorted: false)
    output.write(value, level: 0)
    return output.bytes
  }

  /// The form for people: two spaces a level, one member or element a line, one line end at the end.
  /// - Parameters:
  ///   - value: The value.
  ///   - sorted: Whether members are sorted by the UTF-8 bytes of their keys; else they keep their order.
  public static func pretty(_ value: JSONValue, sorted: Bool = false) -> [UInt8] {
    var output = Output(indent: 2, sorted: sorted)
    output.write(value, level: 0)
    output.bytes.append(0x0A)
    return output.bytes
  }

  /// Appends a string with its quotes and escapes.
  public static func append(_ text: String, to bytes: inout [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x08: bytes += Array(#"\b"#.utf8)
      case 0x09: bytes += Array(#"\t"#.utf8)
      case 0x0A: bytes += Array(#"\n"#.utf8)
      case 0x0C: bytes += Array(#"\f"#.utf8)
      case 0x0D: bytes += Array(#"\r"#.utf8)
      case 0..<0x20: bytes += Array(#"\u00"#.utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

private struct Output {
  /// Spaces a level; nil for no white space at all.
  let indent: Int?
  let sorted: Bool
  var bytes: [UInt8] = []

  mutating func write(_ value: JSONValue, level: Int) {
    switch value.content {
    case .null: bytes += Array("null".utf8)
    case .bool(let flag): bytes += Array((flag ? "true" : "false").utf8)
    case .number(let spelling): bytes += Array(spelling.utf8)
    case .string(let text): JSONWriter.append(text, to: &bytes)
    case .array(let elements):
      container("[", "]", elements, level) { output, element in output.write(element, level: level + 1) }
    case .object(let members):
      let ordered = sorted ? members.sorted { UTF8Name($0.key) < UTF8Name($1.key) } : members
      container("{", "}", ordered, level) { output, member in
        JSONWriter.append(member.key, to: &output.bytes)
        output.bytes.append(UInt8(ascii: ":"))
        if output.indent != nil { output.bytes.append(0x20) }
        output.write(member.value, level: level + 1)
      }
    }
  }

  private mutating func container<T>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ items: [T], _ level: Int, _ write: (inout Output, T) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newLine(level + 1)
      write(&self, item)
    }
    if !items.isEmpty { newLine(level) }
    bytes.append(UInt8(ascii: close))
  }

  private mutating func newLine(_ level: Int) {
    guard let indent else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: level * indent))
  }
}
