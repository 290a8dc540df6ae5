extension TemplateParser {
  /// Text, output and statements up to a tag with one of these names, which is stepped into: its name is read, the rest
  /// is not. Without names, up to the end.
  mutating func body(until ends: [String]) throws -> [TemplateStatement] {
    var out: [TemplateStatement] = []
    while true {
      let token = current
      switch token.kind {
      case .data(let text):
        out.append(TemplateStatement(form: .text(text), position: token.position))
        advance()
      case .variableBegin:
        advance()
        let expression = try tuple()
        try expect(.variableEnd, "}}")
        out.append(TemplateStatement(form: .output(expression), position: token.position))
      case .blockBegin:
        advance()
        if case .name(let name) = current.kind, ends.contains(name) {
          advance()
          return out
        }
        out.append(try nested { try $0.statement() })
      default:
        guard case .end = token.kind, ends.isEmpty else {
          throw unexpected(ends.isEmpty ? "text or a tag" : ends.map { "{% \($0) %}" }.joined(separator: " or "))
        }
        return out
      }
    }
  }

  private mutating func statement() throws -> TemplateStatement {
    let position = current.position
    let name = try expectName("the name of a statement")
    let form: TemplateStatement.Form
    switch name {
    case "set": form = try assignment()
    case "if": form = try conditional()
    case "for": form = try loop()
    case "macro": form = try macro()
    case "generation":
      try endTag()
      form = .scope([], try finished(body(until: ["endgeneration"])))
    case "with": form = try with()
    case "call": form = try callBlock()
    case "filter":
      let filters = try filters(at: position, isFirst: true)
      try endTag()
      form = .filterBlock(filters, try finished(body(until: ["endfilter"])))
    case "break", "continue":
      guard loops > 0 else {
        throw TemplateFailure(.syntax, "{% \(name) %} outside of a loop", at: position)
      }
      try endTag()
      form = name == "break" ? .breakLoop : .continueLoop
    case "elif", "else", "endif", "endfor", "endmacro", "endset", "endgeneration", "endwith", "endcall", "endfilter":
      throw TemplateFailure(.syntax, "{% \(name) %} without its beginning", at: position)
    default: throw TemplateFailure(.unsupported, "{% \(name) %}", at: position)
    }
    return TemplateStatement(form: form, position: position)
  }

  private mutating func endTag() throws { try expect(.blockEnd, "%}") }

  /// Reads to the end of the tag that ended a body.
  private mutating func finished(_ body: [TemplateStatement]) throws -> [TemplateStatement] {
    try endTag()
    return body
  }

  private mutating func assignment() throws -> TemplateStatement.Form {
    let target = try target(attributes: true)
    if skip(.assign) {
      let value = try tuple()
      try endTag()
      return .assignment(target, value)
    }
    let filters = isSymbol(.pipe) ? try filters(at: current.position, isFirst: false) : nil
    try endTag()
    return .capture(target, filters: filters, try finished(body(until: ["endset"])))
  }

  private mutating func conditional() throws -> TemplateStatement.Form {
    var branches: [(condition: TemplateExpression?, body: [TemplateStatement])] = []
    while true {
      let condition = try tuple(conditional: false)
      try endTag()
      let body = try body(until: ["elif", "else", "endif"])
      branches.append((condition, body))
      let end = tokens[index - 1].kind
      if end == .name("elif") { continue }
      try endTag()
      if end == .name("else") {
        branches.append((nil, try finished(self.body(until: ["endif"]))))
      }
      return .conditional(branches)
    }
  }

  private mutating func loop() throws -> TemplateStatement.Form {
    let target = try target(attributes: false)
    guard skip("in") else { throw unexpected("in") }
    let sequence = try tuple(conditional: false)
    let condition = skip("if") ? try expression() : nil
    let isRecursive = skip("recursive")
    try endTag()
    loops += 1
    let body = try body(until: ["endfor", "else"])
    loops -= 1
    let isElse = tokens[index - 1].kind == .name("else")
    try endTag()
    let otherwise = isElse ? try finished(self.body(until: ["endfor"])) : []
    return .loop(
      TemplateLoop(
        target: target, sequence: sequence, condition: condition, body: body, otherwise: otherwise,
        isRecursive: isRecursive))
  }

  private mutating func macro() throws -> TemplateStatement.Form {
    let name = try assignableName()
    let parameters = try parameters()
    try endTag()
    return .macro(try closed(name, parameters, until: "endmacro"))
  }

  /// A macro whose body comes next. What leaves a loop does not reach through it.
  private mutating func closed(
    _ name: String, _ parameters: [(name: String, initial: TemplateExpression?)], until end: String
  ) throws -> TemplateMacro {
    let outer = loops
    loops = 0
    defer { loops = outer }
    let macro = TemplateMacro(name: name, parameters: parameters, body: try finished(body(until: [end])))
    if let caller = parameters.first(where: { $0.name == "caller" }), caller.initial == nil {
      throw TemplateFailure(.syntax, expected: "a default for the parameter caller", "none", at: current.position)
    }
    return macro
  }

  /// Parameters in parentheses.
  private mutating func parameters() throws -> [(name: String, initial: TemplateExpression?)] {
    try expect(.openParen)
    var parameters: [(name: String, initial: TemplateExpression?)] = []
    while !isSymbol(.closeParen) {
      if !parameters.isEmpty { try expect(.comma) }
      let position = current.position
      let parameter = try assignableName()
      let initial = skip(.assign) ? try expression() : nil
      if initial == nil, parameters.last?.initial != nil {
        throw TemplateFailure(.syntax, expected: "a default for \(parameter)", "none", at: position)
      }
      parameters.append((parameter, initial))
    }
    try expect(.closeParen)
    return parameters
  }

  private mutating func callBlock() throws -> TemplateStatement.Form {
    let parameters = isSymbol(.openParen) ? try parameters() : []
    let call = try expression()
    guard case .call(let callee, let arguments) = call.form else {
      throw TemplateFailure(.syntax, expected: "a call", "something else", at: call.position)
    }
    try endTag()
    return .callBlock(try closed("caller", parameters, until: "endcall"), callee, arguments)
  }

  private mutating func with() throws -> TemplateStatement.Form {
    var values: [(target: TemplateTarget, value: TemplateExpression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(.comma) }
      let target = try target(attributes: false, tuples: false)
      try expect(.assign)
      values.append((target, try expression()))
    }
    try endTag()
    return .scope(values, try finished(body(until: ["endwith"])))
  }

  /// Filters of a body's text.
  /// - Parameter isFirst: whether the first one is written without a `|` before it.
  private mutating func filters(at position: TemplatePosition, isFirst: Bool) throws -> TemplateExpression {
    var value = try expression(.name(TemplateExpression.captured), at: position)
    if isFirst { value = try filter(of: value, at: current.position) }
    while case let place = current.position, skip(.pipe) { value = try filter(of: value, at: place) }
    return value
  }

  /// A name that is no constant.
  private mutating func assignableName() throws -> String {
    let token = current
    let name = try expectName()
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw TemplateFailure(.syntax, expected: "a name", name, at: token.position)
    }
    return name
  }

  /// A name, an attribute of a namespace, or several with commas between.
  private mutating func target(attributes: Bool, tuples: Bool = true) throws -> TemplateTarget {
    var targets: [TemplateTarget] = []
    var isTuple = false
    repeat {
      if isTuple, isEndOfTarget { break }
      targets.append(try oneTarget(attributes: attributes))
      if tuples, isSymbol(.comma) { isTuple = true }
    } while tuples && skip(.comma)
    return isTuple ? .tuple(targets) : targets[0]
  }

  private var isEndOfTarget: Bool { isSymbol(.closeParen) || isName("in") || isSymbol(.assign) }

  private mutating func oneTarget(attributes: Bool) throws -> TemplateTarget {
    if skip(.openParen) {
      let inner = try nested { try $0.target(attributes: attributes) }
      try expect(.closeParen)
      return inner
    }
    let name = try assignableName()
    guard attributes, skip(.dot) else { return .name(name) }
    return .attribute(name, try expectName())
  }
}
