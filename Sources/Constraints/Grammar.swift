/// A language of texts: rules, each with alternatives, each a row of sets of symbols and of rules.
///
/// It does not change, and may be used by any number of answers at once.
package struct Grammar: Sendable {
  /// All alternatives, one after the other: a set of symbols (its number), a rule (−1 − its number), or ``end``.
  let code: [Int32]
  /// Where the alternatives of each rule begin in `code`.
  let alternatives: [[Int32]]
  /// The sets of symbols.
  let sets: [SymbolSet]
  /// The rule that a text follows.
  let start: Int32

  /// Marks the end of an alternative.
  static let end = Int32.min
}

/// Rules while they are made.
struct GrammarBuilder {
  /// A part of an alternative.
  enum Item: Sendable, Hashable {
    case symbols(SymbolSet)
    case rule(Int)
  }

  /// Items of all rules at most: what is larger would take too long to walk.
  static let mostItems = 100_000

  private var rules: [[[Item]]] = []
  /// How a text of each rule can begin, as far as it is known.
  private var beginnings: [Beginnings] = []
  private var count = 0
  /// Rules that are made once, by their names.
  private var known: [String: Int] = [:]
  /// Where the schema is that rules are made for, for the error that there are too many.
  var place = "#"

  /// A rule of these alternatives.
  mutating func rule(_ alternatives: [[Item]]) throws(ConstraintError) -> Item {
    let id = reserve()
    try define(id, alternatives)
    return .rule(id)
  }

  /// A rule whose alternatives come later, so that they may name it.
  mutating func reserve() -> Int {
    rules.append([])
    beginnings.append(Beginnings())
    return rules.count - 1
  }

  mutating func define(_ id: Int, _ alternatives: [[Item]]) throws(ConstraintError) {
    count += alternatives.reduce(1) { $0 + $1.count + 1 }
    guard count <= Self.mostItems, alternatives.count <= Self.mostItems else {
      throw ConstraintError(place, "has too many states: at most \(Self.mostItems) are held to")
    }
    beginnings[id] = try Beginnings.of(alternatives, beginnings, place)
    rules[id] = alternatives
  }

  /// How far the rules have come: what is made behind it can be taken back.
  struct Savepoint {
    fileprivate let rules: Int
    fileprivate let count: Int
    fileprivate let place: String

    /// Whether a rule was there.
    func has(_ rule: Int) -> Bool { rule < rules }
  }

  var savepoint: Savepoint { Savepoint(rules: rules.count, count: count, place: place) }

  /// Takes back what was made since: the rules that failed, those that name them, and the names that they were known by.
  mutating func restore(_ savepoint: Savepoint) {
    rules.removeSubrange(savepoint.rules...)
    beginnings.removeSubrange(savepoint.rules...)
    known = known.filter { savepoint.has($0.value) }
    (count, place) = (savepoint.count, savepoint.place)
  }

  /// The rule of a name, which is made at its first use and may name itself.
  mutating func named(
    _ name: String, _ make: (inout GrammarBuilder, Item) throws(ConstraintError) -> [[Item]]
  ) throws(ConstraintError) -> Item {
    if let id = known[name] { return .rule(id) }
    let id = reserve()
    known[name] = id
    try define(id, try make(&self, .rule(id)))
    return .rule(id)
  }

  /// These bytes.
  static func literal(_ bytes: some Sequence<UInt8>) -> [Item] {
    bytes.map { .symbols(SymbolSet(CollectionOfOne($0))) }
  }

  static func literal(_ text: String) -> [Item] { literal(text.utf8) }

  static func mark(_ mark: Mark) -> Item { .symbols(SymbolSet(mark)) }

