import StrictJSON

// Keys that elements are sorted, grouped and told apart by.
extension TemplateRenderer {
  /// `make_attrgetter`: the item that a path of names and numbers (`function.name`, `0`) leads to.
  func parts(_ attribute: TemplateValue, default missing: TemplateValue?) throws -> (TemplateValue) throws ->
    TemplateValue
  {
    let keys: [TemplateValue]
    switch attribute {
    case .none: keys = []
    case .string(let path):
      try budget.spend(path.string.utf8.count)
      keys = path.string.split(separator: ".", omittingEmptySubsequences: false).map { part in
        let isNumber = !part.isEmpty && part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        return isNumber ? Int(part).map(TemplateValue.integer) ?? .string(String(part)) : .string(String(part))
      }
    default:
      guard attribute.integer != nil else {
        throw TemplateFailure(.value, expected: "a name or number as attribute", attribute.typeName)
      }
      keys = [attribute]
    }
    return { element in
      var value = element
      for key in keys {
        try self.budget.step()
        value = try self.item(key, of: value, what: "the element")
        if value.isUndefined, let missing, !missing.isNone { value = missing }
      }
      return value
    }
  }

  /// What elements are compared by: an attribute or themselves, strings in lower case unless case counts.
  func key(
    _ attribute: TemplateValue?, folds caseSensitive: TemplateValue?, default missing: TemplateValue? = nil
  ) throws -> (TemplateValue) throws -> TemplateValue {
    let part = try parts(attribute ?? .none, default: missing)
    if caseSensitive?.isTrue == true { return part }
    return { try self.folded(part($0)) }
  }

  /// The same, for several attributes with commas between.
  func keys(_ attribute: TemplateValue?, folds caseSensitive: TemplateValue?) throws -> (TemplateValue) throws
    -> TemplateValue
  {
    guard case .string(let names)? = attribute, names.string.utf8.contains(0x2C) else {
      return try key(attribute, folds: caseSensitive)
    }
    let keys = try names.string.split(separator: ",", omittingEmptySubsequences: false).map {
      try key(.string(String($0)), folds: caseSensitive)
    }
    return { element in .list(TemplateList(try keys.map { try $0(element) })) }
  }

  private func folded(_ value: TemplateValue) throws -> TemplateValue {
    guard case .string(let text) = value else { return value }
    return .string(try cased(text, .lower))
  }

  /// The elements in the order of their keys; equal ones keep theirs, in both directions.
  func sorted(
    _ elements: [TemplateValue], isReversed: Bool, by key: (TemplateValue) throws -> TemplateValue
  ) throws -> [TemplateValue] {
    try budget.spend(elements: elements.count)
    let keyed = try elements.enumerated().map { (offset: $0, value: $1, key: try key($1)) }
    let order = try keyed.sorted { a, b in
      if try (isReversed ? b : a).key.isLess(than: (isReversed ? a : b).key, budget) { return true }
      guard a.offset < b.offset else { return false }
      return try !(isReversed ? a : b).key.isLess(than: (isReversed ? b : a).key, budget)
    }
    return order.map(\.value)
  }

  func unique(
    _ elements: [TemplateValue], by key: (TemplateValue) throws -> TemplateValue
  ) throws -> TemplateValue {
    var texts: Set<UTF8Name> = []
    var others: [TemplateValue] = []
    var out: [TemplateValue] = []
    for element in elements {
      try budget.step()
      let found = try key(element)
      switch found {
      case .string(let text):
        guard texts.insert(UTF8Name(text.string)).inserted else { continue }
      case .list, .mapping:
        throw TemplateFailure(.value, expected: "elements that can be told apart", found.typeName)
      default:
        if try others.contains(where: { try $0.equals(found, budget) }) { continue }
        others.append(found)
      }
      out.append(element)
    }
    return .iterator(TemplateIterator(.generator, out))
  }

  func sortedMembers(of value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    guard case .mapping(let mapping) = value else {
      throw TemplateFailure(.value, expected: "a mapping for dictsort", value.typeName)
    }
    let by = try arguments.value(1, "by").map { try text($0, "what dictsort goes by") } ?? "key"
    guard by == "key" || by == "value" else {
      throw TemplateFailure(.value, expected: "\"key\" or \"value\" for dictsort", by)
    }
    try budget.spend(elements: mapping.members.count)
    let pairs = mapping.members.map { TemplateValue.tuple(TemplateList([.string($0.key), $0.value])) }
    let key = try key(.integer(by == "key" ? 0 : 1), folds: arguments.value(0, "case_sensitive"))
    return .list(
      TemplateList(try sorted(pairs, isReversed: arguments.value(2, "reverse")?.isTrue ?? false, by: key)))
  }

  func groups(of value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    guard let attribute = arguments.value(0, "attribute") else {
      throw TemplateFailure(.value, expected: "an attribute for groupby", "nothing")
    }
    let missing = arguments.value(1, "default")
    let key = try key(attribute, folds: arguments.value(2, "case_sensitive"), default: missing)
    let shown = try parts(attribute, default: missing)
    var groups: [(key: TemplateValue, elements: [TemplateValue])] = []
    for element in try sorted(elements(of: value), isReversed: false, by: key) {
      let found = try key(element)
      if let last = groups.last, try last.key.equals(found, budget) {
        groups[groups.count - 1].elements.append(element)
      } else {
        groups.append((found, [element]))
      }
    }
    let tuples = try groups.map { group in
      TemplateValue.tuple(
        TemplateList(
          [try shown(group.elements[0]), .list(TemplateList(group.elements))], names: ["grouper", "list"]))
    }
    return try budget.checked(.list(TemplateList(tuples)))
  }
}
