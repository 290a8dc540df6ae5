// What follows `|`.
extension TemplateRenderer {
  func filtered(_ value: TemplateValue, _ name: String, _ arguments: CallArguments) throws -> TemplateValue {
    guard let filter = Self.filters[name] else { throw TemplateFailure(.unsupported, "the filter \(name)") }
    if let parameters = filter.parameters { try arguments.check("the filter \(name)", parameters) }
    return try filter.run(self, value, arguments)
  }

  /// A filter: its parameters, nil where it takes any, and what it does.
  struct Filter: Sendable {
    let parameters: [String]?
    let run: @Sendable (TemplateRenderer, TemplateValue, CallArguments) throws -> TemplateValue

    init(
      _ parameters: [String]?,
      _ run: @escaping @Sendable (TemplateRenderer, TemplateValue, CallArguments) throws -> TemplateValue
    ) {
      self.parameters = parameters
      self.run = run
    }
  }

  static let filters: [String: Filter] = [plainFilters, listFilters, textFilters, numberFilters]
    .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  private static var plainFilters: [String: Filter] {
    let length = Filter([]) { renderer, value, _ in .integer(try renderer.length(of: value)) }
    let missing = Filter(["default_value", "boolean"]) { _, value, arguments in
      let isEmpty = arguments.value(1, "boolean")?.isTrue ?? false
      return value.isUndefined || (isEmpty && !value.isTrue)
        ? arguments.value(0, "default_value") ?? .string("") : value
    }
    return [
      "length": length, "count": length, "default": missing, "d": missing,
      "tojson": Filter(["ensure_ascii", "indent", "separators", "sort_keys"]) { try $0.json($1, $2) },
      "string": Filter([]) { renderer, value, _ in .string(try renderer.softText(value)) },
      "items": Filter([]) { renderer, value, _ in try renderer.items(of: value) },
      "attr": Filter(["name"]) { renderer, value, arguments in
        let name = try renderer.text(arguments.value(0, "name"), "the name of an attribute")
        if case .mapping = value { return renderer.method(name, of: value) ?? .undefined("no attribute \(name)") }
        return try renderer.attribute(name, of: value, what: "the value")
      },
    ]
  }

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

  func items(of value: TemplateValue) throws -> TemplateValue {
    switch value {
    case .undefined: return .iterator(TemplateIterator(.generator, []))
    case .mapping(let mapping):
      try budget.spend(elements: mapping.members.count)
      return .iterator(
        TemplateIterator(.generator, mapping.members.map { .tuple(TemplateList([.string($0.key), $0.value])) }))
    default: throw TemplateFailure(.value, expected: "a mapping", value.typeName)
    }
  }

  func json(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    var writer = TemplateJSONWriter(budget)
    writer.isASCII = arguments.value(0, "ensure_ascii")?.isTrue ?? false
    writer.isSorted = arguments.value(3, "sort_keys")?.isTrue ?? false
    if let indent = arguments.value(1, "indent"), indent.typeName != TemplateValue.none.typeName {
      if case .string(let text) = indent {
        writer.indent = text.string
      } else if let count = indent.integer {
        try budget.spend(max(0, count))
        writer.indent = String(repeating: " ", count: max(0, count))
      } else {
        throw TemplateFailure(.value, expected: "an integer or a string as indent of tojson", indent.typeName)
      }
      writer.itemSeparator = ","
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

  /// The argument as a string.
  func text(_ value: TemplateValue?, _ what: String) throws -> String {
    guard case .string(let text)? = value else {
      throw TemplateFailure(.value, expected: "\(what) as a string", value?.typeName ?? "nothing")
    }
    return text.string
  }

  /// The argument as an integer; nil without one.
  func integer(_ value: TemplateValue?, _ what: String) throws -> Int? {
    guard let value else { return nil }
    guard let number = value.integer else {
      throw TemplateFailure(.value, expected: "\(what) as an integer", value.typeName)
    }
    return number
  }
}
