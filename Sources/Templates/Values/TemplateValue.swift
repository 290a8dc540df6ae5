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
  case cycler(TemplateCycler)
  case joiner(TemplateJoiner)
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
    case .cycler(let cycler): cycler.items.depth
    default: 0
    }
  }

  var isNone: Bool { if case .none = self { true } else { false } }

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
    case .cycler: "a cycler"
    case .joiner: "a joiner"
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
  /// Names of a tuple's elements, as the groups of the filter `groupby` have them.
  let names: [String]

  init(_ elements: [TemplateValue], names: [String] = []) {
    self.elements = elements
    self.names = names
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

  /// Creates a mapping; of a key that is given twice, the last value is in the first place.
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
    /// Can be gone through once: what the filter `items` returns.
    case generator
    /// Keys, values or items of a mapping.
    case view
    /// What `range` returns: it has its own items.
    case range
  }

  let kind: Kind
  /// What is still to be gone through.
  private(set) var elements: [TemplateValue]
  let depth: Int
  /// What going on after the last element meets: Python makes the elements of a generator when they are asked for.
  private let failure: TemplateFailure?

  init(_ kind: Kind, _ elements: [TemplateValue], failure: TemplateFailure? = nil) {
    self.kind = kind
    self.elements = elements
    self.failure = failure
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }

  /// The elements; a generator has none from then on.
  func take() throws -> [TemplateValue] {
    if let failure { throw failure }
    defer { if kind == .generator { elements = [] } }
    return elements
  }

  /// The first element; a generator goes on after it from then on.
  func takeFirst() throws -> TemplateValue? {
    guard let first = elements.first else {
      if let failure { throw failure }
      return nil
    }
    if kind == .generator { elements.removeFirst() }
    return first
  }
}

/// What `namespace(…)` makes: attributes that can be set inside of loops.
final class TemplateNamespace {
  var attributes: [UTF8Name: TemplateValue] = [:]
}

/// What `cycler(…)` makes: one item after the other, around and around.
final class TemplateCycler {
  let items: TemplateList
  var index = 0

  init(_ items: TemplateList) { self.items = items }

  var current: TemplateValue { items.elements[index] }

  func next() -> TemplateValue {
    defer { index = (index + 1) % items.elements.count }
    return current
  }
}

/// What `joiner(…)` makes: nothing when it is called first, the separator from then on.
final class TemplateJoiner {
  let separator: TemplateValue
  var wasCalled = false

  init(_ separator: TemplateValue) { self.separator = separator }
}

/// `loop` inside of a loop.
final class LoopState {
  let elements: [TemplateValue]
  let depth: Int
  /// Loops around this one that ran it again.
  let level: Int
  /// What `loop(…)` runs again, and where; nil for a loop that is not recursive.
  var again: (loop: TemplateLoop, scope: TemplateScope)?
  var index = 0
  /// What `changed(…)` was last given.
  var lastSeen: TemplateList?

  init(_ elements: [TemplateValue], level: Int) {
    self.elements = elements
    self.level = level
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
    case "depth": .integer(level + 1)
    case "depth0": .integer(level)
    case "cycle", "changed": .method(BoundMethod(receiver: .loop(self), name: name))
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
