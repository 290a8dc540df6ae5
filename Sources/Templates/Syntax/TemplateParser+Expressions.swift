// From the loosest to the tightest: conditional, or, and, not, comparison, + and -, ~, * / // %, **, signs, then what
// follows a value: attributes, items, calls, filters, tests.
extension TemplateParser {
  /// Expressions with commas between are a tuple.
  mutating func tuple(conditional: Bool = true, inParentheses: Bool = false) throws -> TemplateExpression {
    let position = current.position
    var elements: [TemplateExpression] = []
    var isTuple = false
    while !isEndOfTuple {
      elements.append(try conditional ? expression() : nested { try $0.or() })
      guard isSymbol(.comma) else { break }
      isTuple = true
      advance()
    }
    if !isTuple, let only = elements.first { return only }
    guard isTuple || inParentheses else { throw unexpected("an expression") }
    return try expression(.tuple(elements), at: position, elements)
  }

  private var isEndOfTuple: Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .symbol(.closeParen), .end: true
    default: false
    }
  }

  mutating func expression() throws -> TemplateExpression { try nested { try $0.conditional() } }

  private mutating func conditional() throws -> TemplateExpression {
    var value = try or()
    while true {
      let position = current.position
      guard skip("if") else { return value }
      let condition = try or()
      let otherwise = skip("else") ? try expression() : nil
      value = try expression(
        .conditional(value, condition: condition, otherwise: otherwise), at: position,
        [value, condition] + [otherwise].compactMap { $0 })
    }
  }

  mutating func or() throws -> TemplateExpression {
    var left = try and()
    while case let position = current.position, skip("or") {
      let right = try and()
      left = try expression(.or(left, right), at: position, [left, right])
    }
    return left
  }

  private mutating func and() throws -> TemplateExpression {
    var left = try not()
    while case let position = current.position, skip("and") {
      let right = try not()
      left = try expression(.and(left, right), at: position, [left, right])
    }
    return left
  }

  private mutating func not() throws -> TemplateExpression {
    let position = current.position
    guard skip("not") else { return try comparison() }
    let value = try nested { try $0.not() }
    return try expression(.not(value), at: position, [value])
  }

  private mutating func comparison() throws -> TemplateExpression {
    let first = try sum()
    let position = current.position
    var rest: [(operation: TemplateComparison, operand: TemplateExpression)] = []
    while let operation = comparisonOperator() { rest.append((operation, try sum())) }
    guard !rest.isEmpty else { return first }
    return try expression(.comparison(first, rest), at: position, [first] + rest.map(\.operand))
  }

  private mutating func comparisonOperator() -> TemplateComparison? {
    if case .symbol(let symbol) = current.kind, let operation = TemplateComparison(rawValue: symbol.rawValue) {
      advance()
      return operation
    }
    if skip("in") { return .contained }
    guard isName("not"), next.kind == .name("in") else { return nil }
    advance()
    advance()
    return .notContained
  }

  private mutating func sum() throws -> TemplateExpression {
    try chain(of: [.plus, .minus]) { try $0.concatenation() }
  }

  private mutating func concatenation() throws -> TemplateExpression {
    let position = current.position
    var parts = [try product()]
    while skip(.tilde) { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try expression(.concatenation(parts), at: position, parts)
  }

  private mutating func product() throws -> TemplateExpression {
    try chain(of: [.multiply, .divide, .floorDivide, .modulo]) { parser in
      try parser.chain(of: [.power]) { try $0.unary() }
    }
  }

  /// Operands with operators between, the left ones first.
  private mutating func chain(
    of symbols: [TemplateToken.Symbol], operand: (inout TemplateParser) throws -> TemplateExpression
  ) throws -> TemplateExpression {
    var left = try operand(&self)
    while case .symbol(let symbol) = current.kind, symbols.contains(symbol),
      let operation = TemplateArithmetic(rawValue: symbol.rawValue)
    {
      let position = current.position
      advance()
      let right = try operand(&self)
      left = try expression(.arithmetic(operation, left, right), at: position, [left, right])
    }
    return left
  }

  private mutating func unary(filters: Bool = true) throws -> TemplateExpression {
    let position = current.position
    var value: TemplateExpression
    if skip(.minus) {
      value = try nested { try $0.unary(filters: false) }
      value = try expression(.negate(value), at: position, [value])
    } else if skip(.plus) {
      value = try nested { try $0.unary(filters: false) }
      value = try expression(.positive(value), at: position, [value])
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return filters ? try filtered(value) : value
  }

  func unsupported(_ feature: String) -> TemplateFailure {
    TemplateFailure(.unsupported, feature, at: current.position)
  }
}
