import StrictJSON

/// A value while a template is rendered; behaves as the Python value that jinja2 would have.
enum TemplateValue {
  /// Nothing has this name; messages say so.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer that no `Int` holds, as it is spelled; it can be written and compared, and nothing else.
  case wideInteger(String)
  case float(Double)
  case string(TemplateText)
  case list(TemplateList)
  case tuple(TemplateList)
  case mapping(TemplateMapping)
  case iterator(TemplateIterator)
  case namespace(TemplateNamespace)
  case loop(LoopState)
  case macro(MacroClosure)
  case function(GlobalFunction)
  indirect case method(BoundMethod)

  static func string(_ text: String) -> TemplateValue { .string(TemplateText(text)) }

  /// Levels of values in values.
  var depth: Int {
    switch self {
    case .list(let list), .tuple(let list): list.depth
    case .mapping(let mapping): mapping.depth
    case .iterator(let iterator): iterator.depth
    case .loop(let loop): loop.depth
    case .method(let method): method.receiver.depth + 1
    default: 0
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// What messages call the type: Python's name, as templates are written with Python in mind.
  var typeName: String {
    switch self {
    case .undefined(let what): what
    case .none: "none"
    case .bool: "a truth value"
    case .integer, .wideInteger: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .list: "a list"
    case .tuple: "a tuple"
    case .mapping: "a mapping"
    case .iterator: "an iterator"
    case .namespace: "a namespace"
    case .loop: "a loop"
    case .macro: "a macro"
    case .function, .method: "a function"
    }
  }
}

/// A string. `isSafe` is set by the filter `safe`: adding another string to it escapes that one for HTML, as the
/// markupsafe package does even where escaping is off.
struct TemplateText {
  var string: String
  var isSafe = false

  init(_ string: String, isSafe: Bool = false) {
    self.string = string
    self.isSafe = isSafe
  }
}

/// Elements, and how deep values in them go.
struct TemplateList {
  let elements: [TemplateValue]
  let depth: Int

  init(_ elements: [TemplateValue]) {
    self.elements = elements
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }
}

/// Keys and values in their order, keys compared by bytes.
struct TemplateMapping {
  struct Member {
    let key: String
    var value: TemplateValue
  }

  private(set) var members: [Member]
  private var indices: [UTF8Name: Int]
  let depth: Int

  /// Of a key that is given twice, the last value stays in the first place.
  init(_ pairs: [(key: String, value: TemplateValue)]) {
    members = []
    indices = [:]
    members.reserveCapacity(pairs.count)
    depth = 1 + (pairs.lazy.map(\.value.depth).max() ?? 0)
    for pair in pairs {
      if let index = indices[UTF8Name(pair.key)] {
        members[index].value = pair.value
      } else {
        indices[UTF8Name(pair.key)] = members.count
        members.append(Member(key: pair.key, value: pair.value))
      }
    }
  }

  subscript(key: String) -> TemplateValue? { indices[UTF8Name(key)].map { members[$0].value } }
}

/// What can be gone through and is no list.
final class TemplateIterator {
  enum Kind {
    /// Can be gone through once: what the filter `items` gives.
    case generator
    /// Keys, values or items of a mapping.
    case view
    /// What `range` gives: has items of its own.
    case range
  }

  let kind: Kind
  /// What is still to be gone through.
  private(set) var elements: [TemplateValue]
  let depth: Int

  init(_ kind: Kind, _ elements: [TemplateValue]) {
    self.kind = kind
    self.elements = elements
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }

  /// The elements; a generator has none from then on.
  func take() -> [TemplateValue] {
    defer { if kind == .generator { elements = [] } }
    return elements
  }

  /// The first element; a generator goes on behind it from then on.
  func takeFirst() -> TemplateValue? {
    guard let first = elements.first else { return nil }
    if kind == .generator { elements.removeFirst() }
    return first
  }
}

/// What `namespace(…)` makes: attributes that can be set inside of loops.
final class TemplateNamespace {
  var attributes: [UTF8Name: TemplateValue] = [:]
}

/// `loop` inside of a loop.
final class LoopState {
  let elements: [TemplateValue]
  let depth: Int
  var index = 0

  init(_ elements: [TemplateValue]) {
    self.elements = elements
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }

  /// An attribute; nil for one that is not covered.
  func attribute(_ name: String) -> TemplateValue? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(elements.count - index)
    case "revindex0": .integer(elements.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index + 1 == elements.count)
    case "length": .integer(elements.count)
    case "previtem": index > 0 ? elements[index - 1] : .undefined("there is no previous item")
    case "nextitem": index + 1 < elements.count ? elements[index + 1] : .undefined("there is no next item")
    default: nil
    }
  }
}

/// A macro, and the variables that its body can see.
final class MacroClosure {
  let macro: TemplateMacro
  let scope: TemplateScope

  init(_ macro: TemplateMacro, _ scope: TemplateScope) {
    self.macro = macro
    self.scope = scope
  }
}

/// A method of a value, not called yet.
struct BoundMethod {
  let receiver: TemplateValue
  let name: String
}

/// Functions that every template has.
enum GlobalFunction: String, CaseIterable {
  case namespace, range, dict, lipsum, cycler, joiner
  case raiseException = "raise_exception"
  case strftimeNow = "strftime_now"
}

/// Variables, and those around them.
final class TemplateScope {
  private(set) var names: [UTF8Name: TemplateValue] = [:]
  let parent: TemplateScope?
  /// Whether a macro was made here, which sees this scope.
  var holdsMacro = false

  init(parent: TemplateScope?) { self.parent = parent }

  func value(of name: String) -> TemplateValue? {
    let key = UTF8Name(name)
    var scope: TemplateScope? = self
    while let present = scope {
      if let value = present.names[key] { return value }
      scope = present.parent
    }
    return nil
  }

  func set(_ name: String, _ value: TemplateValue) { names[UTF8Name(name)] = value }

  func removeAll() { names = [:] }
}
