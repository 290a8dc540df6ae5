import StrictJSON

/// Makes rules of the part of a JSON schema that a model's text can follow. Everything else is refused, with its place:
/// a schema that was followed in part would promise what is not kept.
///
/// `oneOf` is read as `anyOf`. Members come in the order of the schema, then others. Where a schema says nothing of the
/// type, its other words say it.
struct SchemaCompiler {
  /// A schema as it is read: what it says, and where it is.
  struct Place {
    var schema: JSONValue
    var pointer: String
    var depth: Int

    func inner(_ schema: JSONValue, _ steps: String...) -> Place {
      let path = steps.map { $0.replacing("~", with: "~0").replacing("/", with: "~1") }
      return Place(schema: schema, pointer: ([pointer] + path).joined(separator: "/"), depth: depth + 1)
    }

    func refused(_ key: String, _ reason: String) -> ConstraintError { ConstraintError("\(pointer)/\(key)", reason) }
  }

  /// Bytes of a schema, and schemas in each other, at most.
  static let mostBytes = 64 << 10
  static let mostDepth = 64
  /// Parts of one schema that are read in one piece, at most.
  static let mostParts = 1_024
  /// Parts that are read in all, at most: more than a schema of so many bytes has, unless it names some again and again.
  static let mostReads = 1 << 16

  /// Words that say nothing of a text.
  private static let remarks: Set = [
    "title", "description", "default", "examples", "example", "$schema", "$id", "$comment", "$anchor", "deprecated",
    "readOnly", "writeOnly", "$defs", "definitions",
  ]
  private static let words: Set = [
    "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "enum",
    "const", "anyOf", "oneOf", "allOf", "$ref", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "nullable", "uniqueItems",
  ]
  static let types = ["object", "array", "string", "integer", "number", "boolean", "null"]

  static func isRemark(_ key: String) -> Bool { remarks.contains(key) }

  let root: JSONValue
  /// Whether objects have no members that are not declared, where the schema does not say.
  let isStrict: Bool
  /// Whether the text is in another one, whose marks begin with `<`.
  let isInText: Bool
  /// Rules of schemas that references name, by their pointers.
  private var referred: [String: Int] = [:]
  /// Parts that were read. What was read for nothing counts: it took its time.
  private var reads = 0

  init(_ root: JSONValue, isStrict: Bool, isInText: Bool = false) throws(ConstraintError) {
    guard JSONWriter.compact(root).count <= Self.mostBytes else {
      throw ConstraintError("#", "has more than \(Self.mostBytes) bytes")
    }
    self.root = root
    self.isStrict = isStrict
    self.isInText = isInText
  }

  /// One more part is read.
  mutating func countRead(_ place: Place) throws(ConstraintError) {
    reads += 1
    guard reads <= Self.mostReads else {
      throw ConstraintError(place.pointer, "is reached by references that lead to more than \(Self.mostReads) parts")
    }
  }

  /// Takes back what references name since: rules that ``GrammarBuilder/restore(_:)`` takes back are made anew when they
  /// are named again.
  mutating func restore(_ savepoint: GrammarBuilder.Savepoint) {
    referred = referred.filter { savepoint.has($0.value) }
  }

  /// The rule of the whole schema.
  mutating func rule(_ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    try rule(Place(schema: root, pointer: "#", depth: 0), &builder)
  }

  mutating func rule(_ place: Place, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    let found = try alternatives(place, &builder)
    builder.place = place.pointer
    return try builder.rule(found)
  }

  /// What a schema allows, one way after another.
  mutating func alternatives(
    _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    guard place.depth <= Self.mostDepth else {
      throw ConstraintError(place.pointer, "is deeper than \(Self.mostDepth) schemas")
    }
    builder.place = place.pointer
    if let isAny = place.schema.boolValue {
      guard isAny else { throw ConstraintError(place.pointer, "allows no value") }
      return [[try builder.value(inText: isInText)]]
    }
    try check(place)
    var found = try written(place, &builder)
    if place.schema["nullable"]?.boolValue == true { found.append(GrammarBuilder.literal("null")) }
    return found
  }

  private func check(_ place: Place) throws(ConstraintError) {
    guard let members = place.schema.members else {
      throw ConstraintError(place.pointer, "must be an object, true or false, and is \(place.schema.typeName)")
    }
    for member in members where !Self.remarks.contains(member.key) {
      // A word that asks for nothing.
      if member.key == "uniqueItems", member.value.boolValue == false { continue }
      guard Self.words.contains(member.key), member.key != "uniqueItems" else {
        throw place.refused(
          member.key.replacing("~", with: "~0").replacing("/", with: "~1"), "is not held to by this server")
      }
    }
  }

  /// Refuses words beside one that says all.
  private func isAlone(_ key: String, _ place: Place, but allowed: Set<String> = []) throws(ConstraintError) {
    for member in place.schema.members ?? [] where member.key != key && !Self.remarks.contains(member.key) {
      guard allowed.contains(member.key) || ["nullable", "uniqueItems"].contains(member.key) else {
        throw place.refused(member.key, "is not held to beside \(key)")
      }
    }
  }

