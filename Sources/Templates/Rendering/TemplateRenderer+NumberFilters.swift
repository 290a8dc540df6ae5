import Foundation

// Filters that make numbers.
extension TemplateRenderer {
  static var numberFilters: [String: Filter] {
    [
      "abs": Filter([]) { renderer, value, _ in
        if case .float(let number) = value { return .float(number.magnitude) }
        return try value.integer.map { $0 < 0 } == true ? renderer.negated(value) : renderer.positive(value)
      },
      "int": Filter(["default", "base"]) { try $0.int($1, $2) },
      "float": Filter(["default"]) { renderer, value, arguments in
        if value.isUndefined { throw TemplateFailure(.value, expected: "a value to make a float of", value.typeName) }
        return renderer.float(of: value).map { .float($0) } ?? arguments.value(0, "default") ?? .float(0)
      },
      "round": Filter(["precision", "method"]) { try $0.rounded($1, $2) },
    ]
  }

  /// Python's `float`; nil where it refuses the value.
  private func float(of value: TemplateValue) -> Double? {
    guard case .string(let text) = value else { return value.number }
    return PythonNumber.float(text.string)
  }

  private func int(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    if value.isUndefined { throw TemplateFailure(.value, expected: "a value to make an integer of", value.typeName) }
    if case .wideInteger = value { return value }
    if let integer = value.integer { return .integer(integer) }
    var found: Double?
    if case .float(let number) = value {
      guard !number.isInfinite else { throw TemplateFailure(.value, expected: "a finite number for int", "inf") }
      found = number
    } else if case .string(let text) = value {
      try budget.spend(text.string.utf8.count)
      let base = try integer(arguments.value(1, "base"), "the base") ?? 10
      guard base == 0 || (2...36).contains(base) else {
        throw TemplateFailure(.unsupported, "int with the base \(base)")
      }
      if let integer = try PythonNumber.integer(text.string, base: base) { return .integer(integer) }
      found = PythonNumber.float(text.string)
    }
    guard let found, found.isFinite else { return arguments.value(0, "default") ?? .integer(0) }
    guard let integer = Int(exactly: found.rounded(.towardZero)) else {
      throw TemplateFailure(.unsupported, "an integer of more than 64 bits")
    }
    return .integer(integer)
  }

  private func rounded(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let precision = try integer(arguments.value(0, "precision"), "the precision") ?? 0
    let method = try arguments.value(1, "method").map { try text($0, "the method of round") } ?? "common"
    guard ["common", "ceil", "floor"].contains(method) else {
      throw TemplateFailure(.value, expected: "\"common\", \"ceil\" or \"floor\" for round", method)
    }
    guard (0...300).contains(precision) else {
      throw TemplateFailure(.unsupported, "round with a precision other than 0 to 300")
    }
    if method == "common" {
      if let integer = value.integer { return .integer(integer) }
      guard case .float(let number) = value else {
        throw TemplateFailure(.value, expected: "a number to round", value.typeName)
      }
      // The digits that C prints are those of the exact value, halves to even: as Python rounds.
      return .float(number.isFinite ? Double(String(format: "%.\(precision)f", number)) ?? number : number)
    }
    guard let number = value.number else {
      throw TemplateFailure(.value, expected: "a number to round", value.typeName)
    }
    let power = pow(10, Double(precision))
    let whole = (number * power).rounded(method == "ceil" ? .up : .down)
    guard whole.isFinite else { throw TemplateFailure(.value, expected: "a finite number to round", "inf") }
    return .float(whole / power + 0)
  }
}