  /// One of some texts, without looking at any byte twice. Nothing calls itself: texts begin like others as often as a
  /// request makes them.
  mutating func choice(_ texts: [[UInt8]]) throws(ConstraintError) -> Item {
    let sorted = Set(texts).sorted { $0.lexicographicallyPrecedes($1) }
    let start = reserve()
    var work: [(id: Int, texts: ArraySlice<[UInt8]>, depth: Int)] = [(start, sorted[...], 0)]
    while let (id, texts, depth) = work.popLast() {
      var rest = texts
      var branches: [[Item]] = []
      if let first = rest.first, first.count == depth {
        branches.append([])
        rest = rest.dropFirst()
      }
      while let first = rest.first {
        let group = rest.prefix { $0[depth] == first[depth] }
        rest = rest.dropFirst(group.count)
        // The first and the last of sorted texts differ the earliest.
        let last = group.last ?? first
        let common = zip(first, last).prefix { $0 == $1 }.count
        var branch = Self.literal(first[depth..<common])
        if group.count > 1 {
          let inner = reserve()
          branch.append(.rule(inner))
          work.append((inner, group, common))
        }
        branches.append(branch)
      }
      try define(id, branches)
    }
    return .rule(start)
  }

  /// An item so many times. The end comes first: see ``GrammarStates``.
  ///
  /// The item's texts are not empty: of those that are, any number could be read before the next symbol.
  /// - Parameter most: Nil for any number.
  mutating func repeated(_ item: Item, from least: Int, to most: Int?) throws(ConstraintError) -> Item {
    guard least <= Self.mostItems, (most ?? 0) <= Self.mostItems else {
      throw ConstraintError(place, "has too many states: at most \(Self.mostItems) are held to")
    }
    var rest: Item
    if let most {
      rest = try rule([[]])
      for _ in 0..<max(0, most - least) { rest = try rule([[], [item, rest]]) }
    } else {
      let id = reserve()
      try define(id, [[], [item, .rule(id)]])
      rest = .rule(id)
    }
    for _ in 0..<least { rest = try rule([[item, rest]]) }
    return rest
  }

  /// The grammar of texts that follow a rule. What no finite text follows is left out.
  /// - Throws: ``ConstraintError`` when nothing is left.
  func grammar(of start: Item) throws(ConstraintError) -> Grammar {
    let isFinite = finiteRules()
    guard case .rule(let first) = start, isFinite[first] else {
      throw ConstraintError("#", "is satisfied by no finite text")
    }
    var code: [Int32] = []
    var alternatives: [[Int32]] = []
    var sets: [SymbolSet] = []
    var numbers: [SymbolSet: Int32] = [:]
    for rule in rules {
      var starts: [Int32] = []
      for alternative in rule where alternative.allSatisfy({ Self.isFinite($0, isFinite) }) {
        starts.append(Int32(code.count))
        for item in alternative {
          switch item {
          case .rule(let id): code.append(-1 - Int32(id))
          case .symbols(let set):
            let number = numbers[set] ?? Int32(sets.count)
            if numbers.updateValue(number, forKey: set) == nil { sets.append(set) }
            code.append(number)
          }
        }
        code.append(Grammar.end)
      }
      alternatives.append(starts)
    }
    return Grammar(code: code, alternatives: alternatives, sets: sets, start: Int32(first))
  }

  private static func isFinite(_ item: Item, _ rules: [Bool]) -> Bool {
    switch item {
    case .rule(let id): rules[id]
    case .symbols(let set): !set.isEmpty
    }
  }

  /// Whether some finite text follows each rule. Each alternative is looked at again only when a rule that it waits for
  /// is found to be finite.
  private func finiteRules() -> [Bool] {
    var isFinite = [Bool](repeating: false, count: rules.count)
    var waiting: [Int: [(rule: Int, alternative: Int)]] = [:]
    var work: [(rule: Int, alternative: Int)] = []
    for (rule, alternatives) in rules.enumerated() { work += alternatives.indices.map { (rule, $0) } }
    while let next = work.popLast() {
      guard !isFinite[next.rule] else { continue }
      let obstacle = rules[next.rule][next.alternative].first { !Self.isFinite($0, isFinite) }
      switch obstacle {
      case nil:
        isFinite[next.rule] = true
        work += waiting.removeValue(forKey: next.rule) ?? []
      case .rule(let id): waiting[id, default: []].append(next)
      case .symbols: break
      }
    }
    return isFinite
  }
}
