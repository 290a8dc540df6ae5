import StrictJSON

/// What a document breaks of a JSON Schema (2020-12), for the words of it that ours use; another word is a problem itself.
package struct JSONSchema {
  private let root: JSONValue
  /// Words that say something to people alone.
  private static let notes: Set<String> = [
    "$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default",
  ]

  package init(_ root: JSONValue) { self.root = root }

  /// The problems of a document, each with its place.
  package func problems(of value: JSONValue) -> [String] { check(value, root, "") }

  private func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
    if let truth = schema.boolValue { return truth ? [] : ["\(place): is not allowed"] }
    guard let members = schema.members else { return ["\(place): a schema that is no object"] }
    return members.flatMap { member -> [String] in
      JSONSchema.notes.contains(member.key) ? [] : check(value, member.key, member.value, schema, place)
    }
  }

  private func check(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ schema: JSONValue, _ place: String
  ) -> [String] {
    switch word {
    case "$ref":
      reference(rule).map { check(value, $0, place) } ?? ["\(place): a reference to nothing, \(rule.typeName)"]
    case "type": isOf(value, rule) ? [] : ["\(place): \(value.typeName) is no \(types(rule).joined(separator: " or "))"]
    case "const": value == rule ? [] : ["\(place): \(value.typeName) is not \(rule.typeName)"]
    case "enum": rule.arrayValue?.contains(value) == true ? [] : ["\(place): \(value.typeName) is not one of its words"]
    case "anyOf", "oneOf", "allOf", "not", "if": combination(value, word, rule, schema, place)
    // Looked at with what they belong to.
    case "then", "else": []
    case "required", "properties", "additionalProperties", "propertyNames": object(value, word, rule, schema, place)
    case "items", "minItems", "maxItems", "uniqueItems": array(value, word, rule, place)
    case "minimum", "maximum", "exclusiveMinimum", "pattern", "minLength": scalar(value, word, rule, place)
    default: ["\(place): the schema says \(word), which is not known here"]
    }
  }

  private func reference(_ rule: JSONValue) -> JSONValue? {
    let prefix = "#/$defs/"
    guard let text = rule.stringValue, text.hasPrefix(prefix) else { return nil }
    return root["$defs"]?[String(text.dropFirst(prefix.count))]
  }

  private func types(_ rule: JSONValue) -> [String] {
    rule.arrayValue?.compactMap(\.stringValue) ?? [rule.stringValue ?? "type of a schema"]
  }

  private func isOf(_ value: JSONValue, _ rule: JSONValue) -> Bool {
    types(rule).contains { type in
      switch (type, value.content) {
      case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
        ("object", .object):
        true
      case ("integer", .number): value.intValue != nil
      default: false
      }
    }
  }

  private func combination(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ schema: JSONValue, _ place: String
  ) -> [String] {
    if word == "not" { return check(value, rule, place).isEmpty ? ["\(place): is what it must not be"] : [] }
    if word == "if" {
      let next = schema[check(value, rule, place).isEmpty ? "then" : "else"]
      return next.map { check(value, $0, place) } ?? []
    }
    let found = (rule.arrayValue ?? []).map { check(value, $0, place) }
    let fitting = found.count { $0.isEmpty }
    switch word {
    case "allOf": return found.flatMap { $0 }
    case "oneOf" where fitting > 1: return ["\(place): fits \(fitting) of one"]
    default:
      guard fitting == 0 else { return [] }
      // What fits best says most.
      return ["\(place): fits none of \(found.count)"] + (found.min { $0.count < $1.count } ?? [])
    }
  }

  private func object(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ schema: JSONValue, _ place: String
  ) -> [String] {
    guard let members = value.members else { return [] }
    switch word {
    case "required":
      return (rule.arrayValue ?? []).compactMap(\.stringValue).filter { value[$0] == nil }.map {
        "\(place): lacks \($0)"
      }
    case "properties":
      return members.flatMap { member in
        rule[member.key].map { check(member.value, $0, "\(place)/\(member.key)") } ?? []
      }
    case "propertyNames":
      return members.flatMap { check(.string($0.key), rule, "\(place)/\($0.key)") }
    default:
      let listed = schema["properties"]
      return members.filter { listed?[$0.key] == nil }.flatMap { member in
        rule.boolValue == false
          ? ["\(place): \(member.key) is not in the schema"] : check(member.value, rule, "\(place)/\(member.key)")
      }
    }
  }

  private func array(_ value: JSONValue, _ word: String, _ rule: JSONValue, _ place: String) -> [String] {
    guard let elements = value.arrayValue else { return [] }
    switch word {
    case "items": return elements.enumerated().flatMap { check($1, rule, "\(place)/\($0)") }
    case "minItems": return elements.count >= rule.intValue ?? .max ? [] : ["\(place): has \(elements.count) elements"]
    case "maxItems": return elements.count <= rule.intValue ?? -1 ? [] : ["\(place): has \(elements.count) elements"]
    default:
      let isUnique = elements.indices.allSatisfy { !elements[..<$0].contains(elements[$0]) }
      return isUnique ? [] : ["\(place): has an element twice"]
    }
  }

  private func scalar(_ value: JSONValue, _ word: String, _ rule: JSONValue, _ place: String) -> [String] {
    if let text = value.stringValue {
      if word == "minLength" {
        return text.unicodeScalars.count >= rule.intValue ?? .max ? [] : ["\(place): is too short"]
      }
      guard word == "pattern" else { return [] }
      guard let pattern = rule.stringValue.flatMap({ try? Regex<AnyRegexOutput>($0) }) else {
        return ["\(place): a pattern that is none"]
      }
      return text.firstMatch(of: pattern) == nil ? ["\(place): \(text.prefix(80)) has another form"] : []
    }
    guard case .number = value.content, let limit = rule.doubleValue else { return [] }
    // A number that is none fails all three.
    let number = value.doubleValue ?? .nan
    let fits =
      switch word {
      case "minimum": number >= limit
      case "maximum": number <= limit
      case "exclusiveMinimum": number > limit
      default: true
      }
    return fits ? [] : ["\(place): \(value.typeName) is out of range"]
  }
}
