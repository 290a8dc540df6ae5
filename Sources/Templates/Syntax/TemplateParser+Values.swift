// Values, and what follows them.
extension TemplateParser {
  mutating func primary() throws -> TemplateExpression {
    let token = current
    switch token.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try expression(.bool(true), at: token.position)
      case "false", "False": return try expression(.bool(false), at: token.position)
      case "none", "None": return try expression(.none, at: token.position)
      default: return try expression(.name(name), at: token.position)
      }
    case .string(var text):
      advance()
      // Strings side by side are one.
      while case .string(let more) = current.kind {
        text += more
        advance()
      }
      return try expression(.string(text), at: token.position)
    case .integer(let value):
      advance()
      return try expression(.integer(value), at: token.position)
    case .float(let value):
      advance()
      return try expression(.float(value), at: token.position)
    case .symbol(.openParen):
      advance()
      let value = try nested { try $0.tuple(inParentheses: true) }
      try expect(.closeParen)
      return value
    case .symbol(.openBracket): return try list()
    case .symbol(.openBrace): return try mapping()
    default: throw unexpected("a value")
    }
  }

  private mutating func list() throws -> TemplateExpression {
    let position = current.position
    advance()
    var elements: [TemplateExpression] = []
    while !isSymbol(.closeBracket) {
      if !elements.isEmpty { try expect(.comma) }
      if isSymbol(.closeBracket) { break }
      elements.append(try expression())
    }
    try expect(.closeBracket)
    return try expression(.list(elements), at: position, elements)
  }

  private mutating func mapping() throws -> TemplateExpression {
    let position = current.position
    advance()
    var pairs: [(key: TemplateExpression, value: TemplateExpression)] = []
    while !isSymbol(.closeBrace) {
      if !pairs.isEmpty { try expect(.comma) }
      if isSymbol(.closeBrace) { break }
      let key = try expression()
      try expect(.colon)
      pairs.append((key, try expression()))
    }
    try expect(.closeBrace)
    return try expression(.mapping(pairs), at: position, pairs.flatMap { [$0.key, $0.value] })
  }

  /// Attributes, items and calls after a value.
  mutating func postfix(_ value: TemplateExpression) throws -> TemplateExpression {
    var value = value
    while true {
      if isSymbol(.dot) {
        value = try attribute(of: value)
      } else if isSymbol(.openBracket) {
        value = try item(of: value)
      } else if isSymbol(.openParen) {
        value = try call(value)
      } else {
        return value
      }
    }
  }

  /// Filters and tests after a value.
  mutating func filtered(_ value: TemplateExpression) throws -> TemplateExpression {
    var value = value
    while true {
      let position = current.position
      if skip(.pipe) {
        value = try filter(of: value, at: position)
      } else if skip("is") {
        value = try test(of: value, at: position)
      } else if isSymbol(.openParen) {
        value = try call(value)
      } else {
        return value
      }
    }
  }

  mutating func filter(of value: TemplateExpression, at position: TemplatePosition) throws -> TemplateExpression {
    let name = try dottedName()
    let arguments = isSymbol(.openParen) ? try arguments() : TemplateArguments()
    return try expression(.filter(value, name, arguments), at: position, [value] + arguments.expressions)
  }

  private mutating func dottedName() throws -> String {
    var name = try expectName()
    while skip(.dot) { name += "." + (try expectName()) }
    return name
  }

  private mutating func attribute(of value: TemplateExpression) throws -> TemplateExpression {
    let position = current.position
    advance()
    if case .integer(let index) = current.kind {
      let key = try expression(.integer(index), at: current.position)
      advance()
      return try expression(.item(value, key), at: position, [value, key])
    }
    let name = try expectName("a name or number")
    return try expression(.attribute(value, name), at: position, [value])
  }

  private mutating func item(of value: TemplateExpression) throws -> TemplateExpression {
    let position = current.position
    advance()
    let key = isSymbol(.colon) ? nil : try expression()
    guard isSymbol(.colon) else {
      if isSymbol(.comma) { throw unsupported("several items at once") }
      try expect(.closeBracket)
      guard let key else { throw unexpected("an item") }
      return try expression(.item(value, key), at: position, [value, key])
    }
    advance()
    let end = isSymbol(.colon) || isSymbol(.closeBracket) ? nil : try expression()
    let step = skip(.colon) && !isSymbol(.closeBracket) ? try expression() : nil
    try expect(.closeBracket)
    return try expression(.slice(value, key, end, step), at: position, [value] + [key, end, step].compactMap { $0 })
  }

  private mutating func call(_ value: TemplateExpression) throws -> TemplateExpression {
    let position = current.position
    let arguments = try arguments()
    return try expression(.call(value, arguments), at: position, [value] + arguments.expressions)
  }

  private mutating func arguments() throws -> TemplateArguments {
    try expect(.openParen)
    var out = TemplateArguments()
    var isFirst = true
    while !isSymbol(.closeParen) {
      if !isFirst { try expect(.comma) }
      if isSymbol(.closeParen) { break }
      isFirst = false
      if skip(.multiply) {
        guard out.rest == nil, out.namedRest == nil else { throw unexpected("an argument") }
        out.rest = try expression()
      } else if skip(.power) {
        guard out.namedRest == nil else { throw unexpected("an argument") }
        out.namedRest = try expression()
      } else if case .name(let name) = current.kind, next.kind == .symbol(.assign) {
        guard out.namedRest == nil else { throw unexpected("an argument") }
        advance()
        advance()
        guard !out.named.contains(where: { $0.name == name }) else {
          throw TemplateFailure(.syntax, "the argument \(name) twice", at: current.position)
        }
        out.named.append((name, try expression()))
      } else {
        guard out.named.isEmpty, out.rest == nil, out.namedRest == nil else { throw unexpected("a named argument") }
        out.positional.append(try expression())
      }
    }
    try expect(.closeParen)
    return out
  }

  /// `is name`, `is not name`, `is name argument`, `is name(arguments)`.
  private mutating func test(of value: TemplateExpression, at position: TemplatePosition) throws -> TemplateExpression {
    let isNegated = skip("not")
    let name = try dottedName()
    var arguments = TemplateArguments()
    switch current.kind {
    case .symbol(.openParen): arguments = try self.arguments()
    case .name("else"), .name("or"), .name("and"): break
    case .name("is"): throw TemplateFailure(.syntax, "one test behind another", at: current.position)
    case .name, .string, .integer, .float, .symbol(.openBracket), .symbol(.openBrace):
      arguments.positional = [try nested { try $0.postfix($0.primary()) }]
    default: break
    }
    let test = try expression(.test(value, name, arguments), at: position, [value] + arguments.expressions)
    return isNegated ? try expression(.not(test), at: position, [test]) : test
  }
}
