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
    // As many parts as a parameter that calls are held to can have, and what leads to them.
    var steps = 4_096
    if let schema { read(schema, &steps, 0) }
  }

  /// Whether nothing but a string is allowed, or nothing is said.
  var isOnlyString: Bool { types == ["string"] && choices.isEmpty }
  /// Whether the schema says nothing.
  var isOpen: Bool { types.isEmpty && choices.isEmpty }

  /// The schema of a member: where several say something of it, what any of them allows.
  func property(_ key: String) -> JSONValue? {
    let name = UTF8Name(key)
    let found = properties.filter { UTF8Name($0.key) == name }.map(\.value)
    return found.count > 1 ? .object([("anyOf", .array(found))]) : found.first
  }

  private mutating func read(_ schema: JSONValue, _ steps: inout Int, _ depth: Int) {
    // References may form a circle.
    guard steps > 0, depth <= 64, schema.members != nil else { return }
    steps -= 1
    if let reference = schema["$ref"], let target = SchemaPointer.resolved(reference, in: root) {
      read(target, &steps, depth + 1)
    }
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
      for part in schema[key]?.arrayValue ?? [] { read(part, &steps, depth + 1) }
    }
  }
}
