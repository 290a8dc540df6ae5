/// A template that was read.
struct TemplateSource: Sendable {
  let statements: [TemplateStatement]
  /// The texts outside of tags and the strings inside of them.
  let literals: [String]
}

/// An expression of a template.
struct TemplateExpression: Sendable {
  indirect enum Form: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case list([TemplateExpression])
    case tuple([TemplateExpression])
    case mapping([(key: TemplateExpression, value: TemplateExpression)])
    case name(String)
    /// `value.name`
    case attribute(TemplateExpression, String)
    /// `value[key]`, `value.0`
    case item(TemplateExpression, TemplateExpression)
    /// `value[start:end:step]`
    case slice(TemplateExpression, TemplateExpression?, TemplateExpression?, TemplateExpression?)
    case call(TemplateExpression, TemplateArguments)
    case filter(TemplateExpression, String, TemplateArguments)
    /// `value is name`
    case test(TemplateExpression, String, TemplateArguments)
    case not(TemplateExpression)
    case negate(TemplateExpression)
    case positive(TemplateExpression)
    case and(TemplateExpression, TemplateExpression)
    case or(TemplateExpression, TemplateExpression)
    case arithmetic(TemplateArithmetic, TemplateExpression, TemplateExpression)
    /// `a ~ b ~ c`
    case concatenation([TemplateExpression])
    /// `a < b <= c`
    case comparison(TemplateExpression, [(operation: TemplateComparison, operand: TemplateExpression)])
    /// `value if condition else other`
    case conditional(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
  }

  let form: Form
  let position: TemplatePosition
  /// Expressions on the longest way down, this one included.
  let height: Int

  /// The variable that a body's text is while its filters run; no source can spell it.
  static let captured = "the body"
}

/// What is in parentheses after a callable, a filter or a test.
struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []
  /// `*values`, `**members`
  var rest: TemplateExpression?
  var namedRest: TemplateExpression?

  var expressions: [TemplateExpression] { positional + named.map(\.value) + [rest, namedRest].compactMap { $0 } }
}

enum TemplateArithmetic: String, Sendable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"
}

enum TemplateComparison: String, Sendable {
  case equal = "==", notEqual = "!=", less = "<", lessEqual = "<=", greater = ">", greaterEqual = ">="
  case contained = "in", notContained = "not in"
}

/// A statement, or text, of a template.
struct TemplateStatement: Sendable {
  indirect enum Form: Sendable {
    case text(String)
    case output(TemplateExpression)
    case assignment(TemplateTarget, TemplateExpression)
    /// `{% set name %}…{% endset %}`
    case capture(TemplateTarget, filters: TemplateExpression?, [TemplateStatement])
    /// The branches in order; `else` is the body without a condition.
    case conditional([(condition: TemplateExpression?, body: [TemplateStatement])])
    case loop(TemplateLoop)
    case macro(TemplateMacro)
    /// A body with its own variables: `{% generation %}`; `{% with %}` sets some first, with values from outside.
    case scope([(target: TemplateTarget, value: TemplateExpression)], [TemplateStatement])
    /// `{% call(parameters) callee(arguments) %}body{% endcall %}`: the body is a macro that the callee is given.
    case callBlock(TemplateMacro, TemplateExpression, TemplateArguments)
    /// `{% filter name %}body{% endfilter %}`: the expression filters what ``TemplateExpression/captured`` names.
    case filterBlock(TemplateExpression, [TemplateStatement])
    case breakLoop, continueLoop
  }

  let form: Form
  let position: TemplatePosition
}

/// What a value is assigned to.
indirect enum TemplateTarget: Sendable {
  case name(String)
  /// `namespace.attribute`
  case attribute(String, String)
  case tuple([TemplateTarget])
}

/// `{% for target in sequence if condition %}body{% else %}otherwise{% endfor %}`
struct TemplateLoop: Sendable {
  let target: TemplateTarget
  let sequence: TemplateExpression
  let condition: TemplateExpression?
  let body: [TemplateStatement]
  let otherwise: [TemplateStatement]
  /// Whether `loop(…)` inside runs the loop again, over another sequence.
  let isRecursive: Bool
}

/// `{% macro name(parameters) %}body{% endmacro %}`
struct TemplateMacro: Sendable {
  let name: String
  let parameters: [(name: String, initial: TemplateExpression?)]
  let body: [TemplateStatement]
  /// Which of `caller`, `varargs` and `kwargs` the body reads without setting it: only then the macro takes such arguments.
  let special: Set<String>

  init(name: String, parameters: [(name: String, initial: TemplateExpression?)], body: [TemplateStatement]) {
    self.name = name
    self.parameters = parameters
    self.body = body
    special = TemplateNames.read(in: body, of: ["caller", "varargs", "kwargs"])
      .subtracting(parameters.map(\.name))
  }
}
