import StrictJSON

/// What a JSON schema says of the type of one value, as far as arguments are typed by it.
struct SchemaTypes {
  /// The names of types that the schema allows; empty where it says nothing.
  private(set) var types: Set<String> = []
  /// The values that it names one by one; empty where it names none.
  private(set) var choices: [JSONValue] = []
  /// For an object: the schemas of its members; for an array: that of its elements.
  private var properties: [JSONValue.Member] = []
  private(set) var items: JSONValue?
  private let root: JSONValue

  /// - Parameters:
  ///   - schema: The schema of the value; nil where there is none.
  ///   - root: The schema that `$ref` points into.
  init(_ schema: JSONValue?, root: JSONValue) {
    self.root = root
    var steps = 64
    if let schema { read(schema, &steps) }
  }

  /// Whether nothing but a string is allowed, or nothing is said.
  var isOnlyString: Bool { types == ["string"] && choices.isEmpty }
  /// Whether the schema says nothing.
  var isOpen: Bool { types.isEmpty && choices.isEmpty }

  /// The schema of a member.
  func property(_ key: String) -> JSONValue? { JSONValue(.object(properties))[key] }

  private mutating func read(_ schema: JSONValue, _ steps: inout Int) {
    // References may form a circle.
    guard steps > 0, schema.members != nil else { return }
    steps -= 1
    if let target = schema["$ref"]?.stringValue.flatMap(resolved) { read(target, &steps) }
    if let name = schema["type"]?.stringValue { types.insert(name) }
    for name in schema["type"]?.arrayValue ?? [] { if let name = name.stringValue { types.insert(name) } }
    if schema["nullable"]?.boolValue == true { types.insert("null") }
    if let members = schema["properties"]?.members {
      properties += members
      if schema["type"] == nil { types.insert("object") }
    }
    if let items = schema["items"] {
      self.items = self.items ?? items
      if schema["type"] == nil { types.insert("array") }
    }
    if let value = schema["const"] { choices.append(value) }
    choices += schema["enum"]?.arrayValue ?? []
    for key in ["anyOf", "oneOf", "allOf"] {
      for part in schema[key]?.arrayValue ?? [] { read(part, &steps) }
    }
  }

  /// The schema that a pointer into the same document names.
  private func resolved(_ pointer: String) -> JSONValue? {
    guard pointer.hasPrefix("#") else { return nil }
    var value: JSONValue? = root
    for step in pointer.dropFirst().split(separator: "/") {
      let key = String(step.replacing("~1", with: "/").replacing("~0", with: "~"))
      value =
        value?[key]
        ?? JSONInteger.natural(key).flatMap { index in
          value?.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : Optional.none }
        }
    }
    return value
  }
}
