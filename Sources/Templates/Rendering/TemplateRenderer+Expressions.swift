import StrictJSON

extension TemplateRenderer {
  /// The value of an expression.
  func evaluate(_ expression: TemplateExpression, in scope: TemplateScope) throws -> TemplateValue {
    do {
      try budget.step()
      return try budget.nested { try value(of: expression, in: scope) }
    } catch let failure as TemplateFailure {
      throw failure.at(expression.position)
    }
  }

  private func value(of expression: TemplateExpression, in scope: TemplateScope) throws -> TemplateValue {
    switch expression.form {
    case .none: return .none
    case .bool(let flag): return .bool(flag)
    case .integer(let value): return .integer(value)
    case .float(let value): return .float(value)
    case .string(let text): return .string(text)
    case .list(let elements): return try budget.checked(.list(TemplateList(values(of: elements, in: scope))))
    case .tuple(let elements): return try budget.checked(.tuple(TemplateList(values(of: elements, in: scope))))
    case .mapping(let pairs): return try mapping(pairs, in: scope)
    case .name(let name): return try variable(name, in: scope)
    case .attribute(let object, let name):
      return try attribute(name, of: evaluate(object, in: scope), what: object.source)
    case .item(let object, let key):
      return try item(evaluate(key, in: scope), of: evaluate(object, in: scope), what: object.source)
    case .slice(let object, let start, let end, let step):
      let bounds = try [start, end, step].map { try $0.map { try evaluate($0, in: scope) } ?? .none }
      return try slice(evaluate(object, in: scope), bounds)
    case .call(let callee, let arguments): return try call(callee, arguments, in: scope)
    case .filter(let value, let name, let arguments):
      return try filtered(evaluate(value, in: scope), name, evaluated(arguments, in: scope))
    case .test(let value, let name, let arguments):
      let given = try evaluated(arguments, in: scope)
      return .bool(try passes(evaluate(value, in: scope), name, given.positional + given.named.map(\.1)))
    case .not(let operand): return .bool(try !evaluate(operand, in: scope).isTrue)
    case .negate(let operand): return try negated(evaluate(operand, in: scope))
    case .positive(let operand): return try positive(evaluate(operand, in: scope))
    case .and(let left, let right):
      let value = try evaluate(left, in: scope)
      return value.isTrue ? try evaluate(right, in: scope) : value
    case .or(let left, let right):
      let value = try evaluate(left, in: scope)
      return value.isTrue ? value : try evaluate(right, in: scope)
    case .arithmetic(let operation, let left, let right):
      let values = (try evaluate(left, in: scope), try evaluate(right, in: scope))
      return try budget.checked(try arithmetic(operation, values.0, values.1))
    case .concatenation(let parts): return try concatenated(values(of: parts, in: scope))
    case .comparison(let first, let rest): return .bool(try compare(first, rest, in: scope))
    case .conditional(let value, let condition, let otherwise):
      if try evaluate(condition, in: scope).isTrue { return try evaluate(value, in: scope) }
      return try otherwise.map { try evaluate($0, in: scope) } ?? .undefined("the condition is false and has no else")
    }
  }

  func values(of expressions: [TemplateExpression], in scope: TemplateScope) throws -> [TemplateValue] {
    try expressions.map { try evaluate($0, in: scope) }
  }

  func evaluated(_ arguments: TemplateArguments, in scope: TemplateScope) throws -> CallArguments {
    var out = CallArguments(
      positional: try values(of: arguments.positional, in: scope),
      named: try arguments.named.map { ($0.name, try evaluate($0.value, in: scope)) })
    if let rest = arguments.rest { out.positional += try elements(of: evaluate(rest, in: scope)) }
    if let rest = arguments.namedRest {
      guard case .mapping(let mapping) = try evaluate(rest, in: scope) else {
        throw TemplateFailure(.value, expected: "a mapping behind **", "another value")
      }
      try budget.spend(elements: mapping.members.count)
      for member in mapping.members {
        guard !out.named.contains(where: { UTF8Name($0.0) == UTF8Name(member.key) }) else {
          throw TemplateFailure(.value, expected: "every argument once", member.key)
        }
        out.named.append((member.key, member.value))
      }
    }
    return out
  }

  private func mapping(
    _ pairs: [(key: TemplateExpression, value: TemplateExpression)], in scope: TemplateScope
  ) throws -> TemplateValue {
    let members = try pairs.map { pair -> (key: String, value: TemplateValue) in
      guard case .string(let key) = try evaluate(pair.key, in: scope) else {
        throw TemplateFailure(.unsupported, "a mapping with a key that is no string", at: pair.key.position)
      }
      return (key.string, try evaluate(pair.value, in: scope))
    }
    return try budget.checked(.mapping(TemplateMapping(members)))
  }

  private func variable(_ name: String, in scope: TemplateScope) throws -> TemplateValue {
    if let value = scope.value(of: name) { return value }
    if let function = GlobalFunction(rawValue: name) { return .function(function) }
    if name == "self" {
      throw TemplateFailure(.unsupported, "the variable \(name)")
    }
    return .undefined("\(name) is undefined")
  }

  private func compare(
    _ first: TemplateExpression, _ rest: [(operation: TemplateComparison, operand: TemplateExpression)],
    in scope: TemplateScope
  ) throws -> Bool {
    var left = try evaluate(first, in: scope)
    for (operation, operand) in rest {
      let right = try evaluate(operand, in: scope)
      let holds = try compare(left, operation, right)
      guard holds else { return false }
      left = right
    }
    return true
  }

  func compare(_ left: TemplateValue, _ operation: TemplateComparison, _ right: TemplateValue) throws -> Bool {
    switch operation {
    case .equal: try left.equals(right, budget)
    case .notEqual: try !left.equals(right, budget)
    case .less: try left.isLess(than: right, budget)
    case .greater: try right.isLess(than: left, budget)
    case .lessEqual: try left.isLess(than: right, budget) || left.equals(right, budget)
    case .greaterEqual: try right.isLess(than: left, budget) || left.equals(right, budget)
    case .contained: try right.contains(left, budget)
    case .notContained: try !right.contains(left, budget)
    }
  }

  private func concatenated(_ parts: [TemplateValue]) throws -> TemplateValue {
    var out = ""
    for part in parts {
      let text = try part.text(budget)
      try budget.spend(text.utf8.count)
      out += text
    }
    return .string(out)
  }
}

/// Arguments of a call, evaluated.
struct CallArguments {
  var positional: [TemplateValue] = []
  var named: [(String, TemplateValue)] = []

  /// The argument at this place, or of this name.
  func value(_ index: Int, _ name: String) -> TemplateValue? {
    index < positional.count ? positional[index] : named.first { $0.0 == name }?.1
  }

  /// - Throws: a value failure for more arguments than these, or others.
  func check(_ callee: String, _ names: [String]) throws {
    guard positional.count <= names.count else {
      throw TemplateFailure(.value, expected: "at most \(names.count) arguments for \(callee)", "\(positional.count)")
    }
    for (name, _) in named where !names.dropFirst(positional.count).contains(name) {
      throw TemplateFailure(.value, expected: "arguments that \(callee) takes", name)
    }
  }
}

extension TemplateExpression {
  /// What messages call the expression.
  var source: String {
    switch form {
    case .name(let name): name
    case .attribute(let object, let name): "\(object.source).\(name)"
    case .item(let object, let key):
      switch key.form {
      case .integer(let index): "\(object.source)[\(index)]"
      case .string(let key): "\(object.source)['\(key.prefix(40))']"
      default: "\(object.source)[…]"
      }
    default: "the value"
    }
  }
}
