// What stands behind `|`.
extension TemplateRenderer {
  func filtered(_ value: TemplateValue, _ name: String, _ arguments: CallArguments) throws -> TemplateValue {
    guard let parameters = Self.parameters[name] else { throw TemplateFailure(.unsupported, "the filter \(name)") }
    try arguments.check("the filter \(name)", parameters)
    switch name {
    case "trim": return try stripped(softText(value), arguments.value(0, "chars"), start: true, end: true)
    case "length", "count": return .integer(try length(of: value))
    case "tojson": return try json(value, arguments)
    case "safe": return .string(TemplateText(try value.text(budget), isSafe: true))
    case "string": return .string(try softText(value))
    case "default", "d":
      let isEmpty = arguments.value(1, "boolean")?.isTrue ?? false
      return value.isUndefined || (isEmpty && !value.isTrue)
        ? arguments.value(0, "default_value") ?? .string("") : value
    case "items": return try items(of: value)
    case "list": return .list(TemplateList(try elements(of: value)))
    case "first":
      if case .iterator(let iterator) = value {
        return iterator.takeFirst() ?? .undefined("there is no first item")
      }
      return try elements(of: value).first ?? .undefined("there is no first item")
    case "last":
      if case .iterator(let iterator) = value, iterator.kind == .generator {
        throw TemplateFailure(.value, expected: "a list or string to have a last item", value.typeName)
      }
      return try elements(of: value).last ?? .undefined("there is no last item")
    case "join": return try joined(elements(of: value), softText(arguments.value(0, "d") ?? .string("")))
    case "lower", "upper": return .string(try cased(softText(value), upper: name == "upper"))
    default:
      let texts = try [arguments.value(0, "old"), arguments.value(1, "new")].map { argument in
        guard let argument else {
          throw TemplateFailure(.value, expected: "two arguments for the filter replace", "less")
        }
        return try softText(argument)
      }
      return try replaced(TemplateText(value.text(budget)), texts[0], texts[1], arguments.value(2, "count"))
    }
  }

  /// The parameters of each filter that is covered.
  private static let parameters: [String: [String]] = [
    "trim": ["chars"], "length": [], "count": [], "safe": [], "string": [], "items": [], "list": [], "first": [],
    "last": [], "lower": [], "upper": [], "join": ["d"], "default": ["default_value", "boolean"],
    "d": ["default_value", "boolean"], "replace": ["old", "new", "count"],
    "tojson": ["ensure_ascii", "indent", "separators", "sort_keys"],
  ]

  /// The text of a value; safe text stays safe.
  func softText(_ value: TemplateValue) throws -> TemplateText {
    if case .string(let text) = value { return text }
    return TemplateText(try value.text(budget))
  }

  func length(of value: TemplateValue) throws -> Int {
    switch value {
    case .undefined: return 0
    case .string(let text):
      try budget.spend(text.string.utf8.count)
      return text.string.unicodeScalars.count
    case .list(let list), .tuple(let list): return list.elements.count
    case .mapping(let mapping): return mapping.members.count
    case .loop(let loop): return loop.elements.count
    case .iterator(let iterator) where iterator.kind != .generator: return iterator.elements.count
    default: throw TemplateFailure(.value, expected: "a string, list or mapping to measure", value.typeName)
    }
  }

  private func items(of value: TemplateValue) throws -> TemplateValue {
    switch value {
    case .undefined: return .iterator(TemplateIterator(.generator, []))
    case .mapping(let mapping):
      try budget.spend(elements: mapping.members.count)
      return .iterator(
        TemplateIterator(.generator, mapping.members.map { .tuple(TemplateList([.string($0.key), $0.value])) }))
    default: throw TemplateFailure(.value, expected: "a mapping", value.typeName)
    }
  }

  private func joined(_ elements: [TemplateValue], _ separator: TemplateText) throws -> TemplateValue {
    var out = ""
    for (index, element) in elements.enumerated() {
      let text = try element.text(budget)
      try budget.spend(text.utf8.count + separator.string.utf8.count)
      out += (index > 0 ? separator.string : "") + text
    }
    return .string(out)
  }

  private func json(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    if arguments.value(0, "ensure_ascii")?.isTrue == true {
      throw TemplateFailure(.unsupported, "tojson with ensure_ascii")
    }
    var writer = TemplateJSONWriter(budget)
    writer.isSorted = arguments.value(3, "sort_keys")?.isTrue ?? false
    switch arguments.value(1, "indent") {
    case nil, TemplateValue.none?: break
    case .integer(let indent)? where (0...16).contains(indent):
      writer.indent = indent
      writer.itemSeparator = ","
    default: throw TemplateFailure(.unsupported, "tojson with an indent other than 0 to 16 spaces")
    }
    switch arguments.value(2, "separators") {
    case nil, TemplateValue.none?: break
    case .list(let pair)?, .tuple(let pair)?:
      guard pair.elements.count == 2, case .string(let item) = pair.elements[0],
        case .string(let key) = pair.elements[1]
      else { fallthrough }
      writer.itemSeparator = item.string
      writer.keySeparator = key.string
    default: throw TemplateFailure(.value, expected: "two strings as separators of tojson", "something else")
    }
    try writer.write(value)
    return .string(String(decoding: writer.bytes, as: UTF8.self))
  }
}
