extension TemplateValue {
  /// Python's `str`: what `{{ value }}` writes.
  func text(_ budget: Budget) throws -> String {
    switch self {
    case .undefined: return ""
    case .string(let text): return text.string
    default:
      var out = ""
      try writeRepresentation(into: &out, budget)
      return out
    }
  }

  /// Python's `repr`: what `%r` and `{!r}` write.
  func representation(_ budget: Budget) throws -> String {
    var out = ""
    try writeRepresentation(into: &out, budget)
    return out
  }

  /// Python's `repr`, which lists and mappings show their elements by.
  private func writeRepresentation(into out: inout String, _ budget: Budget) throws {
    try budget.step()
    switch self {
    case .none: out += "None"
    case .bool(let flag): out += flag ? "True" : "False"
    case .integer(let value): out += String(value)
    case .wideInteger(let spelling): out += spelling
    case .float(let value): out += PythonFloat.text(value)
    case .string(let text):
      guard !text.isSafe else { throw TemplateFailure(.unsupported, "a list with safe text, written as text") }
      try budget.spend(text.string.utf8.count)
      out += Self.quoted(text.string)
    case .list(let list):
      try Self.write(list.elements, "[", "]", into: &out) { try $0.writeRepresentation(into: &$1, budget) }
    case .tuple(let list):
      try Self.write(list.elements, "(", list.elements.count == 1 ? ",)" : ")", into: &out) {
        try $0.writeRepresentation(into: &$1, budget)
      }
    case .mapping(let mapping):
      try Self.write(mapping.members, "{", "}", into: &out) {
        $1 += Self.quoted($0.key) + ": "
        try budget.spend($0.key.utf8.count)
        try $0.value.writeRepresentation(into: &$1, budget)
      }
    case .undefined: out += "Undefined"
    case .loop(let loop): out += "<LoopContext \(loop.index + 1)/\(loop.elements.count)>"
    case .iterator, .namespace, .macro, .function, .method, .cycler, .joiner:
      throw TemplateFailure(.unsupported, "\(typeName) written as text")
    }
  }

  private static func write<T>(
    _ items: [T], _ open: String, _ close: String, into out: inout String, _ write: (T, inout String) throws -> Void
  ) throws {
    out += open
    for (index, item) in items.enumerated() {
      if index > 0 { out += ", " }
      try write(item, &out)
    }
    out += close
  }

  /// A string in quotes: single ones, unless it holds single ones and no double ones.
  private static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
    var out = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case quote, "\\": out += "\\" + String(scalar)
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where isPrintable(scalar): out.unicodeScalars.append(scalar)
      default:
        let hex = String(scalar.value, radix: 16)
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        out += "\\" + letter + String(repeating: "0", count: width - hex.utf8.count) + hex
      }
    }
    return out + String(quote)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    return switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
