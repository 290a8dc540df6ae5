extension TemplateValue {
  /// Python's truth.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let flag): flag
    case .integer(let value): value != 0
    case .wideInteger: true
    case .float(let value): value != 0
    case .string(let text): !text.string.isEmpty
    case .list(let list), .tuple(let list): !list.elements.isEmpty
    case .mapping(let mapping): !mapping.members.isEmpty
    case .iterator(let iterator): iterator.kind == .generator || !iterator.elements.isEmpty
    case .namespace, .loop, .macro, .function, .method, .cycler, .joiner: true
    }
  }

  /// The value as an integer where Python has one: truth values are 0 and 1.
  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// The value as a float where Python would convert it.
  var number: Double? {
    if case .float(let value) = self { return value }
    if case .wideInteger(let spelling) = self { return Double(spelling) }
    return integer.map(Double.init)
  }

  /// Python's `==`.
  func equals(_ other: TemplateValue, _ budget: Budget) throws -> Bool {
    try budget.step()
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let a), .string(let b)):
      let (x, y) = (a.string.utf8, b.string.utf8)
      guard x.count == y.count else { return false }
      try budget.spend(x.count)
      return x.elementsEqual(y)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      guard a.elements.count == b.elements.count else { return false }
      return try zip(a.elements, b.elements).allSatisfy { try $0.equals($1, budget) }
    case (.mapping(let a), .mapping(let b)):
      guard a.members.count == b.members.count else { return false }
      return try a.members.allSatisfy { member in
        try b[member.key].map { try member.value.equals($0, budget) } ?? false
      }
    case (.wideInteger(let a), .wideInteger(let b)): return a == b
    case (.iterator, .iterator): throw TemplateFailure(.unsupported, "a comparison of iterators")
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.loop(let a), .loop(let b)): return a === b
    case (.macro(let a), .macro(let b)): return a === b
    case (.function(let a), .function(let b)): return a == b
    default:
      if let a = integer, let b = other.integer { return a == b }
      if case .wideInteger = self { return false }
      if case .wideInteger = other { return false }
      guard let a = number, let b = other.number else { return false }
      // An integer that a float rounds to is not that float.
      if let exact = integer { return Int(exactly: b) == exact }
      if let exact = other.integer { return Int(exactly: a) == exact }
      return a == b
    }
  }

  /// Python's `<`; an error where it has no order.
  func isLess(than other: TemplateValue, _ budget: Budget) throws -> Bool {
    try budget.step()
    switch (self, other) {
    case (.string(let a), .string(let b)):
      try budget.spend(min(a.string.utf8.count, b.string.utf8.count))
      return a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      for (x, y) in zip(a.elements, b.elements) where try !x.equals(y, budget) { return try x.isLess(than: y, budget) }
      return a.elements.count < b.elements.count
    case (.wideInteger, _), (_, .wideInteger): throw TemplateFailure(.unsupported, "an integer of more than 64 bits")
    default:
      if let a = integer, let b = other.integer { return a < b }
      if let a = number, let b = other.number { return a < b }
    }
    throw TemplateFailure(.value, expected: "two values that have an order", "\(typeName) and \(other.typeName)")
  }

  /// Python's `in`.
  func contains(_ element: TemplateValue, _ budget: Budget) throws -> Bool {
    switch self {
    case .undefined: return false
    case .string(let text):
      guard case .string(let part) = element else {
        throw TemplateFailure(.value, expected: "a string in a string", element.typeName)
      }
      try budget.spend(text.string.utf8.count + part.string.utf8.count)
      return BytePattern(part.string).firstMatch(in: Array(text.string.utf8), from: 0) != nil
    case .list(let list), .tuple(let list): return try list.elements.contains { try $0.equals(element, budget) }
    case .iterator(let iterator) where iterator.kind != .generator:
      return try iterator.elements.contains { try $0.equals(element, budget) }
    case .iterator: throw TemplateFailure(.unsupported, "in of an iterator")
    case .mapping(let mapping):
      switch element {
      case .string(let key):
        try budget.spend(key.string.utf8.count)
        return mapping[key.string] != nil
      case .list, .mapping: throw TemplateFailure(.value, expected: "a key", element.typeName)
      default: return false
      }
    default: throw TemplateFailure(.value, expected: "a string, list or mapping to look in", typeName)
    }
  }
}
