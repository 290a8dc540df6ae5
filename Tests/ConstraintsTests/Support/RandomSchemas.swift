import StrictJSON
import TestSupport

/// Schemas by chance, with every word that ``SchemaCheck`` knows.
struct RandomSchemas {
  var random: SplitMix

  /// A schema with definitions that name each other and themselves.
  mutating func next() -> JSONValue {
    var members = schema(3).members ?? []
    members.append(
      JSONValue.Member(
        key: "$defs", value: .object([("a", schema(1)), ("b", list()), ("c", .object([("enum", choices())]))])))
    return JSONValue(.object(members))
  }

  /// A list that may hold lists of its own kind.
  private mutating func list() -> JSONValue {
    .object([
      ("type", "array"), ("items", .object([("anyOf", .array([schema(0), .object([("$ref", "#/$defs/b")])]))])),
    ])
  }

  private mutating func choices() -> JSONValue {
    let all: [JSONValue] = [
      "red", "rot", "\"<é>\"", 5, 55, .bool(true), .null, .array([1, "x"]), .object([("k", 1)]), "",
    ]
    return .array((0...random.below(5)).map { _ in all[random.below(all.count)] })
  }

  private mutating func schema(_ depth: Int) -> JSONValue {
    switch random.below(depth > 0 ? 12 : 7) {
    case 0: return .object([("type", random.below(2) == 0 ? "null" : "boolean")])
    case 1:
      let low = random.below(400) - 200
      return .object([
        ("type", "integer"), ("minimum", .int(low)), ("maximum", .int(low + random.below(3_000))),
      ])
    case 2: return .object([("type", random.below(2) == 0 ? "number" : "integer")])
    case 3:
      let least = random.below(3)
      return .object([
        ("type", "string"), ("minLength", .int(least)), ("maxLength", .int(least + random.below(4))),
      ])
    case 4: return .object([("type", "string")])
    case 5: return .object([("enum", choices())])
    case 6: return .object([("$ref", ["#/$defs/a", "#/$defs/b", "#/$defs/c"][random.below(3)])])
    case 7: return .object([("anyOf", .array((0...random.below(3)).map { _ in schema(depth - 1) }))])
    case 8:
      let least = random.below(3)
      return .object([
        ("type", "array"), ("items", schema(depth - 1)), ("minItems", .int(least)),
        ("maxItems", .int(least + random.below(3))),
      ])
    case 9: return .object([("type", "array"), ("items", schema(depth - 1))])
    default: return object(depth)
    }
  }

  private mutating func object(_ depth: Int) -> JSONValue {
    let names = ["a", "ab", "abc", "é", "x y", "\"", "b"]
    var properties: [(String, JSONValue)] = []
    var required: [JSONValue] = []
    for name in names where random.below(2) == 0 {
      properties.append((name, schema(depth - 1)))
      if random.below(2) == 0 { required.append(.string(name)) }
    }
    var members: [(String, JSONValue)] = [
      ("type", "object"), ("properties", .object(properties)), ("required", .array(required)),
    ]
    switch random.below(3) {
    case 0: members.append(("additionalProperties", .bool(false)))
    case 1: members.append(("additionalProperties", schema(0)))
    default: break
    }
    return .object(members)
  }
}
