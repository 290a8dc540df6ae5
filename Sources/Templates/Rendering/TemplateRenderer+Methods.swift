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
    default: throw Self.unsupported(method.name, method.receiver)
    }
  }

  private static func unsupported(_ name: String, _ receiver: TemplateValue) -> TemplateFailure {
    TemplateFailure(.unsupported, "the method \(name) of \(receiver.typeName)")
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

  private func call(_ name: String, of text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
    try budget.spend(text.string.utf8.count)
    switch name {
    case "startswith", "endswith":
      try arguments.check(name, ["affix"])
      return .bool(try has(text.string, affix: arguments.value(0, "affix"), atEnd: name == "endswith"))
    case "strip", "lstrip", "rstrip":
      try arguments.check(name, ["chars"])
      return try stripped(text, arguments.value(0, "chars"), start: name != "rstrip", end: name != "lstrip")
    case "split":
      try arguments.check(name, ["sep", "maxsplit"])
      return try split(text, arguments)
    case "replace" where !text.isSafe:
      try arguments.check(name, ["old", "new", "count"])
      guard case .string(let old)? = arguments.value(0, "old"), case .string(let new)? = arguments.value(1, "new")
      else {
        throw TemplateFailure(.value, expected: "two strings for replace", "other arguments")
      }
      return try replaced(text, old, new, arguments.value(2, "count"))
    case "lower", "upper":
      try arguments.check(name, [])
      return .string(try cased(text, upper: name == "upper"))
    default: throw Self.unsupported(name, .string(text))
    }
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
