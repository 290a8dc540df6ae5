/// Which of a few names a body reads before it sets them, as `UndeclaredNameVisitor` of jinja2 finds them.
struct TemplateNames {
  private var left: Set<String>
  private var found: Set<String> = []

  static func read(in body: [TemplateStatement], of names: Set<String>) -> Set<String> {
    var visitor = TemplateNames(left: names)
    visitor.visit(body)
    return visitor.found
  }

  private mutating func visit(_ body: [TemplateStatement]) {
    for statement in body { visit(statement) }
  }

  private mutating func visit(_ statement: TemplateStatement) {
    switch statement.form {
    case .text, .breakLoop, .continueLoop: break
    case .output(let expression): visit(expression)
    case .assignment(let target, let value):
      visit(target)
      visit(value)
    case .capture(let target, let filters, let body):
      visit(target)
      filters.map { visit($0) }
      visit(body)
    case .conditional(let branches):
      for branch in branches {
        branch.condition.map { visit($0) }
        visit(branch.body)
      }
    case .loop(let loop):
      visit(loop.target)
      visit(loop.sequence)
      visit(loop.body)
      visit(loop.otherwise)
      loop.condition.map { visit($0) }
    case .macro(let macro): visit(macro)
    case .scope(let values, let body):
      for (target, value) in values {
        visit(target)
        visit(value)
      }
      visit(body)
    case .callBlock(let macro, let callee, let arguments):
      visit(callee)
      for expression in arguments.expressions { visit(expression) }
      visit(macro)
    case .filterBlock(let expression, let body):
      visit(body)
      visit(expression)
    }
  }

  private mutating func visit(_ macro: TemplateMacro) {
    for parameter in macro.parameters {
      left.remove(parameter.name)
      parameter.initial.map { visit($0) }
    }
    visit(macro.body)
  }

  private mutating func visit(_ target: TemplateTarget) {
    switch target {
    case .name(let name): left.remove(name)
    case .attribute: break
    case .tuple(let targets): for target in targets { visit(target) }
    }
  }

  private mutating func visit(_ expression: TemplateExpression) {
    if case .name(let name) = expression.form {
      if left.contains(name) { found.insert(name) }
      return
    }
    for part in expression.parts { visit(part) }
  }
}

extension TemplateExpression {
  /// The expressions that this one is made of.
  var parts: [TemplateExpression] {
    switch form {
    case .none, .bool, .integer, .float, .string, .name: []
    case .list(let elements), .tuple(let elements), .concatenation(let elements): elements
    case .mapping(let pairs): pairs.flatMap { [$0.key, $0.value] }
    case .attribute(let object, _): [object]
    case .item(let object, let key): [object, key]
    case .slice(let object, let start, let end, let step): [object] + [start, end, step].compactMap { $0 }
    case .call(let value, let arguments), .filter(let value, _, let arguments), .test(let value, _, let arguments):
      [value] + arguments.expressions
    case .not(let value), .negate(let value), .positive(let value): [value]
    case .and(let left, let right), .or(let left, let right), .arithmetic(_, let left, let right): [left, right]
    case .comparison(let first, let rest): [first] + rest.map(\.operand)
    case .conditional(let value, let condition, let otherwise): [value, condition] + [otherwise].compactMap { $0 }
    }
  }
}
