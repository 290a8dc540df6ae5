import StrictJSON

// Functions, macros and methods.
extension TemplateRenderer {
  func call(_ callee: TemplateExpression, _ arguments: TemplateArguments, in scope: TemplateScope) throws
    -> TemplateValue
  {
    let function = try evaluate(callee, in: scope)
    return try call(function, evaluated(arguments, in: scope), callee.source)
  }

  /// - Parameter source: what messages call the callee.
  func call(_ function: TemplateValue, _ arguments: CallArguments, _ source: @autoclosure () -> String) throws
    -> TemplateValue
  {
    switch function {
    case .macro(let closure): return try call(closure, arguments)
    case .function(let function): return try call(function, arguments)
    case .method(let method): return try call(method, arguments)
    case .loop(let loop): return try call(loop, arguments)
    case .joiner(let joiner):
      try arguments.check("a joiner", [])
      defer { joiner.wasCalled = true }
      return joiner.wasCalled ? joiner.separator : .string("")
    case .undefined(let why): throw TemplateFailure(.value, expected: "a function", why)
    default: throw TemplateFailure(.value, expected: "a function", "\(source()) is \(function.typeName)")
    }
  }

  private func call(_ function: GlobalFunction, _ arguments: CallArguments) throws -> TemplateValue {
    switch function {
    case .namespace:
      let namespace = makeNamespace()
      for (key, value) in try members(arguments, "namespace") {
        guard !key.hasPrefix("_") else {
          throw TemplateFailure(.value, expected: "an attribute without an underscore in front", key)
        }
        namespace.attributes[UTF8Name(key)] = value
      }
      return .namespace(namespace)
    case .dict: return try budget.checked(.mapping(TemplateMapping(members(arguments, "dict"))))
    case .range: return .iterator(TemplateIterator(.range, try range(arguments).map(TemplateValue.integer)))
    case .raiseException:
      try arguments.check("raise_exception", ["message"])
      throw TemplateFailure(.raised, try arguments.value(0, "message")?.text(budget) ?? "")
    case .strftimeNow:
      throw TemplateFailure(.unsupported, "strftime_now: what is rendered must not depend on the clock")
    case .cycler:
      guard arguments.named.isEmpty, !arguments.positional.isEmpty else {
        throw TemplateFailure(.value, expected: "items for cycler", "none")
      }
      return try budget.checked(.cycler(TemplateCycler(TemplateList(arguments.positional))))
    case .joiner:
      try arguments.check("joiner", ["sep"])
      return .joiner(TemplateJoiner(arguments.value(0, "sep") ?? .string(", ")))
    case .lipsum: throw TemplateFailure(.unsupported, "the function \(function.rawValue)")
    }
  }

  /// Keys and values of a mapping, and of named arguments after it.
  private func members(_ arguments: CallArguments, _ callee: String) throws -> [(key: String, value: TemplateValue)] {
    guard arguments.positional.count <= 1 else {
      throw TemplateFailure(
        .value, expected: "at most one argument without a name for \(callee)", "\(arguments.positional.count)")
    }
    var out: [(key: String, value: TemplateValue)] = []
    if let first = arguments.positional.first {
      if case .mapping(let mapping) = first {
        try budget.spend(elements: mapping.members.count)
        out = mapping.members.map { (key: $0.key, value: $0.value) }
      } else {
        out = try elements(of: first).map { try member($0, callee) }
      }
    }
    return out + arguments.named.map { (key: $0.0, value: $0.1) }
  }

  /// The key and value of a pair.
  private func member(_ pair: TemplateValue, _ callee: String) throws -> (key: String, value: TemplateValue) {
    let parts = try elements(of: pair)
    guard parts.count == 2 else {
      throw TemplateFailure(.value, expected: "pairs of a key and a value for \(callee)", "\(parts.count) values")
    }
    guard case .string(let key) = parts[0] else {
      throw TemplateFailure(.unsupported, "a mapping with a key that is no string")
    }
    return (key.string, parts[1])
  }

  private func range(_ arguments: CallArguments) throws -> [Int] {
    guard arguments.named.isEmpty, (1...3).contains(arguments.positional.count) else {
      throw TemplateFailure(.value, expected: "one to three integers for range", "other arguments")
    }
    let numbers = try arguments.positional.map { argument in
      guard let number = argument.integer else {
        throw TemplateFailure(.value, expected: "integers for range", argument.typeName)
      }
      return number
    }
    let start = numbers.count > 1 ? numbers[0] : 0
    let end = numbers.count > 1 ? numbers[1] : numbers[0]
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw TemplateFailure(.value, expected: "a step other than 0", "0") }
    // The sandbox that chat templates run in has the same bound.
    let most = 100_000
    var out: [Int] = []
    var next = start
    while step > 0 ? next < end : next > end {
      guard out.count < most else {
        throw TemplateFailure(.limit, expected: "at most \(most) numbers in a range", "more")
      }
      out.append(next)
      let (sum, isOver) = next.addingReportingOverflow(step)
      if isOver { break }
      next = sum
    }
    try budget.spend(elements: out.count)
    return out
  }
}
