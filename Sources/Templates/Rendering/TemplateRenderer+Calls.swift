import StrictJSON

// Functions, macros and methods.
extension TemplateRenderer {
  func call(_ callee: TemplateExpression, _ arguments: TemplateArguments, in scope: TemplateScope) throws
    -> TemplateValue
  {
    let function = try evaluate(callee, in: scope)
    let arguments = try evaluated(arguments, in: scope)
    switch function {
    case .macro(let closure): return try call(closure, arguments.positional, arguments.named)
    case .function(let function): return try call(function, arguments)
    case .method(let method): return try call(method, arguments)
    case .undefined(let why): throw TemplateFailure(.value, expected: "a function", why)
    default: throw TemplateFailure(.value, expected: "a function", "\(callee.source) is \(function.typeName)")
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
    case .lipsum, .cycler, .joiner: throw TemplateFailure(.unsupported, "the function \(function.rawValue)")
    }
  }

  /// Keys and values of a mapping, and of named arguments behind it.
  private func members(_ arguments: CallArguments, _ callee: String) throws -> [(key: String, value: TemplateValue)] {
    guard arguments.positional.count <= 1 else {
      throw TemplateFailure(
        .value, expected: "at most one argument without a name for \(callee)", "\(arguments.positional.count)")
    }
    var out: [(key: String, value: TemplateValue)] = []
    if let first = arguments.positional.first {
      guard case .mapping(let mapping) = first else {
        throw TemplateFailure(.unsupported, "\(callee) of \(first.typeName)")
      }
      try budget.spend(elements: mapping.members.count)
      out = mapping.members.map { (key: $0.key, value: $0.value) }
    }
    return out + arguments.named.map { (key: $0.0, value: $0.1) }
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
