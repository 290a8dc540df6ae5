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
  /// Spaces a level; nil for one line.
  var indent: Int?
  var isSorted = false
  var itemSeparator = ", "
  var keySeparator = ": "
  private(set) var bytes: [UInt8] = []

  init(_ budget: Budget) { self.budget = budget }

  mutating func write(_ value: TemplateValue, level: Int = 0) throws {
    try budget.step()
    switch value {
    case .none: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .integer(let number): append(String(number))
    case .wideInteger(let spelling): append(spelling)
    case .float(let number): append(number.isFinite ? PythonFloat.text(number) : Self.special(number))
    case .string(let text):
      try budget.spend(text.string.utf8.count)
      JSONWriter.append(text.string, to: &bytes)
    case .list(let list), .tuple(let list):
      try container("[", "]", list.elements, level) { writer, element in try writer.write(element, level: level + 1) }
    case .mapping(let mapping):
      let members = isSorted ? mapping.members.sorted { UTF8Name($0.key) < UTF8Name($1.key) } : mapping.members
      try container("{", "}", members, level) { writer, member in
        try writer.budget.spend(member.key.utf8.count)
        JSONWriter.append(member.key, to: &writer.bytes)
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
      if index > 0 { append(itemSeparator) }
      newLine(level + 1)
      try write(&self, item)
    }
    if !items.isEmpty { newLine(level) }
    append(close)
  }

  private mutating func newLine(_ level: Int) {
    guard let indent else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: level * indent))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private static func special(_ number: Double) -> String {
    number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
  }
}
