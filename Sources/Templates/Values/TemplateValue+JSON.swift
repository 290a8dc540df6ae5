import StrictJSON

extension TemplateValue {
  /// The value that Python's `json` module reads.
  init(_ value: JSONValue) {
    switch value.content {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .number(let spelling): self = Self.number(spelling)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(TemplateList(elements.map(TemplateValue.init)))
    case .object(let members):
      self = .mapping(TemplateMapping(members.map { ($0.key, TemplateValue($0.value)) }))
    }
  }

  /// A number is an integer when it is spelled without fraction and exponent.
  private static func number(_ spelling: String) -> TemplateValue {
    guard spelling.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || ($0 >= 0x30 && $0 <= 0x39) }) else {
      return .float(Double(spelling) ?? .nan)
    }
    return Int(spelling).map(TemplateValue.integer) ?? .wideInteger(spelling)
  }
}

/// The filter `tojson` of the transformers package: `json.dumps` of Python with `ensure_ascii` off. Keys keep their
/// order, what is not ASCII stays, nothing is escaped for HTML.
struct TemplateJSONWriter {
  /// A list that is held in many places is written as often.
  let budget: Budget
  /// What is written before each line, once a level; nil for one line.
  var indent: String?
  /// Whether what is not ASCII is escaped.
  var isASCII = false
  var isSorted = false
  var itemSeparator = ", "
  var keySeparator = ": "
  private(set) var bytes: [UInt8] = []

  init(_ budget: Budget) { self.budget = budget }

  mutating func write(_ value: TemplateValue, level: Int = 0) throws {
    try budget.step()
    try budget.checkSize(bytes.count)
    switch value {
    case .none: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .integer(let number): append(String(number))
    case .wideInteger(let spelling): append(spelling)
    case .float(let number): append(number.isFinite ? PythonFloat.text(number) : Self.special(number))
    case .string(let text):
      try write(text.string)
    case .list(let list), .tuple(let list):
      try container("[", "]", list.elements, level) { writer, element in try writer.write(element, level: level + 1) }
    case .mapping(let mapping):
      let members = isSorted ? mapping.members.sorted { UTF8Name($0.key) < UTF8Name($1.key) } : mapping.members
      try container("{", "}", members, level) { writer, member in
        try writer.write(member.key)
        try writer.budget.spend(writer.keySeparator.utf8.count)
        writer.append(writer.keySeparator)
        try writer.write(member.value, level: level + 1)
      }
    default: throw TemplateFailure(.value, expected: "a value that JSON has", value.typeName)
    }
  }

  private mutating func container<T>(
    _ open: String, _ close: String, _ items: [T], _ level: Int,
    _ write: (inout TemplateJSONWriter, T) throws -> Void
  ) throws {
    append(open)
    for (index, item) in items.enumerated() {
      try budget.spend(itemSeparator.utf8.count)
      if index > 0 { append(itemSeparator) }
      try newLine(level + 1)
      try write(&self, item)
    }
    if !items.isEmpty { try newLine(level) }
    append(close)
  }

  private mutating func newLine(_ level: Int) throws {
    guard let indent else { return }
    try budget.spend(1 + level * indent.utf8.count)
    try budget.checkSize(bytes.count + 1 + level * indent.utf8.count)
    bytes.append(0x0A)
    for _ in 0..<level { append(indent) }
  }

  /// A string in quotes. An escape takes up to six bytes for one.
  private mutating func write(_ text: String) throws {
    try budget.spend(text.utf8.count)
    // Before it is there: the text as a whole is one value, which is made in steps.
    try budget.checkSize(bytes.count + text.utf8.count)
    guard isASCII else {
      var controls = 0
      for byte in text.utf8 where byte < 0x20 || byte == 0x22 || byte == 0x5C { controls += 1 }
      try budget.spend(controls * 5)
      try budget.checkSize(bytes.count + text.utf8.count + controls * 5)
      return JSONWriter.append(text, to: &bytes)
    }
    // In pieces, so that the escaped text is there only once.
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      if scalar.value < 0x7F, scalar.value >= 0x20, scalar != "\"", scalar != "\\" {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        continue
      }
      try budget.spend(12)
      try budget.checkSize(bytes.count)
      if scalar.value < 0x7F {
        var quoted: [UInt8] = []
        JSONWriter.append(String(scalar), to: &quoted)
        bytes.append(contentsOf: quoted.dropFirst().dropLast())
      } else {
        for unit in String(scalar).utf16 { appendEscape(unit) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscape(_ unit: UInt16) {
    let hex = String(unit, radix: 16)
    append("\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex)
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private static func special(_ number: Double) -> String {
    number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
  }
}
