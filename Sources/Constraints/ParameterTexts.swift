import StrictJSON

// What is written for a parameter is a text, and is read as the JSON that it spells where that is a value of the schema.
extension SchemaCompiler {
  /// Refuses a parameter that is a text or a container of which the reader cannot say whether it is one: patterns and
  /// formats are not looked at again, and a text that looks like such a container would be taken for one.
  func checkTexts(_ place: Place) throws(ConstraintError) {
    var leaves: [Place] = []
    try addLeaves(place, &leaves)
    let said = leaves.map { leaf in (leaf.schema.members ?? []).map(\.key).filter { !Self.isRemark($0) } }
    // Where anything is allowed, every reading is.
    guard said.allSatisfy({ !$0.isEmpty }), leaves.contains(where: { Self.isText($0.schema) }) else { return }
    for leaf in leaves where !Self.isText(leaf.schema) {
      var seen: Set<String> = []
      guard let word = patternWord(leaf, leaf.schema, &seen) else { continue }
      throw ConstraintError(
        leaf.pointer, "has a \(word) in it, which is not held to beside a text in the calls of this model")
    }
  }

  private static func isText(_ schema: JSONValue) -> Bool {
    guard let type = schema["type"], schema["enum"] == nil, schema["const"] == nil else { return false }
    return (type.arrayValue ?? [type]).contains("string")
  }

  /// The schemas that a parameter can have, one of which it has. They are as few as its ways, which were counted.
  private func addLeaves(_ place: Place, _ leaves: inout [Place]) throws(ConstraintError) {
    guard place.depth <= Self.mostDepth, leaves.count < Self.mostParts else { return }
    if let reference = place.schema["$ref"] { return try addLeaves(try resolved(reference, place), &leaves) }
    let isOne = place.schema["allOf"]?.arrayValue?.count == 1
    for key in isOne ? ["anyOf", "oneOf", "allOf"] : ["anyOf", "oneOf"] where place.schema[key] != nil {
      for part in try list(key, place) { try addLeaves(part, &leaves) }
      return
    }
    leaves.append(place)
  }

  /// A word of patterns that a schema has anywhere.
  private func patternWord(_ place: Place, _ schema: JSONValue, _ seen: inout Set<String>) -> String? {
    for member in schema.members ?? [] where !Self.isRemark(member.key) && !["enum", "const"].contains(member.key) {
      // A property may have such a name, and has a schema.
      if ["pattern", "format"].contains(member.key), member.value.stringValue != nil { return member.key }
      var inner = member.value
      if member.key == "$ref", let pointer = inner.stringValue {
        guard seen.insert(pointer).inserted, let found = try? resolved(inner, place) else { continue }
        inner = found.schema
      }
      for part in [inner] + (inner.arrayValue ?? []) {
        if let word = patternWord(place, part, &seen) { return word }
      }
    }
    return nil
  }
}
