// Filters that go through a list, and return one or one of its elements.
extension TemplateRenderer {
  static var listFilters: [String: Filter] {
    func aggregated(_ isBetter: @escaping @Sendable (TemplateRenderer, TemplateValue, TemplateValue) throws -> Bool)
      -> Filter
    {
      Filter(["case_sensitive", "attribute"]) { renderer, value, arguments in
        let key = try renderer.key(arguments.value(1, "attribute"), folds: arguments.value(0, "case_sensitive"))
        var best: (value: TemplateValue, key: TemplateValue)?
        for element in try renderer.elements(of: value) {
          let found = try key(element)
          if let present = best, try !isBetter(renderer, found, present.key) { continue }
          best = (element, found)
        }
        return best?.value ?? .undefined("there is no item, the sequence is empty")
      }
    }
    func chosen(_ wanted: Bool, byAttribute: Bool) -> Filter {
      Filter(nil) { try $0.chosen($1, $2, wanted: wanted, byAttribute: byAttribute) }
    }
    return [
      "list": Filter([]) { renderer, value, _ in .list(TemplateList(try renderer.elements(of: value))) },
      "first": Filter([]) { renderer, value, _ in try renderer.first(of: value) },
      "last": Filter([]) { renderer, value, _ in
        if case .iterator(let iterator) = value, iterator.kind == .generator {
          throw TemplateFailure(.value, expected: "a list or string to have a last item", value.typeName)
        }
        return try renderer.elements(of: value).last ?? .undefined("there is no last item")
      },
      "join": Filter(["d", "attribute"]) { try $0.joined($1, $2) },
      "reverse": Filter([]) { renderer, value, _ in try renderer.reversed(value) },
      "sort": Filter(["reverse", "case_sensitive", "attribute"]) { renderer, value, arguments in
        let keys = try renderer.keys(arguments.value(2, "attribute"), folds: arguments.value(1, "case_sensitive"))
        let elements = try renderer.elements(of: value)
        return .list(
          TemplateList(
            try renderer.sorted(elements, isReversed: arguments.value(0, "reverse")?.isTrue ?? false, by: keys)))
      },
      "unique": Filter(["case_sensitive", "attribute"]) { renderer, value, arguments in
        let key = try renderer.key(arguments.value(1, "attribute"), folds: arguments.value(0, "case_sensitive"))
        return try renderer.unique(renderer.elements(of: value), by: key)
      },
      "dictsort": Filter(["case_sensitive", "by", "reverse"]) { try $0.sortedMembers(of: $1, $2) },
      "groupby": Filter(["attribute", "default", "case_sensitive"]) { try $0.groups(of: $1, $2) },
      "min": aggregated { try $1.isLess(than: $2, $0.budget) },
      "max": aggregated { try $2.isLess(than: $1, $0.budget) },
      "sum": Filter(["attribute", "start"]) { try $0.sum(of: $1, $2) },
      "batch": Filter(["linecount", "fill_with"]) { try $0.batches(of: $1, $2) },
      "slice": Filter(["slices", "fill_with"]) { try $0.slices(of: $1, $2) },
      "map": Filter(nil) { try $0.mapped($1, $2) },
      "select": chosen(true, byAttribute: false), "reject": chosen(false, byAttribute: false),
      "selectattr": chosen(true, byAttribute: true), "rejectattr": chosen(false, byAttribute: true),
    ]
  }

  private func first(of value: TemplateValue) throws -> TemplateValue {
    if case .iterator(let iterator) = value {
      return try iterator.takeFirst() ?? .undefined("there is no first item")
    }
    return try elements(of: value).first ?? .undefined("there is no first item")
  }

  private func joined(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let separator = try softText(arguments.value(0, "d") ?? .string("")).string
    let part = try arguments.value(1, "attribute").map { try parts($0, default: nil) }
    var out = ""
    for (index, element) in try elements(of: value).enumerated() {
      let text = try (part.map { try $0(element) } ?? element).text(budget)
      try budget.spend(text.utf8.count + separator.utf8.count)
      out += (index > 0 ? separator : "") + text
      try checkSize(out)
    }
    return .string(out)
  }

  /// A text that grows in steps is bounded like one that is made at once.
  private func checkSize(_ text: String) throws {
    if text.utf8.count > 1 << 20 { try budget.checkSize(text.utf8.count) }
  }

  private func reversed(_ value: TemplateValue) throws -> TemplateValue {
    if case .string(let text) = value {
      try budget.spend(text.string.utf8.count)
      var scalars = String.UnicodeScalarView()
      scalars.append(contentsOf: text.string.unicodeScalars.reversed())
      return .string(TemplateText(String(scalars), isSafe: text.isSafe))
    }
    return .iterator(TemplateIterator(.generator, try elements(of: value).reversed()))
  }

