import StrictJSON

/// How sure it is that a value is one of a schema.
enum SchemaVerdict: Int, Comparable {
  case no
  /// It is one of several of a `oneOf`, which the constraints on answers read as `anyOf`.
  case several
  /// Something is said of it that is not looked at here: a pattern, a format.
  case unknown
  case yes

  static func < (a: SchemaVerdict, b: SchemaVerdict) -> Bool { a.rawValue < b.rawValue }
}

/// Whether values are those of a JSON schema (2020-12), as far as calls are held to one. Schemas and values come from
/// strangers: depth and cost are bounded, and what is beyond is no value of the schema.
struct SchemaValidity {
  private let root: JSONValue
  /// Looks that are left, and schemas in each other at most.
  private var looks = 1 << 18
  private static let mostDepth = 256
  /// Whether the bounds were met.
  private(set) var isExhausted = false

  /// Words that are not looked at and say something of values, by the kind of value.
  private static let unread: [(words: Set<String>, isAbout: @Sendable (JSONValue) -> Bool)] = [
    (["pattern", "format"], { $0.stringValue != nil }),
    (["contains", "minContains", "maxContains", "unevaluatedItems", "additionalItems"], { $0.arrayValue != nil }),
    (
      ["patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"],
      { $0.members != nil }
    ),
    (["if", "$dynamicRef", "$recursiveRef"], { _ in true }),
  ]

  /// - Parameter root: The schema that `$ref` points into.
  init(root: JSONValue) { self.root = root }

  /// Whether a value is one of a schema.
  mutating func verdict(_ value: JSONValue, _ schema: JSONValue) -> SchemaVerdict { look(value, schema, 0) }

  private mutating func spend(_ count: Int, _ depth: Int) -> Bool {
    looks -= count
    if looks < 0 || depth > Self.mostDepth { isExhausted = true }
    return !isExhausted
  }

  private mutating func look(_ value: JSONValue, _ schema: JSONValue, _ depth: Int) -> SchemaVerdict {
    guard spend(1, depth) else { return .no }
    guard let words = schema.members else { return schema.boolValue == false ? .no : .yes }
    if value.isNull, schema["nullable"]?.boolValue == true { return .yes }
    var verdict = SchemaVerdict.yes
    for word in words {
      verdict = min(verdict, look(value, word.key, word.value, schema, depth))
      guard verdict > .no else { break }
    }
    return verdict
  }

  private mutating func look(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ schema: JSONValue, _ depth: Int
  ) -> SchemaVerdict {
    switch word {
    case "$ref": return SchemaPointer.resolved(rule, in: root).map { look(value, $0, depth + 1) } ?? .unknown
    case "type": return sure((rule.arrayValue ?? [rule]).contains { Self.has(value, $0.stringValue ?? "") })
    case "const": return sure(equal(value, rule))
    case "enum":
      for choice in rule.arrayValue ?? [] where equal(value, choice) { return .yes }
      return .no
    case "allOf", "anyOf", "oneOf", "not": return combination(value, word, rule, depth)
    case "properties", "required", "additionalProperties", "minProperties", "maxProperties":
      return object(value, word, rule, schema, depth)
    case "items", "prefixItems", "minItems", "maxItems", "uniqueItems": return array(value, word, rule, schema, depth)
    case "minLength", "maxLength":
      guard let text = value.stringValue, let count = rule.doubleValue else { return .yes }
      let length = Double(text.unicodeScalars.count)
      return sure(word == "minLength" ? length >= count : length <= count)
    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
      guard case .number(let number) = value.content, case .number(let limit) = rule.content else { return .yes }
      return SchemaNumber.verdict(number, word, limit)
    default:
      return Self.unread.contains { $0.words.contains(word) && $0.isAbout(value) } ? .unknown : .yes
    }
  }

  private func sure(_ holds: Bool) -> SchemaVerdict { holds ? .yes : .no }

