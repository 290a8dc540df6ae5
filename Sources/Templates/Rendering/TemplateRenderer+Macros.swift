// Macros, as `Macro.__call__` of jinja2 has them.
extension TemplateRenderer {
  /// The text that a macro makes of its arguments.
  func call(_ closure: MacroClosure, _ given: CallArguments) throws -> TemplateValue {
    let macro = closure.macro
    let count = macro.parameters.count
    var named = given.named
    var values = given.positional.prefix(count).map { Optional($0) }
    var hasCaller = values.count == count && macro.parameters.contains { $0.name == "caller" }
    for parameter in macro.parameters.dropFirst(values.count) {
      if parameter.name == "caller" { hasCaller = true }
      values.append(Self.take(parameter.name, from: &named))
    }
    let scope = TemplateScope(parent: closure.scope)
    if macro.special.contains("caller"), !hasCaller {
      scope.set("caller", Self.take("caller", from: &named) ?? .undefined("no caller is defined"))
    }
    if macro.special.contains("kwargs") {
      scope.set("kwargs", try budget.checked(.mapping(TemplateMapping(named.map { (key: $0.0, value: $0.1) }))))
    } else if let name = named.first?.0 {
      throw TemplateFailure(.value, expected: "arguments that the macro \(macro.name) takes", name)
    }
    if macro.special.contains("varargs") {
      scope.set("varargs", try budget.checked(.tuple(TemplateList(Array(given.positional.dropFirst(count))))))
    } else if given.positional.count > count {
      throw TemplateFailure(
        .value, expected: "at most \(count) arguments for the macro \(macro.name)", "\(given.positional.count)")
    }
    for (parameter, value) in zip(macro.parameters, values) {
      let missing = TemplateValue.undefined("the parameter \(parameter.name) was not given")
      scope.set(
        parameter.name, try value ?? parameter.initial.map { try evaluate($0, in: scope) } ?? missing)
    }
    return .string(try captured { _ = try run(macro.body, in: scope) })
  }

  private static func take(_ name: String, from named: inout [(String, TemplateValue)]) -> TemplateValue? {
    named.firstIndex { $0.0 == name }.map { named.remove(at: $0).1 }
  }

  /// `macro.name` and the like; nil for what a macro has not.
  func attribute(_ name: String, of macro: TemplateMacro) -> TemplateValue? {
    switch name {
    case "name": .string(macro.name)
    case "arguments": .tuple(TemplateList(macro.parameters.map { .string($0.name) }))
    case "catch_kwargs": .bool(macro.special.contains("kwargs"))
    case "catch_varargs": .bool(macro.special.contains("varargs"))
    case "caller": .bool(macro.special.contains("caller") || macro.parameters.contains { $0.name == "caller" })
    case "explicit_caller": .bool(macro.parameters.contains { $0.name == "caller" })
    default: nil
    }
  }
}
