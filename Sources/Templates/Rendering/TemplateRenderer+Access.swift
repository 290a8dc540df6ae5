import StrictJSON

// Attributes, items, slices.
extension TemplateRenderer {
  /// `value.name`: a method or attribute of the type, else the item of this key.
  func attribute(_ name: String, of value: TemplateValue, what: String) throws -> TemplateValue {
    switch value {
    case .undefined(let why): throw undefinedOwner(name, why)
    case .namespace(let namespace):
      return namespace.attributes[UTF8Name(name)] ?? .undefined("\(what) has no attribute \(name)")
    case .macro(let closure):
      return self.attribute(name, of: closure.macro) ?? .undefined("\(what) has no attribute \(name)")
    case .tuple(let list) where list.names.contains(name):
      return zip(list.names, list.elements).first { $0.0 == name }?.1 ?? .none
    case .function(.dict) where name == "fromkeys": throw TemplateFailure(.unsupported, "dict.fromkeys")
    case .cycler(let cycler):
      if name == "current" { return cycler.current }
      if ["next", "reset"].contains(name) { return .method(BoundMethod(receiver: value, name: name)) }
      throw TemplateFailure(.unsupported, "cycler.\(name)")
    case .loop(let loop):
      if let attribute = loop.attribute(name) { return attribute }
      throw TemplateFailure(.unsupported, "loop.\(name)")
    case .mapping(let mapping):
      if let method = method(name, of: value) { return method }
      return mapping[name] ?? .undefined("\(what) has no attribute \(name)")
    default:
      if value.integer != nil, ["real", "numerator"].contains(name) { return try positive(value) }
      if case .float = value, name == "real" { return value }
      return method(name, of: value) ?? .undefined("\(what) has no attribute \(name)")
    }
  }

  /// `value[key]`: the item, else a method or attribute of the type.
  func item(_ key: TemplateValue, of value: TemplateValue, what: String) throws -> TemplateValue {
    if case .undefined(let why) = value { throw undefinedOwner((try? key.text(budget)) ?? "", why) }
    if let index = key.integer {
      switch value {
      case .list(let list), .tuple(let list):
        if let element = Self.element(of: list.elements, index) { return element }
      case .string(let text):
        try budget.spend(text.string.utf8.count)
        if let scalar = Self.element(of: Array(text.string.unicodeScalars), index) {
          return .string(TemplateText(String(scalar), isSafe: text.isSafe))
        }
      case .iterator(let iterator) where iterator.kind == .range:
        if let element = Self.element(of: iterator.elements, index) { return element }
      default: break
      }
      return .undefined("\(what) has no item \(index)")
    }
    guard case .string(let key) = key else { return .undefined("\(what) has no such item") }
    if case .mapping(let mapping) = value, let item = mapping[key.string] { return item }
    switch value {
    case .tuple(let list) where list.names.contains(key.string): return try attribute(key.string, of: value, what: what)
    case .macro, .loop, .cycler: return try attribute(key.string, of: value, what: what)
    default: break
    }
    return method(key.string, of: value) ?? .undefined("\(what) has no item \(key.string.prefix(40))")
  }

  private static func element<T>(of elements: [T], _ index: Int) -> T? {
    let index = index < 0 ? index + elements.count : index
    return elements.indices.contains(index) ? elements[index] : nil
  }

  private func undefinedOwner(_ name: String, _ why: String) -> TemplateFailure {
    TemplateFailure(.value, expected: "a value with \"\(name.prefix(40))\"", why)
  }

  /// Python's slices, of lists, tuples and strings.
  func slice(_ value: TemplateValue, _ bounds: [TemplateValue]) throws -> TemplateValue {
    if case .undefined(let why) = value { throw undefinedOwner("a slice", why) }
    var numbers: [Int?] = []
    for bound in bounds {
      if case .none = bound {
        numbers.append(nil)
      } else if let number = bound.integer {
        numbers.append(number)
      } else {
        throw TemplateFailure(.value, expected: "integers as bounds of a slice", bound.typeName)
      }
    }
    guard numbers[2] != 0 else { throw TemplateFailure(.value, expected: "a step other than 0", "0") }
    switch value {
    case .list(let list):
      try budget.spend(elements: list.elements.count)
      return .list(TemplateList(Self.slice(of: list.elements, numbers)))
    case .tuple(let list):
      try budget.spend(elements: list.elements.count)
      return .tuple(TemplateList(Self.slice(of: list.elements, numbers)))
    case .string(let text):
      try budget.spend(text.string.utf8.count)
      var scalars = String.UnicodeScalarView()
      scalars.append(contentsOf: Self.slice(of: Array(text.string.unicodeScalars), numbers))
      return .string(TemplateText(String(scalars), isSafe: text.isSafe))
    case .iterator: throw TemplateFailure(.unsupported, "a slice of an iterator")
    default: throw TemplateFailure(.value, expected: "a list or string to slice", value.typeName)
    }
  }

  /// Elements from a start to before an end, by a step; the rules of Python's `slice.indices`.
  private static func slice<T>(of elements: [T], _ bounds: [Int?]) -> [T] {
    let count = elements.count
    let step = bounds[2] ?? 1
    func clamped(_ bound: Int?, _ missing: Int) -> Int {
      guard let bound else { return missing }
      let low = step < 0 ? -1 : 0
      let high = step < 0 ? count - 1 : count
      return bound < 0 ? max(bound < -count ? low : bound + count, low) : min(bound, high)
    }
    let start = clamped(bounds[0], step < 0 ? count - 1 : 0)
    let end = clamped(bounds[1], step < 0 ? -1 : count)
    // A step beyond the length yields one element, whatever its size.
    let stride = step < 0 ? max(step, -count - 1) : min(step, count + 1)
    return Swift.stride(from: start, to: end, by: stride).map { elements[$0] }
  }
}