  private static func has(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value.content) {
    case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
      ("object", .object):
      true
    case ("integer", .number(let number)): SchemaNumber.isWhole(number)
    default: false
    }
  }

  private mutating func combination(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ depth: Int
  ) -> SchemaVerdict {
    if word == "not" {
      switch look(value, rule, depth + 1) {
      case .no: return isExhausted ? .no : .yes
      case .yes: return .no
      default: return .unknown
      }
    }
    var verdicts: [SchemaVerdict] = []
    for part in rule.arrayValue ?? [] {
      let verdict = look(value, part, depth + 1)
      // More need not be known.
      if word == "allOf", verdict == .no { return .no }
      if word == "anyOf", verdict == .yes { return .yes }
      verdicts.append(verdict)
    }
    switch word {
    case "allOf": return verdicts.min() ?? .yes
    case "oneOf" where verdicts.count(where: { $0 == .yes }) > 1: return .several
    default: return verdicts.max() ?? .no
    }
  }

  private mutating func object(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ schema: JSONValue, _ depth: Int
  ) -> SchemaVerdict {
    guard let members = value.members else { return .yes }
    switch word {
    case "minProperties": return sure(Double(members.count) >= rule.doubleValue ?? 0)
    case "maxProperties": return sure(Double(members.count) <= rule.doubleValue ?? .infinity)
    case "required":
      let names = (rule.arrayValue ?? []).compactMap(\.stringValue)
      guard spend(names.count + members.count / 8, depth) else { return .no }
      return sure(Set(members.map { UTF8Name($0.key) }).isSuperset(of: names.map { UTF8Name($0) }))
    default: break
    }
    let declared = (word == "properties" ? rule : schema["properties"])?.members ?? []
    guard spend(declared.count / 8, depth) else { return .no }
    let places = Dictionary(declared.map { (UTF8Name($0.key), $0.value) }, uniquingKeysWith: { _, last in last })
    var verdict = SchemaVerdict.yes
    for member in members {
      let inner = places[UTF8Name(member.key)]
      let next: SchemaVerdict
      if word == "properties" {
        next = inner.map { look(member.value, $0, depth + 1) } ?? .yes
      } else if inner == nil {
        next = schema["patternProperties"] == nil ? look(member.value, rule, depth + 1) : .unknown
      } else {
        next = .yes
      }
      verdict = min(verdict, next)
      guard verdict > .no else { break }
    }
    return verdict
  }

  private mutating func array(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, _ schema: JSONValue, _ depth: Int
  ) -> SchemaVerdict {
    guard let elements = value.arrayValue else { return .yes }
    var verdict = SchemaVerdict.yes
    switch word {
    case "minItems": return sure(Double(elements.count) >= rule.doubleValue ?? 0)
    case "maxItems": return sure(Double(elements.count) <= rule.doubleValue ?? .infinity)
    case "uniqueItems":
      guard rule.boolValue == true else { return .yes }
      for (index, element) in elements.enumerated() {
        for other in elements[..<index] where equal(element, other) { return .no }
      }
      return sure(!isExhausted)
    case "items" where rule.arrayValue == nil:
      for element in elements.dropFirst(schema["prefixItems"]?.arrayValue?.count ?? 0) where verdict > .no {
        verdict = min(verdict, look(element, rule, depth + 1))
      }
    default:
      // A list of `items` is the older name of `prefixItems`.
      for (element, part) in zip(elements, rule.arrayValue ?? []) where verdict > .no {
        verdict = min(verdict, look(element, part, depth + 1))
      }
    }
    return verdict
  }

  /// Whether two values are the same as JSON has it: numbers by what they are worth, members in any order.
  private mutating func equal(_ a: JSONValue, _ b: JSONValue, _ depth: Int = 0) -> Bool {
    guard spend(1, depth) else { return false }
    switch (a.content, b.content) {
    case (.number(let one), .number(let other)): return SchemaNumber.equal(one, other)
    case (.array(let one), .array(let other)):
      guard one.count == other.count else { return false }
      for (x, y) in zip(one, other) where !equal(x, y, depth + 1) { return false }
      return true
    case (.object(let one), .object(let other)):
      guard one.count == other.count, spend(other.count / 8, depth) else { return false }
      let places = Dictionary(other.map { (UTF8Name($0.key), $0.value) }, uniquingKeysWith: { _, last in last })
      for member in one {
        guard let value = places[UTF8Name(member.key)], equal(member.value, value, depth + 1) else { return false }
      }
      return true
    default: return a == b
    }
  }
}

/// What schemas say of numbers, by their spellings: whole ones are compared exactly.
enum SchemaNumber {
  /// Whether a number has no fraction.
  static func isWhole(_ number: String) -> Bool {
    isSpelledWhole(number) || Double(number).map { $0.rounded() == $0 } == true
  }

  static func equal(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    if isSpelledWhole(a), isSpelledWhole(b) { return value(a) != nil && value(a) == value(b) }
    guard let a = Double(a), let b = Double(b) else { return false }
    return a == b
  }

  /// Whether a number is within a bound.
  static func verdict(_ number: String, _ word: String, _ limit: String) -> SchemaVerdict {
    if word == "multipleOf" {
      guard let number = value(number), let unit = value(limit), unit > 0 else { return .unknown }
      return number % unit == 0 ? .yes : .no
    }
    let order: Int
    if let limit = value(limit), isSpelledWhole(number) {
      // A whole number that is none of `Int` is beyond all of them.
      order = value(number).map { $0 < limit ? -1 : $0 > limit ? 1 : 0 } ?? (number.hasPrefix("-") ? -1 : 1)
    } else {
      guard let number = Double(number), let limit = Double(limit) else { return .unknown }
      order = number < limit ? -1 : number > limit ? 1 : 0
    }
    let holds =
      switch word {
      case "minimum": order >= 0
      case "maximum": order <= 0
      case "exclusiveMinimum": order > 0
      default: order < 0
      }
    return holds ? .yes : .no
  }

  private static func isSpelledWhole(_ number: String) -> Bool {
    number.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
  }

  /// The value of a whole number; nil beyond `Int`.
  private static func value(_ number: String) -> Int? { number == "-0" ? 0 : JSONInteger.exact(number) }
}

/// Pointers of `$ref` into one document.
enum SchemaPointer {
  /// What a pointer names; nil for what is not there, or is in another document.
  static func resolved(_ reference: JSONValue, in root: JSONValue) -> JSONValue? {
    guard let pointer = reference.stringValue, pointer == "#" || pointer.hasPrefix("#/") else { return nil }
    var value: JSONValue? = root
    for step in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let key = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
      value =
        value?[key]
        ?? JSONInteger.natural(key).flatMap { index in
          value?.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : Optional.none }
        }
    }
    return value
  }
}