  private func sum(of value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let part = try arguments.value(0, "attribute").map { try parts($0, default: nil) }
    var total = arguments.value(1, "start") ?? .integer(0)
    if case .string = total { throw TemplateFailure(.value, expected: "a start that is no string for sum", "a string") }
    for element in try elements(of: value) {
      try budget.step()
      total = try budget.checked(arithmetic(.add, total, part.map { try $0(element) } ?? element))
    }
    return total
  }

  private func batches(of value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let count = try integer(arguments.value(0, "linecount"), "the number of elements in a batch") ?? 0
    let elements = try elements(of: value)
    guard count > 0 else {
      return .iterator(TemplateIterator(.generator, elements.isEmpty ? [] : [.list(TemplateList(elements))]))
    }
    try budget.spend(elements: elements.count)
    var out = stride(from: 0, to: elements.count, by: count).map {
      Array(elements[$0..<min($0 + count, elements.count)])
    }
    if let fill = arguments.value(1, "fill_with"), !fill.isNone, let last = out.last, last.count < count {
      try budget.spend(elements: count - last.count)
      out[out.count - 1] += repeatElement(fill, count: count - last.count)
    }
    return .iterator(TemplateIterator(.generator, out.map { .list(TemplateList($0)) }))
  }

  private func slices(of value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let count = try integer(arguments.value(0, "slices"), "the number of slices") ?? 0
    guard count != 0 else { throw TemplateFailure(.value, expected: "a number of slices other than 0", "0") }
    let elements = try elements(of: value)
    try budget.spend(elements: elements.count)
    try budget.spend(elements: max(0, count))
    var out: [TemplateValue] = []
    var start = 0
    for index in 0..<max(0, count) {
      let isLonger = index < elements.count % count
      let end = start + elements.count / count + (isLonger ? 1 : 0)
      var slice = Array(elements[start..<end])
      if let fill = arguments.value(1, "fill_with"), !fill.isNone, !isLonger { slice.append(fill) }
      out.append(.list(TemplateList(slice)))
      start = end
    }
    return .iterator(TemplateIterator(.generator, out))
  }

  /// `map('filter', …)`, `map(attribute='name')`.
  private func mapped(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    guard value.isTrue else { return TemplateRenderer.nothing }
    if arguments.positional.isEmpty, let attribute = arguments.value(0, "attribute") {
      if let other = arguments.named.first(where: { !["attribute", "default"].contains($0.0) }) {
        throw TemplateFailure(.value, expected: "attribute and default for map", other.0)
      }
      return try generated(of: value, parts(attribute, default: arguments.value(Int.max, "default")))
    }
    let name = try text(arguments.positional.first, "the filter of map")
    let rest = CallArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    return try generated(of: value) { try self.filtered($0, name, rest) }
  }

  /// `select('test', …)`, `selectattr('name', 'test', …)` and their opposites.
  private func chosen(
    _ value: TemplateValue, _ arguments: CallArguments, wanted: Bool, byAttribute: Bool
  ) throws -> TemplateValue {
    guard value.isTrue else { return TemplateRenderer.nothing }
    var rest = arguments.positional[...]
    var part: (TemplateValue) throws -> TemplateValue = { $0 }
    if byAttribute {
      guard let attribute = rest.popFirst() else {
        throw TemplateFailure(.value, expected: "the name of an attribute", "nothing")
      }
      part = try parts(attribute, default: nil)
    }
    let name = try rest.popFirst().map { try text($0, "the name of a test") }
    let given = Array(rest) + arguments.named.map(\.1)
    return try generated(of: value) { element in
      let tested = try part(element)
      let passes = try name.map { try self.passes(tested, $0, given) } ?? tested.isTrue
      return passes == wanted ? element : nil
    }
  }

  /// What Jinja's generators yield for all that counts as false, `none` and 0 too, before they look at anything else.
  private static var nothing: TemplateValue { .iterator(TemplateIterator(.generator, [])) }

  /// What a generator yields for each element, up to the first that it fails for.
  private func generated(
    of value: TemplateValue, _ make: (TemplateValue) throws -> TemplateValue?
  ) throws -> TemplateValue {
    var out: [TemplateValue] = []
    for element in try elements(of: value) {
      try budget.step()
      do {
        if let made = try make(element) { out.append(try budget.checked(made)) }
      } catch let failure as TemplateFailure where failure.kind != .limit {
        return .iterator(TemplateIterator(.generator, out, failure: failure))
      }
    }
    return try budget.checked(.iterator(TemplateIterator(.generator, out)))
  }
}
