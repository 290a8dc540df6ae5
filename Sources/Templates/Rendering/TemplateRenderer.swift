import StrictJSON

/// Runs a template's statements. Used for one rendering.
final class TemplateRenderer {
  /// What a statement means for the loop around it.
  enum Flow { case next, breakLoop, continueLoop }

  let budget: Budget
  private(set) var output: [UInt8] = []
  /// Everything that could hold a value that holds it: emptied at the end, so that nothing keeps itself alive.
  private var owners: [TemplateScope] = []
  private(set) var namespaces: [TemplateNamespace] = []
  private var recursiveLoops: [LoopState] = []

  init(_ limits: TemplateLimits) { budget = Budget(limits) }

  /// The text that a template makes of these variables.
  func render(_ statements: [TemplateStatement], variables: [(String, TemplateValue)]) throws -> String {
    let root = TemplateScope(parent: nil)
    owners.append(root)
    defer {
      for scope in owners { scope.removeAll() }
      for loop in recursiveLoops { loop.again = nil }
      for namespace in namespaces { namespace.attributes = [:] }
    }
    for (name, value) in variables { root.set(name, try budget.checked(value)) }
    // What the template sets is on top of what it is given.
    let top = TemplateScope(parent: root)
    owners.append(top)
    _ = try run(statements, in: top)
    return String(decoding: output, as: UTF8.self)
  }

  func write(_ text: String) throws {
    try budget.spend(text.utf8.count)
    guard output.count + text.utf8.count <= budget.limits.outputBytes else {
      throw TemplateFailure(.limit, expected: "at most \(budget.limits.outputBytes) bytes of text", "more")
    }
    output.append(contentsOf: text.utf8)
  }

  func makeNamespace() -> TemplateNamespace {
    let namespace = TemplateNamespace()
    namespaces.append(namespace)
    return namespace
  }

  /// The statements up to the end, or to one that leaves a loop.
  func run(_ statements: [TemplateStatement], in scope: TemplateScope) throws -> Flow {
    for statement in statements {
      do {
        try budget.step()
        let flow = try run(statement, in: scope)
        guard case .next = flow else { return flow }
      } catch let failure as TemplateFailure {
        throw failure.at(statement.position)
      }
    }
    return .next
  }

