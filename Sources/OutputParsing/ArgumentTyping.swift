import StrictJSON

/// Makes a JSON value of the text that a model wrote for a parameter, by the declared schema: `5` is a number where a
/// number is declared, and a text where a text is.
package struct ArgumentTyping: Sendable {
  private let schema: JSONValue

  /// - Parameter schema: The schema of all arguments; nil where none is declared.
  package init(_ schema: JSONValue?) { self.schema = schema ?? .object([]) }

  private func types(_ key: String) -> SchemaTypes { types(SchemaTypes(schema, root: schema).property(key)) }

  private func types(_ schema: JSONValue?) -> SchemaTypes { SchemaTypes(schema, root: self.schema) }

  /// Whether the value of a parameter is text whatever it says, so that it need not be awaited.
  /// - Parameters:
  ///   - key: The parameter.
  ///   - first: The first byte of its value.
  package func isText(_ key: String, first: UInt8) -> Bool {
    let types = types(key)
    return types.isOnlyString || types.isOpen && first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
  }

  /// The value of a whole text.
  package func value(_ key: String, _ text: String) -> JSONValue {
    let property = SchemaTypes(schema, root: schema).property(key)
    let types = types(property)
    if types.isOpen {
      let isContainer = text.utf8.first == UInt8(ascii: "{") || text.utf8.first == UInt8(ascii: "[")
      return isContainer ? Self.strict(text) ?? .string(text) : .string(text)
    }
    if types.isOnlyString { return .string(text) }
    var validity = SchemaValidity(root: schema)
    return typed(text, property ?? .object([]), types, &validity)
  }

  /// What a text is read as: the first of its readings that is a value of the schema. Of one that has none the first is
  /// taken: the tool can say what is wrong with it.
  private func typed(
    _ text: String, _ schema: JSONValue, _ types: SchemaTypes, _ validity: inout SchemaValidity
  ) -> JSONValue {
    let found = readings(text, types)
    var several: JSONValue?
    for value in found {
      let verdict = validity.verdict(value, schema)
      if verdict >= .unknown { return value }
      if verdict == .several { several = several ?? value }
    }
    if let several { return several }
    // What is too much to be looked at stays as it was written.
    if validity.isExhausted { return types.types.contains("string") ? .string(text) : found[0] }
    return found[0].members == nil && found[0].arrayValue == nil ? found[0] : coerced(found[0], schema, &validity)
  }

  /// What a text can be read as; never empty. The choices that it spells, then what it is by the types that the schema
  /// allows in the order null, integer, number, boolean, object, array, string.
  private func readings(_ text: String, _ types: SchemaTypes) -> [JSONValue] {
    var found = types.choices.filter { Self.spelling($0) == Array(text.utf8) }
    let trimmed = Self.trimmed(text)
    let word = trimmed.lowercased()
    let allows = types.types.contains
    if allows("null"), word == "null" { found.append(.null) }
    if allows("integer"), Self.isInteger(trimmed) { found.append(JSONValue(.number(trimmed))) }
    if allows("number"), let number = Self.number(trimmed) { found.append(number) }
    let isDigit = trimmed == "1" || trimmed == "0"
    if allows("boolean") {
      if word == "true" || word == "false" { found.append(.bool(word == "true")) }
      // A digit is no truth where it can be a text.
      if isDigit, !allows("string") { found.append(.bool(trimmed == "1")) }
    }
    // Values that are named one by one may be containers that are spelled in another way.
    let first = trimmed.utf8.first
    let isObject = first == UInt8(ascii: "{") && (allows("object") || types.choices.contains { $0.members != nil })
    let isArray = first == UInt8(ascii: "[") && (allows("array") || types.choices.contains { $0.arrayValue != nil })
    guard isObject || isArray else { return found + [.string(text)] }
    let mayBeText = allows("string") || types.choices.contains { $0.stringValue != nil }
    if mayBeText, let value = Self.strict(text) { return found + [value, .string(text)] }
    // What a strict reader refuses is a text sooner than a container, where it can be one.
    let written = JSONText.written(Array(text.utf8)).map { [$0] } ?? []
    return found + (mayBeText ? [.string(text)] + written : written + [.string(text)])
  }

  /// A value of which strings inside are typed, too, where the schema allows no string there. What is a value of its
  /// schema stays as it is.
  private func coerced(_ value: JSONValue, _ schema: JSONValue?, _ validity: inout SchemaValidity) -> JSONValue {
    guard let schema, !validity.isExhausted, validity.verdict(value, schema) == .no, !validity.isExhausted else {
      return value
    }
    let types = types(schema)
    switch value.content {
    case .object(var members):
      for index in members.indices {
        members[index].value = coerced(members[index].value, types.property(members[index].key), &validity)
      }
      return JSONValue(.object(members))
    case .array(let elements): return .array(elements.map { coerced($0, types.items, &validity) })
    case .string(let text) where !types.isOpen && !types.types.contains("string"):
      return typed(text, schema, types, &validity)
    default: return value
    }
  }

  /// The JSON that a text is, no key twice and not nested deeply.
  private static func strict(_ text: String) -> JSONValue? {
    try? JSONValue.parse(Array(text.utf8), file: "argument", maxValues: 1 << 16)
  }

  /// How a choice of a schema is spelled by a model: a string as it is, anything else as JSON.
  private static func spelling(_ value: JSONValue) -> [UInt8] {
    value.stringValue.map { Array($0.utf8) } ?? JSONWriter.compact(value)
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let bytes = Array(text.utf8)
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// A whole number of any length, as JSON spells it.
  private static func isInteger(_ text: String) -> Bool {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    return first != 0x30 || digits.count == 1
  }

  /// A number that JSON can spell, in its original spelling.
  private static func number(_ text: String) -> JSONValue? {
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { return nil }
    guard let value = try? JSONValue.parse(Array(text.utf8), file: "argument", maxValues: 1),
      case .number = value.content, value.doubleValue != nil
    else { return nil }
    return value
  }
}
