// What stands behind `is`.
extension TemplateRenderer {
  func passes(_ value: TemplateValue, _ name: String, _ arguments: [TemplateValue]) throws -> Bool {
    if let comparison = Self.comparisons[name] {
      guard arguments.count == 1 else {
        throw TemplateFailure(.value, expected: "one argument for the test \(name)", "\(arguments.count)")
      }
      switch comparison {
      case .equal: return try value.equals(arguments[0], budget)
      case .notEqual: return try !value.equals(arguments[0], budget)
      default: return try arguments[0].contains(value, budget)
      }
    }
    guard let passes = Self.passes(value, name) else { throw TemplateFailure(.unsupported, "the test \(name)") }
    guard arguments.isEmpty else {
      throw TemplateFailure(.value, expected: "no argument for the test \(name)", "\(arguments.count)")
    }
    return passes
  }

  private static let comparisons: [String: TemplateComparison] = [
    "eq": .equal, "equalto": .equal, "ne": .notEqual, "in": .contained,
  ]

  /// Nil for a test that is not covered.
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
    case ("undefined", _), ("none", _), ("string", _), ("mapping", _), ("true", _), ("false", _), ("boolean", _): false
    case ("integer", _), ("float", _), ("number", _), ("iterable", _), ("sequence", _), ("callable", _): false
    default: nil
    }
  }
}
