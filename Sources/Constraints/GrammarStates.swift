/// Where texts of a grammar can be: an automaton with a stack, whose states are found as texts come to them and are
/// kept by numbers, with the steps between them.
///
/// A state is a set of stacks, as a text may be read in more than one way; a stack is a list that shares its end with
/// others, so that to go back is to remember a number. Steps from known states cost one look into a table.
///
/// Of a state that could be read in very many ways only the first are kept: the texts are fewer then, and each is still one
/// of the grammar, since every stack has an end. Rules name the end of what they repeat, and of objects, before what goes on, so
/// that it is among the first. What one rule alone would be too much of is refused before: see ``Beginnings``.
///
/// For one thread.
final class GrammarStates {
  /// A state's number; what is not known yet and what there is none of have others.
  typealias Number = Int32

  /// Stacks of one state at most, and steps to find them.
  private static let mostStacks = 1_024
  private static let mostSteps = 16_384
  /// Steps at most while no stack is found: without one, a text would have no end.
  private static let mostEmptySteps = 1 << 20
  /// States that are kept at most, of one kilobyte each.
  private static let mostStates = 8_192
  /// Numbers in all of them, and nodes, before some are forgotten: a state of many stacks takes more.
  private static let mostEntries = 1 << 20
  private static let none: Number = -1
  private static let unknown: Number = -2

  private let grammar: Grammar
  /// What is on a stack: where the text goes on in the grammar's code, and what is below. The first is the ground.
  private var nodes: [(position: Int32, below: Int32)] = [(Grammar.end, 0)]
  private var nodeNumbers: [UInt64: Int32] = [:]
  private var states: [[Int32]] = []
  /// Stacks of all states.
  private var stacks = 0
  /// Entries that the states had which were kept when others were forgotten.
  private var keptEntries = 0
  private var numbers: [[Int32]: Number] = [:]
  /// [states, symbols]
  private var table: [Number] = []

  init(_ grammar: Grammar) { self.grammar = grammar }

  /// The state of an empty text.
  func start() -> Number {
    var search = Search()
    for alternative in grammar.alternatives[Int(grammar.start)] { expand(alternative, 0, &search) }
    return number(search.found)
  }

  /// The state after one more symbol; nil where no text goes on with it.
  @inline(__always) func step(_ state: Number, _ symbol: Int) -> Number? {
    let next = table[Int(state) * Mark.symbols + symbol]
    if next >= 0 { return next }
    return next == Self.none ? nil : find(state, symbol)
  }

  /// Whether more is kept than should be: see ``forget(but:)``.
  var isFull: Bool {
    states.count > Self.mostStates || stacks + nodes.count > max(Self.mostEntries, 2 * keptEntries)
  }

  /// Forgets all states but some, which get new numbers.
  func forget(but kept: [Number]) -> [Number] {
    let (oldNodes, oldStates) = (nodes, states)
    nodes = [(Grammar.end, 0)]
    (nodeNumbers, states, stacks, numbers, table) = ([:], [], 0, [:], [])
    defer { keptEntries = stacks + nodes.count }
    var moved: [Int32: Int32] = [0: 0]
    return kept.map { state in
      number(
        oldStates[Int(state)].map { top in
          var way: [Int32] = []
          var node = top
          while moved[node] == nil {
            way.append(node)
            node = oldNodes[Int(node)].below
          }
          for node in way.reversed() {
            let old = oldNodes[Int(node)]
            moved[node] = self.node(old.position, moved[old.below] ?? 0)
          }
          return moved[top] ?? 0
        })
    }
  }

  private struct Search {
    var found: [Int32] = []
    var seen: Set<UInt64> = []
    var steps = 0
  }

  private static func key(_ position: Int32, _ below: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: position)) << 32 | UInt64(UInt32(bitPattern: below))
  }

  private func find(_ state: Number, _ symbol: Int) -> Number? {
    var search = Search()
    for top in states[Int(state)] where top != 0 {
      let node = nodes[Int(top)]
      guard grammar.sets[Int(grammar.code[Int(node.position)])].contains(symbol) else { continue }
      expand(node.position + 1, node.below, &search)
    }
    let next = search.found.isEmpty ? Self.none : number(search.found)
    table[Int(state) * Mark.symbols + symbol] = next
    return next == Self.none ? nil : next
  }

  /// Adds the stacks that a position above others comes to before the next symbol.
  private func expand(_ position: Int32, _ below: Int32, _ search: inout Search) {
    var work = [(position, below)]
    while let (position, below) = work.popLast() {
      guard search.seen.insert(Self.key(position, below)).inserted else { continue }
      search.steps += 1
      guard search.found.count < Self.mostStacks,
        search.steps <= (search.found.isEmpty ? Self.mostEmptySteps : Self.mostSteps)
      else { return }
      let item = grammar.code[Int(position)]
      if item == Grammar.end {
        if below == 0 {
          search.found.append(0)
        } else {
          let node = nodes[Int(below)]
          work.append((node.position, node.below))
        }
      } else if item >= 0 {
        search.found.append(node(position, below))
      } else {
        // The last item of an alternative pushes nothing, so that lists do not grow.
        let isLast = grammar.code[Int(position) + 1] == Grammar.end
        let above = isLast ? below : node(position + 1, below)
        for alternative in grammar.alternatives[Int(-1 - item)].reversed() { work.append((alternative, above)) }
      }
    }
  }

  private func node(_ position: Int32, _ below: Int32) -> Int32 {
    let key = Self.key(position, below)
    if let number = nodeNumbers[key] { return number }
    let number = Int32(nodes.count)
    nodes.append((position, below))
    nodeNumbers[key] = number
    return number
  }

  private func number(_ stacks: [Int32]) -> Number {
    if let number = numbers[stacks] { return number }
    let number = Number(states.count)
    states.append(stacks)
    self.stacks += stacks.count
    numbers[stacks] = number
    table += repeatElement(Self.unknown, count: Mark.symbols)
    return number
  }
}
