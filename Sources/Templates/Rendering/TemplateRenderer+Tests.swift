// What follows `is`.
extension TemplateRenderer {
  func passes(_ value: TemplateValue, _ name: String, _ arguments: [TemplateValue]) throws -> Bool {
    if let comparison = TemplateComparison(rawValue: name) ?? Self.comparisons[name], comparison != .notContained {
      return try compare(value, comparison, only(arguments, name))
    }
    switch name {
    case "divisibleby":
      guard case .integer(let rest) = try arithmetic(.modulo, number(value), number(only(arguments, name))) else {
        throw TemplateFailure(.unsupported, "divisibleby of a float")
      }
      return rest == 0
    case "sameas": return try isSame(value, only(arguments, name))
    default: break
    }
    let holds = try Self.passes(value, name) ?? asked(value, name)
    guard arguments.isEmpty else {
      throw TemplateFailure(.value, expected: "no argument for the test \(name)", "\(arguments.count)")
    }
    return holds
  }

  private func only(_ arguments: [TemplateValue], _ name: String) throws -> TemplateValue {
    guard arguments.count == 1 else {
      throw TemplateFailure(.value, expected: "one argument for the test \(name)", "\(arguments.count)")
    }
    return arguments[0]
  }

  private func number(_ value: TemplateValue) throws -> TemplateValue {
    guard value.number != nil else { throw TemplateFailure(.value, expected: "a number", value.typeName) }
    return value
  }

  /// Tests that need more than the type.
  private func asked(_ value: TemplateValue, _ name: String) throws -> Bool {
    switch name {
    case "odd", "even":
      guard case .integer(let rest) = try arithmetic(.modulo, number(value), .integer(2)) else {
        throw TemplateFailure(.unsupported, "\(name) of a float")
      }
      return (rest == 1) == (name == "odd")
    case "upper", "lower":
      let text = try value.text(budget)
      try budget.spend(text.utf8.count)
      return PythonCharacter.isCased(text, upper: name == "upper")
    case "escaped":
      if case .string(let text) = value { return text.isSafe }
      return false
    case "filter", "test":
      guard case .string(let text) = value else { return false }
      if name == "filter" { return Self.filters[text.string] != nil || Self.otherFilters.contains(text.string) }
      return Self.tests.contains(text.string)
    default: throw TemplateFailure(.unsupported, "the test \(name)")
    }
  }

  private func isSame(_ a: TemplateValue, _ b: TemplateValue) throws -> Bool {
    switch (a, b) {
    case (.none, .none): return true
    case (.bool(let x), .bool(let y)): return x == y
    // Python keeps one object of each small integer.
    case (.integer(let x), .integer(let y)) where x != y || (-5...256).contains(x): return x == y
    case (.integer, .integer), (.string, .string), (.float, .float), (.list, .list), (.tuple, .tuple),
      (.mapping, .mapping), (.wideInteger, .wideInteger):
      throw TemplateFailure(.unsupported, "sameas of \(a.typeName)")
    case (.namespace, .namespace), (.macro, .macro), (.function, .function): return try a.equals(b, budget)
    case (.iterator, .iterator), (.method, .method), (.loop, .loop), (.undefined, .undefined):
      throw TemplateFailure(.unsupported, "sameas of \(a.typeName)")
    default: return false
    }
  }

  private static let comparisons: [String: TemplateComparison] = [
    "eq": .equal, "equalto": .equal, "ne": .notEqual, "in": .contained, "lt": .less, "lessthan": .less,
    "le": .lessEqual, "gt": .greater, "greaterthan": .greater, "ge": .greaterEqual,
  ]

  /// Every name that jinja2 has a test of.
  private static let tests: Set<String> = [
    "odd", "even", "divisibleby", "defined", "undefined", "filter", "test", "none", "boolean", "false", "true",
    "integer",
    "float", "lower", "upper", "string", "mapping", "number", "sequence", "iterable", "callable", "sameas", "escaped",
    "in",
    "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", "ge", ">=", "<", "lt", "lessthan", "<=", "le",
  ]

  /// Filters of jinja2 that are not covered.
  private static let otherFilters: Set<String> = [
    "filesizeformat", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr",
  ]

  /// Nil for a test that the type alone does not answer.
  private static func passes(_ value: TemplateValue, _ name: String) -> Bool? {
    switch (name, value) {
    case ("defined", .undefined): false
    case ("defined", _): true
    case ("undefined", .undefined), ("none", .none), ("string", .string), ("mapping", .mapping): true
    case ("true", .bool(let flag)): flag
    case ("false", .bool(let flag)): !flag
    case ("boolean", .bool), ("integer", .integer), ("integer", .wideInteger), ("float", .float): true
    case ("number", .bool), ("number", .integer), ("number", .wideInteger), ("number", .float): true
    case ("iterable", .undefined), ("iterable", .string), ("iterable", .list), ("iterable", .tuple): true
    case ("iterable", .mapping), ("iterable", .loop), ("iterable", .iterator): true
    case ("sequence", .undefined), ("sequence", .string), ("sequence", .list), ("sequence", .tuple): true
    case ("sequence", .mapping): true
    case ("sequence", .iterator(let iterator)): iterator.kind == .range
    case ("callable", .macro), ("callable", .function), ("callable", .method), ("callable", .undefined): true
    case ("callable", .loop), ("callable", .joiner): true
    case ("undefined", _), ("none", _), ("string", _), ("mapping", _), ("true", _), ("false", _), ("boolean", _): false
    case ("integer", _), ("float", _), ("number", _), ("iterable", _), ("sequence", _), ("callable", _): false
    default: nil
    }
  }
}
