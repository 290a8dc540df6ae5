import StrictJSON

extension SchemaCompiler {
  /// A whole number that says how many, or how long.
  func count(_ key: String, _ place: Place) throws(ConstraintError) -> Int? {
    guard let value = place.schema[key] else { return nil }
    guard let count = value.intValue, count >= 0 else { throw place.refused(key, "must be a whole number, 0 or more") }
    return count
  }

  mutating func array(_ place: Place, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    var first: [GrammarBuilder.Item] = []
    if place.schema["prefixItems"] != nil {
      for part in try list("prefixItems", place) { first.append(try rule(part, &builder)) }
    }
    var others: GrammarBuilder.Item?
    let items = place.schema["items"] ?? .bool(true)
    if items.boolValue != false { others = try rule(place.inner(items, "items"), &builder) }
    let (least, most) = (try count("minItems", place) ?? 0, try count("maxItems", place))
    guard least <= most ?? .max else { throw place.refused("maxItems", "is less than minItems") }
    builder.place = place.pointer
    return try builder.list(first, others: others, from: least, to: most)
  }

  /// What an object's schema says, or several that all apply.
  struct Members {
    var properties: [(name: String, place: Place)] = []
    var names: Set<UTF8Name> = []
    var required: [String] = []
    var others: Place?
    var hasOthers: Bool?
    /// Parts that were read: references may name one and the same again and again.
    var parts = 0
  }

  mutating func object(_ place: Place, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    var members = Members()
    try read(place, &members)
    return try object(members, place, &builder)
  }

  /// Merges objects that all apply into one.
  mutating func merged(_ place: Place, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    let parts = try list("allOf", place)
    // The only part, with nothing beside it, is the schema itself.
    let besides = (place.schema.members ?? []).map(\.key).filter {
      ["type", "properties", "required", "additionalProperties"].contains($0)
    }
    for member in place.schema.members ?? []
    where ["items", "prefixItems", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format", "minimum"]
      .contains(member.key) || ["maximum", "exclusiveMinimum", "exclusiveMaximum"].contains(member.key)
    {
      throw place.refused(member.key, "is not held to beside allOf")
    }
    if parts.count == 1, besides.isEmpty { return try rule(parts[0], &builder) }
    var members = Members()
    try read(place, &members)
    for part in parts { try readPart(part, &members) }
    return try object(members, place, &builder)
  }

  private mutating func readPart(_ part: Place, _ members: inout Members) throws(ConstraintError) {
    var part = part
    var steps = 0
    members.parts += 1
    try countRead(part)
    guard members.parts <= Self.mostParts else {
      throw part.refused("allOf", "has more than \(Self.mostParts) parts, those of its parts among them")
    }
    while let reference = part.schema["$ref"] {
      steps += 1
      guard steps <= Self.mostDepth else { throw part.refused("$ref", "leads back to itself") }
      part = try resolved(reference, part)
    }
    guard part.depth <= Self.mostDepth else {
      throw ConstraintError(part.pointer, "is deeper than \(Self.mostDepth) schemas")
    }
    guard part.schema.members != nil else { throw ConstraintError(part.pointer, "must be an object") }
    let known = ["type", "properties", "required", "additionalProperties", "allOf"]
    for member in part.schema.members ?? [] where !Self.isRemark(member.key) && !known.contains(member.key) {
      throw part.refused(member.key, "is not held to inside of allOf")
    }
    try read(part, &members)
    // What one part forbids besides its own members, the others declare.
    if let others = part.schema["additionalProperties"], others.boolValue != true {
      throw part.refused("additionalProperties", "is not held to inside of allOf")
    }
    if part.schema["allOf"] != nil { for inner in try list("allOf", part) { try readPart(inner, &members) } }
  }

  func read(_ place: Place, _ members: inout Members) throws(ConstraintError) {
    guard try types(place).allSatisfy({ $0 == "object" }) || place.schema["allOf"] == nil else {
      throw place.refused("type", "must be object beside allOf")
    }
    if let properties = place.schema["properties"] {
      guard let list = properties.members else { throw place.refused("properties", "must be an object") }
      for member in list {
        guard members.names.insert(UTF8Name(member.key)).inserted else {
          throw place.refused("properties", "says what another part says already: \(member.key.prefix(80))")
        }
        members.properties.append((member.key, place.inner(member.value, "properties", member.key)))
      }
    }
    if let required = place.schema["required"] {
      guard let names = required.arrayValue, case let texts = names.compactMap(\.stringValue),
        texts.count == names.count
      else { throw place.refused("required", "must be a list of names") }
      members.required += texts
    }
    if let others = place.schema["additionalProperties"] {
      if let hasOthers = others.boolValue {
        members.hasOthers = hasOthers
      } else {
        members.hasOthers = true
        members.others = place.inner(others, "additionalProperties")
      }
    }
  }

  private mutating func object(
    _ members: Members, _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    var others: GrammarBuilder.Item?
    if members.hasOthers ?? !isStrict {
      if let place = members.others {
        others = try rule(place, &builder)
      } else {
        others = try builder.value(inText: isInText)
      }
    }
    let required = Set(members.required.map { UTF8Name($0) })
    var properties: [GrammarBuilder.Property] = []
    for property in members.properties {
      // A property that may not be there is one that is left out.
      if property.place.schema.boolValue == false, !required.contains(UTF8Name(property.name)) { continue }
      properties.append(
        GrammarBuilder.Property(
          name: property.name, value: try rule(property.place, &builder),
          isRequired: required.contains(UTF8Name(property.name))))
    }
    var seen = members.names
    for name in members.required where seen.insert(UTF8Name(name)).inserted {
      guard let others else { throw place.refused("required", "names \(name.prefix(80)), which may not be there") }
      properties.append(GrammarBuilder.Property(name: name, value: others, isRequired: true))
    }
    builder.place = place.pointer
    let forbidden = members.properties.filter { $0.place.schema.boolValue == false }.map(\.name)
    return try builder.object(properties, others: others, besides: forbidden, inText: isInText)
  }
}
