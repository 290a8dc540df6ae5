extension JSONValue {
  /// The member's value under `key`, compared by bytes; nil without one, or when this is not an object.
  /// Looks at the members one after the other.
  public subscript(key: String) -> JSONValue? {
    guard let members, let index = members.firstIndex(of: key) else { return nil }
    return members[index].value
  }

  /// The string, or nil for another type.
  public var stringValue: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// The integer, or nil for another type, for `1.0`, `1e3` and `-0`, and for values that no `Int` holds.
  public var intValue: Int? {
    if case .number(let spelling) = content { JSONInteger.exact(spelling) } else { nil }
  }

  /// The number as the nearest `Double`, or nil for another type or a value beyond the finite range.
  public var doubleValue: Double? {
    guard case .number(let spelling) = content, let value = Double(spelling), value.isFinite else { return nil }
    return value
  }

  /// The truth value, or nil for another type.
  public var boolValue: Bool? {
    if case .bool(let value) = content { value } else { nil }
  }

  /// The elements, or nil for another type.
  public var arrayValue: [JSONValue]? {
    if case .array(let elements) = content { elements } else { nil }
  }

  /// The members in order, or nil for another type.
  public var members: [Member]? {
    if case .object(let members) = content { members } else { nil }
  }

  /// Whether this is `null`.
  public var isNull: Bool { content == .null }

  /// What a person calls this value's type, for messages; short scalars are shown.
  public var typeName: String {
    switch content {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let spelling): "the number \(spelling.prefix(40))"
    case .string(let text): text.utf8.count <= 40 ? "the string \"\(text)\"" : "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension [JSONValue.Member] {
  /// Index of the member under `key`, compared by bytes.
  func firstIndex(of key: String) -> Int? {
    let name = UTF8Name(key)
    return firstIndex { UTF8Name($0.key) == name }
  }
}
