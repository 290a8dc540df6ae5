// Methods of strings and mappings.
extension TemplateRenderer {
  /// The method of a type; nil where Python has none of this name.
  func method(_ name: String, of value: TemplateValue) -> TemplateValue? {
    let names: Set<String>
    switch value {
    case .string: names = Self.stringMethods
    case .mapping: names = Self.mappingMethods
    case .list: names = Self.listMethods
    case .tuple: names = ["count", "index"]
    case .integer, .wideInteger, .bool: names = Self.integerAttributes
    case .float: names = Self.floatAttributes
    default: return nil
    }
    guard names.contains(name) else { return nil }
    // The sandbox hides what would change a value.
    if case .mapping = value, Self.changingMethods.contains(name) { return .undefined("\(name) would change a value") }
    if case .list = value, Self.changingMethods.contains(name) { return .undefined("\(name) would change a value") }
    return .method(BoundMethod(receiver: value, name: name))
  }

  func call(_ method: BoundMethod, _ arguments: CallArguments) throws -> TemplateValue {
    switch method.receiver {
    case .string(let text): return try call(method.name, of: text, arguments)
    case .mapping(let mapping): return try call(method.name, of: mapping, arguments)
    case .list(let list), .tuple(let list): return try call(method.name, of: list, arguments, method.receiver)
    case .loop(let loop): return try call(method.name, of: loop, arguments)
    case .cycler(let cycler):
      try arguments.check(method.name, [])
      if method.name == "next" { return cycler.next() }
      cycler.index = 0
      return .none
    case .float(let number) where method.name == "is_integer":
      try arguments.check(method.name, [])
      return .bool(number.isFinite && number == number.rounded(.towardZero))
    case .integer(let number) where method.name == "bit_length":
      try arguments.check(method.name, [])
      return .integer(Int.bitWidth - number.magnitude.leadingZeroBitCount)
    default: throw Self.unsupported(method.name, method.receiver)
    }
  }

  static func unsupported(_ name: String, _ receiver: TemplateValue) -> TemplateFailure {
    TemplateFailure(.unsupported, "the method \(name) of \(receiver.typeName)")
  }

  private func call(_ name: String, of loop: LoopState, _ arguments: CallArguments) throws -> TemplateValue {
    guard arguments.named.isEmpty else {
      throw TemplateFailure(.value, expected: "arguments without names for \(name)", "others")
    }
    let given = arguments.positional
    if name == "cycle" {
      guard !given.isEmpty else { throw TemplateFailure(.value, expected: "items to cycle through", "none") }
      return given[loop.index % given.count]
    }
    let seen = TemplateList(given)
    if let last = loop.lastSeen, try TemplateValue.tuple(last).equals(.tuple(seen), budget) { return .bool(false) }
    loop.lastSeen = seen
    return .bool(true)
  }

  private func call(
    _ name: String, of list: TemplateList, _ arguments: CallArguments, _ receiver: TemplateValue
  ) throws -> TemplateValue {
    switch name {
    case "copy":
      try arguments.check(name, [])
      return receiver
    case "count":
      try arguments.check(name, ["value"])
      let value = try required(arguments.positional.first, name)
      return .integer(try list.elements.count { try $0.equals(value, budget) })
    case "index":
      guard arguments.positional.count == 1, arguments.named.isEmpty else { throw Self.unsupported(name, receiver) }
      guard let index = try list.elements.firstIndex(where: { try $0.equals(arguments.positional[0], budget) }) else {
        throw TemplateFailure(.value, expected: "a value that is in the list", "another")
      }
      return .integer(index)
    default: throw Self.unsupported(name, receiver)
    }
  }

  func required(_ value: TemplateValue?, _ name: String) throws -> TemplateValue {
    guard let value else { throw TemplateFailure(.value, expected: "an argument for \(name)", "none") }
    return value
  }

  private func call(_ name: String, of mapping: TemplateMapping, _ arguments: CallArguments) throws -> TemplateValue {
    if name == "get" {
      guard arguments.named.isEmpty, (1...2).contains(arguments.positional.count) else {
        throw TemplateFailure(.value, expected: "a key, and perhaps a default, for get", "other arguments")
      }
      let missing = arguments.positional.count > 1 ? arguments.positional[1] : TemplateValue.none
      guard case .string(let key) = arguments.positional[0] else { return missing }
      return mapping[key.string] ?? missing
    }
    if name == "copy" {
      try arguments.check(name, [])
      return .mapping(mapping)
    }
    guard ["items", "keys", "values"].contains(name) else { throw Self.unsupported(name, .mapping(mapping)) }
    try arguments.check(name, [])
    try budget.spend(elements: mapping.members.count)
    let elements = mapping.members.map { member -> TemplateValue in
      switch name {
      case "keys": .string(member.key)
      case "values": member.value
      default: .tuple(TemplateList([.string(member.key), member.value]))
      }
    }
    return .iterator(TemplateIterator(.view, elements))
  }

  // Python's names, as far as they hide the items of a mapping or are defined where the template asks.
  private static let stringMethods: Set<String> = [
    "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "format_map",
    "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
    "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans", "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
    "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
  ]
  private static let mappingMethods: Set<String> = [
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
  ]
  private static let listMethods: Set<String> = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
  ]
  private static let changingMethods: Set<String> = [
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
  ]
  private static let integerAttributes: Set<String> = [
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "imag", "numerator",
    "real",
    "to_bytes",
  ]
  private static let floatAttributes: Set<String> = [
    "as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real",
  ]
}
