import Foundation

// Operators as Python has them.
extension TemplateRenderer {
  func arithmetic(_ operation: TemplateArithmetic, _ a: TemplateValue, _ b: TemplateValue) throws -> TemplateValue {
    if case .add = operation, let sum = try joined(a, b) { return sum }
    if case .multiply = operation, let product = try repeated(a, b) ?? repeated(b, a) { return product }
    if case .modulo = operation, case .string(let text) = a { return .string(try formatted(text, b)) }
    if let x = a.integer, let y = b.integer { return try integers(operation, x, y) }
    if case .wideInteger = a { throw Self.tooLarge }
    if case .wideInteger = b { throw Self.tooLarge }
    if let x = a.number, let y = b.number { return .float(try floats(operation, x, y)) }
    for case .undefined(let why) in [a, b] {
      throw TemplateFailure(.value, expected: "values for \(operation.rawValue)", why)
    }
    throw TemplateFailure(
      .value, expected: "values that \(operation.rawValue) goes with", "\(a.typeName) and \(b.typeName)")
  }

  func negated(_ value: TemplateValue) throws -> TemplateValue {
    if let integer = value.integer {
      guard integer != Int.min else { throw Self.tooLarge }
      return .integer(-integer)
    }
    if case .float(let number) = value { return .float(-number) }
    throw TemplateFailure(.value, expected: "a number", value.typeName)
  }

  func positive(_ value: TemplateValue) throws -> TemplateValue {
    if let integer = value.integer { return .integer(integer) }
    if case .float = value { return value }
    throw TemplateFailure(.value, expected: "a number", value.typeName)
  }

  /// `+` of strings, lists and tuples; nil for anything else.
  private func joined(_ a: TemplateValue, _ b: TemplateValue) throws -> TemplateValue? {
    switch (a, b) {
    case (.string(let x), .string(let y)):
      let isSafe = x.isSafe || y.isSafe
      let left = isSafe && !x.isSafe ? Self.escaped(x.string) : x.string
      let right = isSafe && !y.isSafe ? Self.escaped(y.string) : y.string
      try budget.spend(left.utf8.count + right.utf8.count)
      return .string(TemplateText(left + right, isSafe: isSafe))
    case (.list(let x), .list(let y)):
      try budget.spend(elements: x.elements.count + y.elements.count)
      return .list(TemplateList(x.elements + y.elements))
    case (.tuple(let x), .tuple(let y)):
      try budget.spend(elements: x.elements.count + y.elements.count)
      return .tuple(TemplateList(x.elements + y.elements))
    default: return nil
    }
  }

  /// `*` of a string or list and an integer; nil for anything else.
  private func repeated(_ value: TemplateValue, _ count: TemplateValue) throws -> TemplateValue? {
    guard let count = count.integer.map({ max(0, $0) }) else { return nil }
    func total(_ length: Int) -> Int {
      let (size, isOver) = length.multipliedReportingOverflow(by: count)
      return isOver ? Int.max : size
    }
    switch value {
    case .string(let text):
      try budget.spend(total(text.string.utf8.count))
      return .string(
        TemplateText(text.string.isEmpty ? "" : String(repeating: text.string, count: count), isSafe: text.isSafe))
    case .list(let list), .tuple(let list):
      try budget.spend(elements: total(list.elements.count))
      let elements =
        list.elements.isEmpty ? [] : Array(repeatElement(list.elements, count: count).joined())
      if case .tuple = value { return .tuple(TemplateList(elements)) }
      return .list(TemplateList(elements))
    default: return nil
    }
  }

  private func integers(_ operation: TemplateArithmetic, _ a: Int, _ b: Int) throws -> TemplateValue {
    switch operation {
    case .add: return try exact(a.addingReportingOverflow(b))
    case .subtract: return try exact(a.subtractingReportingOverflow(b))
    case .multiply: return try exact(a.multipliedReportingOverflow(by: b))
    case .divide:
      guard b != 0 else { throw Self.zeroDivision }
      return .float(Double(a) / Double(b))
    case .floorDivide, .modulo:
      guard b != 0 else { throw Self.zeroDivision }
      let (quotient, isOver) = a.dividedReportingOverflow(by: b)
      guard !isOver else { throw Self.tooLarge }
      let remainder = a - quotient * b
      let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
      return .integer(
        operation == .modulo ? (isBelow ? remainder + b : remainder) : (isBelow ? quotient - 1 : quotient))
    case .power:
      guard b >= 0 else {
        guard a != 0 else { throw Self.zeroDivision }
        return .float(pow(Double(a), Double(b)))
      }
      if b == 0 || a == 1 { return .integer(1) }
      if a == 0 { return .integer(0) }
      if a == -1 { return .integer(b % 2 == 0 ? 1 : -1) }
      var result = 1
      for _ in 0..<min(b, 64) { result = try exactInteger(result.multipliedReportingOverflow(by: a)) }
      return .integer(result)
    }
  }

  private func floats(_ operation: TemplateArithmetic, _ a: Double, _ b: Double) throws -> Double {
    switch operation {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide, .floorDivide, .modulo:
      guard b != 0 else { throw Self.zeroDivision }
      if operation == .divide { return a / b }
      var remainder = fmod(a, b)
      // This follows Python's float_divmod.
      if remainder != 0 {
        if (b < 0) != (remainder < 0) { remainder += b }
      } else {
        remainder = b < 0 ? -0.0 : 0.0
      }
      if operation == .modulo { return remainder }
      let quotient = (a - remainder) / b
      let floor = quotient.rounded(.down)
      return quotient == 0 ? (a / b < 0 ? -0.0 : 0.0) : quotient - floor > 0.5 ? floor + 1 : floor
    case .power:
      guard a != 0 || b >= 0 else { throw Self.zeroDivision }
      guard a >= 0 || b == b.rounded() else { throw TemplateFailure(.unsupported, "a complex number") }
      let result = pow(a, b)
      guard result.isFinite || !a.isFinite || !b.isFinite else {
        throw TemplateFailure(.value, expected: "a power that a float can hold", "a larger one")
      }
      return result
    }
  }

  private func exact(_ result: (partialValue: Int, overflow: Bool)) throws -> TemplateValue {
    .integer(try exactInteger(result))
  }

  private func exactInteger(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
    guard !result.overflow else { throw Self.tooLarge }
    return result.partialValue
  }

  private static let tooLarge = TemplateFailure(.unsupported, "an integer of more than 64 bits")
  private static let zeroDivision = TemplateFailure(.value, expected: "a divisor other than 0", "0")

  /// What the markupsafe package makes of text.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "'": out += "&#39;"
      case "\"": out += "&#34;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