  private func run(_ statement: TemplateStatement, in scope: TemplateScope) throws -> Flow {
    switch statement.form {
    case .text(let text): try write(text)
    case .output(let expression): try write(try evaluate(expression, in: scope).text(budget))
    case .assignment(let target, let expression): try assign(try evaluate(expression, in: scope), to: target, in: scope)
    case .capture(let target, let filters, let body):
      let text = try captured { _ = try run(body, in: TemplateScope(parent: scope)) }
      try assign(try filters.map { try filtered(text, $0, in: scope) } ?? .string(text), to: target, in: scope)
    case .conditional(let branches):
      for (condition, body) in branches where try condition.map({ try evaluate($0, in: scope).isTrue }) ?? true {
        return try budget.nested { try run(body, in: scope) }
      }
    case .loop(let loop): try budget.nested { try run(loop, in: scope) }
    case .macro(let macro): scope.set(macro.name, .macro(closure(macro, in: scope)))
    case .scope(let values, let body):
      let inner = TemplateScope(parent: scope)
      for (target, value) in values { try assign(try evaluate(value, in: scope), to: target, in: inner) }
      return try budget.nested { try run(body, in: inner) }
    case .callBlock(let macro, let callee, let arguments):
      var given = try evaluated(arguments, in: scope)
      given.named.append(("caller", .macro(closure(macro, in: scope))))
      try write(try call(evaluate(callee, in: scope), given, callee.source).text(budget))
    case .filterBlock(let filters, let body):
      let text = try captured { _ = try run(body, in: TemplateScope(parent: scope)) }
      guard case .string(let result) = try filtered(text, filters, in: scope) else {
        throw TemplateFailure(.value, expected: "filters that make a string", "another value")
      }
      try write(result.string)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .next
  }

  private func closure(_ macro: TemplateMacro, in scope: TemplateScope) -> MacroClosure {
    if !scope.holdsMacro { owners.append(scope) }
    scope.holdsMacro = true
    return MacroClosure(macro, scope)
  }

  private func filtered(_ text: String, _ filters: TemplateExpression, in scope: TemplateScope) throws -> TemplateValue
  {
    let inner = TemplateScope(parent: scope)
    inner.set(TemplateExpression.captured, .string(text))
    return try evaluate(filters, in: inner)
  }

  /// What a body writes, instead of writing it.
  func captured(_ body: () throws -> Void) throws -> String {
    let outer = output
    output = []
    defer { output = outer }
    try budget.nested(body)
    return String(decoding: output, as: UTF8.self)
  }

  // MARK: Assignments

  func assign(_ value: TemplateValue, to target: TemplateTarget, in scope: TemplateScope) throws {
    switch target {
    case .name(let name): scope.set(name, value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace)? = scope.value(of: name) else {
        throw TemplateFailure(
          .value, expected: "\(name) to be a namespace", scope.value(of: name)?.typeName ?? "\(name) is undefined")
      }
      guard !attribute.hasPrefix("_") else {
        throw TemplateFailure(.value, expected: "an attribute without an underscore in front", attribute)
      }
      namespace.attributes[UTF8Name(attribute)] = value
    case .tuple(let targets):
      let values = try elements(of: value)
      guard values.count == targets.count else {
        throw TemplateFailure(.value, expected: "\(targets.count) values", "\(values.count)")
      }
      for (target, value) in zip(targets, values) { try assign(value, to: target, in: scope) }
    }
  }

  // MARK: Loops

  private func run(_ loop: TemplateLoop, in scope: TemplateScope) throws {
    try run(loop, over: evaluate(loop.sequence, in: scope), level: 0, in: scope)
  }

  private func run(_ loop: TemplateLoop, over sequence: TemplateValue, level: Int, in scope: TemplateScope) throws {
    var items = try elements(of: sequence)
    if let condition = loop.condition {
      items = try items.filter { item in
        try budget.step()
        let inner = TemplateScope(parent: scope)
        try assign(item, to: loop.target, in: inner)
        return try evaluate(condition, in: inner).isTrue
      }
    }
    let state = LoopState(items, level: level)
    if loop.isRecursive {
      state.again = (loop, scope)
      recursiveLoops.append(state)
    }
    // jinja2 runs `else` when no round came to its end: a round that is left does not.
    var cameToEnd = false
    for (index, item) in items.enumerated() {
      try budget.step()
      state.index = index
      // Every round begins without the variables of the last one.
      let inner = TemplateScope(parent: scope)
      inner.set("loop", try budget.checked(.loop(state)))
      try assign(item, to: loop.target, in: inner)
      let flow = try run(loop.body, in: inner)
      if case .breakLoop = flow { break }
      if case .next = flow { cameToEnd = true }
    }
    if !cameToEnd { _ = try run(loop.otherwise, in: TemplateScope(parent: scope)) }
  }

  /// `loop(sequence)` inside of a recursive loop: its text for another sequence.
  func call(_ state: LoopState, _ arguments: CallArguments) throws -> TemplateValue {
    guard let (loop, scope) = state.again else {
      throw TemplateFailure(.value, expected: "a loop that is recursive", "one that is not")
    }
    try arguments.check("loop", ["sequence"])
    let sequence = arguments.value(0, "sequence") ?? .undefined("no sequence was given")
    return .string(try captured { try run(loop, over: sequence, level: state.level + 1, in: scope) })
  }

  /// What a loop goes through.
  func elements(of value: TemplateValue) throws -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .list(let list), .tuple(let list):
      try budget.spend(elements: list.elements.count)
      return list.elements
    case .iterator(let iterator):
      try budget.spend(elements: iterator.elements.count)
      return try iterator.take()
    case .mapping(let mapping):
      try budget.spend(elements: mapping.members.count)
      return mapping.members.map { .string($0.key) }
    case .string(let text):
      try budget.spend(elements: text.string.utf8.count)
      return text.string.unicodeScalars.map { .string(TemplateText(String($0), isSafe: text.isSafe)) }
    default: throw TemplateFailure(.value, expected: "a list, mapping or string to go through", value.typeName)
    }
  }
}