  private mutating func written(
    _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    let schema = place.schema
    if let reference = schema["$ref"] {
      try isAlone("$ref", place)
      return [[try target(reference, place, &builder)]]
    }
    for key in ["const", "enum"] where schema[key] != nil {
      try isAlone(key, place, but: ["type"])
      return [[try builder.choice(try choices(key, place))]]
    }
    for key in ["anyOf", "oneOf"] where schema[key] != nil {
      try isAlone(key, place)
      return try parts(key, place, &builder)
    }
    if schema["allOf"] != nil { return [[try merged(place, &builder)]] }
    let types = try types(place)
    guard !types.isEmpty else { return [[try builder.value(inText: isInText)]] }
    var found: [[GrammarBuilder.Item]] = []
    for type in types { found.append(contentsOf: try self.type(type, place, &builder)) }
    return found
  }

  private mutating func parts(
    _ key: String, _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    var found: [[GrammarBuilder.Item]] = []
    for part in try list(key, place) { found.append(contentsOf: try alternatives(part, &builder)) }
    return found
  }

  /// The schemas of a list of schemas.
  func list(_ key: String, _ place: Place) throws(ConstraintError) -> [Place] {
    guard let parts = place.schema[key]?.arrayValue, !parts.isEmpty else {
      throw place.refused(key, "must be a list of schemas")
    }
    return parts.enumerated().map { place.inner($1, key, "\($0)") }
  }

  /// The types that a schema allows; none where nothing is said.
  func types(_ place: Place) throws(ConstraintError) -> [String] {
    let schema = place.schema
    if let type = schema["type"] {
      let names = type.arrayValue ?? [type]
      let types = names.compactMap(\.stringValue)
      guard !types.isEmpty, types.count == names.count, types.allSatisfy(Self.types.contains) else {
        throw place.refused("type", "must be one or more of \(Self.types.joined(separator: ", "))")
      }
      return types
    }
    let said = { (keys: [String]) in keys.contains { schema[$0] != nil } }
    var types: [String] = []
    if said(["properties", "required", "additionalProperties"]) { types.append("object") }
    if said(["items", "prefixItems", "minItems", "maxItems"]) { types.append("array") }
    if said(["minLength", "maxLength", "pattern", "format"]) { types.append("string") }
    if said(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]) { types.append("integer") }
    return types
  }

  private mutating func type(
    _ type: String, _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    switch type {
    case "null": return [GrammarBuilder.literal("null")]
    case "boolean": return [GrammarBuilder.literal("true"), GrammarBuilder.literal("false")]
    case "string": return [[try string(place, &builder)]]
    case "integer": return try integer(place, &builder)
    case "number":
      for key in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] where place.schema[key] != nil {
        throw place.refused(key, "is held to for whole numbers only")
      }
      return [[try builder.number()]]
    case "array": return [[try array(place, &builder)]]
    default: return [[try object(place, &builder)]]
    }
  }

  // MARK: References and choices

  private mutating func target(
    _ reference: JSONValue, _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    let found = try resolved(reference, place)
    if let id = referred[found.pointer] { return .rule(id) }
    let id = builder.reserve()
    referred[found.pointer] = id
    let ways = try alternatives(found, &builder)
    builder.place = found.pointer
    try builder.define(id, ways)
    return .rule(id)
  }

  /// The schema that a reference names: it is in the same document.
  func resolved(_ reference: JSONValue, _ place: Place) throws(ConstraintError) -> Place {
    guard let pointer = reference.stringValue, pointer == "#" || pointer.hasPrefix("#/") else {
      throw place.refused("$ref", "must be a pointer into the same schema: #/$defs/NAME")
    }
    var value = root
    for step in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let key = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
      if let member = value[key] {
        value = member
      } else if let index = JSONInteger.natural(key), let elements = value.arrayValue, elements.indices.contains(index)
      {
        value = elements[index]
      } else {
        throw place.refused("$ref", "names \(pointer.prefix(80)), which is not there")
      }
    }
    return Place(schema: value, pointer: pointer, depth: place.depth + 1)
  }

  /// The texts of values that are named one by one, and have a type that is allowed beside.
  private func choices(_ key: String, _ place: Place) throws(ConstraintError) -> [[UInt8]] {
    let values: [JSONValue]
    if key == "const" {
      values = place.schema[key].map { [$0] } ?? []
    } else {
      guard let list = place.schema[key]?.arrayValue, !list.isEmpty else {
        throw place.refused(key, "must be a list of values")
      }
      values = list
    }
    let types = place.schema["type"] == nil ? Self.types : try types(place)
    let kept = values.filter { value in types.contains { Self.has(value, $0) } }
    guard !kept.isEmpty else { throw place.refused(key, "has no value of the type") }
    return kept.map { value in
      let text = JSONWriter.compact(value)
      return isInText ? text.flatMap { $0 == 0x3C ? Array("\\u003c".utf8) : [$0] } : text
    }
  }

  static func has(_ value: JSONValue, _ type: String) -> Bool {
    switch value.content {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .number: type == "number" || type == "integer" && value.doubleValue.map { $0.rounded() == $0 } == true
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}
