/// A regular expression on the names of modules, as PEFT's configurations have them: literals, `.`, classes, groups,
/// alternation and quantifiers. A name is matched for all places at once, so that no pattern makes it take long.
package struct ModulePattern: Sendable {
  indirect enum Node: Sendable {
    case set(@Sendable (UInt8) -> Bool)
    case sequence([Node])
    case choice([Node])
    /// The most times; nil without limit.
    case times(Node, Int, Int?)
    case begin
    case end
  }

  private let root: Node

  /// - Returns: nil for what no such pattern has: look-around, references, and the like.
  package init?(_ text: String) {
    var parser = ModulePatternParser(Array(text.utf8))
    guard text.utf8.count <= 1000, let root = parser.parse() else { return nil }
    self.root = root
  }

  /// Whether the whole name matches.
  package func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return ends(root, [0], bytes).contains(bytes.count)
  }

  /// Whether the name, or what follows one of its dots, matches: `re.match(rf"(.*\.)?(PATTERN)$", name)`.
  package func matchesEnd(of name: String) -> Bool {
    let bytes = Array(name.utf8)
    let starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }.map { $0 + 1 }
    return ends(root, Set(starts), bytes).contains(bytes.count)
  }

  /// Where a match that begins at one of `starts` may end.
  private func ends(_ node: Node, _ starts: Set<Int>, _ bytes: [UInt8]) -> Set<Int> {
    switch node {
    case .set(let holds): return Set(starts.filter { $0 < bytes.count && holds(bytes[$0]) }.map { $0 + 1 })
    case .sequence(let nodes): return nodes.reduce(starts) { ends($1, $0, bytes) }
    case .choice(let nodes): return nodes.reduce(into: []) { $0.formUnion(ends($1, starts, bytes)) }
    case .begin: return starts.intersection([0])
    case .end: return starts.intersection([bytes.count])
    case .times(let node, let least, let most):
      var now = starts
      var all: Set<Int> = least == 0 ? starts : []
      var count = 0
      while count < most ?? Int.max, !now.isEmpty {
        let after = ends(node, now, bytes)
        count += 1
        // Places only move on: once they stay where they are, more rounds change nothing.
        if after == now { count = max(count, least) }
        now = after
        guard count >= least else { continue }
        // Beyond the least number, a place that was reached before leads nowhere new.
        now.subtract(all)
        all.formUnion(now)
      }
      return all
    }
  }
}
