/// Makes statements of tokens; follows `parser.py` of jinja2 3.1.
struct TemplateParser {
  let tokens: [TemplateToken]
  let maxDepth: Int
  var index = 0
  /// Statements and expressions around the present token.
  var depth = 0
  /// Loops around the present token, inside of the same macro.
  var loops = 0

  /// The statements of a whole source.
  static func parse(_ source: String, limits: TemplateLimits) throws -> TemplateSource {
    guard source.utf8.count <= limits.sourceBytes else {
      throw TemplateFailure(
        .limit, expected: "a source of at most \(limits.sourceBytes) bytes", "\(source.utf8.count) bytes")
    }
    var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: source), maxDepth: limits.depth)
    let statements = try parser.body(until: [])
    let literals = parser.tokens.compactMap { token in
      switch token.kind {
      case .data(let text), .string(let text): text
      default: nil
      }
    }
    return TemplateSource(statements: statements, literals: literals)
  }

  // MARK: Tokens

  var current: TemplateToken { tokens[index] }

  /// The token after the present one; the end stays the end.
  var next: TemplateToken { tokens[min(index + 1, tokens.count - 1)] }

  mutating func advance() { index = min(index + 1, tokens.count - 1) }

  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  func isSymbol(_ symbol: TemplateToken.Symbol) -> Bool { current.kind == .symbol(symbol) }

  /// Steps over a keyword if it is here.
  mutating func skip(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  /// Steps over a symbol if it is here.
  mutating func skip(_ symbol: TemplateToken.Symbol) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: TemplateToken.Kind, _ expected: String) throws {
    guard current.kind == kind else { throw unexpected(expected) }
    advance()
  }

  mutating func expect(_ symbol: TemplateToken.Symbol) throws { try expect(.symbol(symbol), symbol.rawValue) }

  mutating func expectName(_ expected: String = "a name") throws -> String {
    guard case .name(let name) = current.kind else { throw unexpected(expected) }
    advance()
    return name
  }

  func unexpected(_ expected: String) -> TemplateFailure {
    TemplateFailure(.syntax, expected: expected, current.text, at: current.position)
  }

  // MARK: Nesting

  /// Reads one level deeper.
  mutating func nested<T>(_ read: (inout TemplateParser) throws -> T) throws -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth <= maxDepth else { throw tooDeep(current.position) }
    return try read(&self)
  }

  /// An expression with these parts.
  func expression(
    _ form: TemplateExpression.Form, at position: TemplatePosition, _ parts: [TemplateExpression] = []
  ) throws -> TemplateExpression {
    // A chain of operators is as deep as it is long, without any nesting that the reading would notice.
    let height = 1 + (parts.map(\.height).max() ?? 0)
    guard height <= maxDepth else { throw tooDeep(position) }
    return TemplateExpression(form: form, position: position, height: height)
  }

  private func tooDeep(_ position: TemplatePosition) -> TemplateFailure {
    TemplateFailure(.limit, expected: "at most \(maxDepth) levels", "a deeper nesting", at: position)
  }
}
