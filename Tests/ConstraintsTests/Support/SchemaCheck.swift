import StrictJSON

/// Whether a value is one of a schema: a check by itself, that knows nothing of automata. It has the words that the random
/// schemas have.
enum SchemaCheck {
  static func holds(_ value: JSONValue, _ schema: JSONValue, root: JSONValue) -> Bool {
    if let isAny = schema.boolValue { return isAny }
    if let pointer = schema["$ref"]?.stringValue {
      guard pointer != "#" else { return holds(value, root, root: root) }
      let name = String(pointer.dropFirst("#/$defs/".count))
      return root["$defs"]?[name].map { holds(value, $0, root: root) } ?? false
    }
    if let choices = schema["enum"]?.arrayValue { return choices.contains(value) }
    if let ways = schema["anyOf"]?.arrayValue { return ways.contains { holds(value, $0, root: root) } }
    guard let type = schema["type"]?.stringValue else { return true }
    switch type {
    case "null": return value.isNull
    case "boolean": return value.boolValue != nil
    case "integer":
      guard let number = value.intValue else { return false }
      return (schema["minimum"]?.intValue ?? .min)...(schema["maximum"]?.intValue ?? .max) ~= number
    case "number": return value.doubleValue != nil
    case "string":
      guard let text = value.stringValue else { return false }
      let count = text.unicodeScalars.count
      return (schema["minLength"]?.intValue ?? 0)...(schema["maxLength"]?.intValue ?? .max) ~= count
    case "array":
      guard let elements = value.arrayValue,
        (schema["minItems"]?.intValue ?? 0)...(schema["maxItems"]?.intValue ?? .max) ~= elements.count
      else { return false }
      return elements.allSatisfy { holds($0, schema["items"] ?? .bool(true), root: root) }
    case "object": return holds(members: value, schema, root: root)
    default: return false
    }
  }

  private static func holds(members value: JSONValue, _ schema: JSONValue, root: JSONValue) -> Bool {
    guard let members = value.members else { return false }
    for name in schema["required"]?.arrayValue ?? [] {
      guard let name = name.stringValue, value[name] != nil else { return false }
    }
    return members.allSatisfy { member in
      if let declared = schema["properties"]?[member.key] { return holds(member.value, declared, root: root) }
      let others = schema["additionalProperties"] ?? .bool(true)
      return holds(member.value, others, root: root)
    }
  }
}
