import StrictJSON

/// Makes a JSON value of the text that a model wrote for a parameter, by the declared schema: `5` is a number where a
/// number is declared, and a text where a text is.
package struct ArgumentTyping: Sendable {
  private let schema: JSONValue

  /// - Parameter schema: The schema of all arguments; nil where none is declared.
  package init(_ schema: JSONValue?) { self.schema = schema ?? .object([]) }

  private func types(_ key: String) -> SchemaTypes {
    SchemaTypes(SchemaTypes(schema, root: schema).property(key), root: schema)
  }

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
    let types = types(key)
    if types.isOpen {
      let isContainer = text.utf8.first == UInt8(ascii: "{") || text.utf8.first == UInt8(ascii: "[")
      return isContainer ? parsed(text) ?? .string(text) : .string(text)
    }
    return typed(text, types)
  }

  /// The first type that the schema allows and the text has, in the order null, integer, number, boolean, object, array,
  /// string. A text that has none of them is a string: the tool can say what is wrong with it.
  private func typed(_ text: String, _ types: SchemaTypes) -> JSONValue {
    if let choice = types.choices.first(where: { Self.spelling($0) == Array(text.utf8) }) { return choice }
    let trimmed = Self.trimmed(text)
    let word = trimmed.lowercased()
    let allows = types.types.contains
    if allows("null"), word == "null" { return .null }
    if allows("integer"), Self.isInteger(trimmed) { return JSONValue(.number(trimmed)) }
    if allows("number"), let number = Self.number(trimmed) { return number }
    if allows("boolean") {
      if word == "true" || word == "1" { return .bool(true) }
      if word == "false" || word == "0" { return .bool(false) }
    }
    if allows("object") || allows("array"), let value = parsed(text) {
      if allows("object"), value.members != nil { return coerced(value, types) }
      if allows("array"), value.arrayValue != nil { return coerced(value, types) }
    }
    return .string(text)
  }

  /// A value of which strings inside are typed, too, where the schema allows no string there.
  private func coerced(_ value: JSONValue, _ types: SchemaTypes) -> JSONValue {
    switch value.content {
    case .object(let members):
      return JSONValue(
        .object(
          members.map { member in
            let inner = SchemaTypes(types.property(member.key), root: schema)
            return JSONValue.Member(key: member.key, value: coerced(member.value, inner))
          }))
    case .array(let elements):
      let inner = SchemaTypes(types.items, root: schema)
      return .array(elements.map { coerced($0, inner) })
    case .string(let text) where !types.isOpen && !types.types.contains("string"): return typed(text, types)
    default: return value
    }
  }

  private func parsed(_ text: String) -> JSONValue? {
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
