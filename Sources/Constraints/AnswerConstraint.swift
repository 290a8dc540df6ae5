/// The constraint on one answer: a grammar of its text, over the tokens of a model.
package struct AnswerConstraint: Sendable {
  let grammar: Grammar
  let vocabulary: TokenVocabulary
  /// The symbols of tokens that are marks and have no text.
  let marks: [Int: Int]
  /// Text of the prompt's end that counts as the answer's.
  let begun: [UInt8]

  /// - Parameters:
  ///   - grammar: What the answer follows.
  ///   - vocabulary: The model's tokens.
  ///   - marks: The tokens that are marks. They have no text.
  ///   - begun: Text that the prompt ends with and that the grammar begins with.
  package init(_ grammar: Grammar, _ vocabulary: TokenVocabulary, marks: [Int: Mark], begun: [UInt8] = []) {
    self.grammar = grammar
    self.vocabulary = vocabulary
    self.marks = marks.mapValues(\.rawValue)
    self.begun = begun
  }

  /// An answer of which there is no token yet.
  package func start() -> ConstrainedAnswer { ConstrainedAnswer(self) }
}

/// An answer under its constraint, as far as it has come. For one thread.
///
/// What it allows follows from the tokens alone: not from who drafts, what is decoded beside it, or what was asked before.
package final class ConstrainedAnswer {
  private let vocabulary: TokenVocabulary
  private let marks: [Int: Int]
  private let states: GrammarStates
  /// Nil after a token that was not allowed.
  private var state: GrammarStates.Number?
  /// Whether each id is allowed; memory that is used again.
  private var isAllowed: [Bool] = []

  init(_ constraint: AnswerConstraint) {
    vocabulary = constraint.vocabulary
    marks = constraint.marks
    states = GrammarStates(constraint.grammar)
    state = states.start()
    for byte in constraint.begun { state = state.flatMap { states.step($0, Int(byte)) } }
  }

  /// Whether the text that the prompt began is one of the grammar, as far as it goes.
  package var isPossible: Bool { state != nil }

  /// Whether a token may come next.
  package func allows(_ token: Int) -> Bool { next(token) != nil }

  /// The token comes next.
  package func take(_ token: Int) {
    state = next(token)
    if states.isFull, let kept = state { state = states.forget(but: [kept]).first }
  }

  private func next(_ token: Int) -> GrammarStates.Number? {
    guard var state else { return nil }
    if let symbol = marks[token] { return states.step(state, symbol) }
    let range = vocabulary.range(token)
    guard !range.isEmpty else { return nil }
    for index in range {
      guard let next = states.step(state, Int(vocabulary.bytes[index])) else { return nil }
      state = next
    }
    return state
  }

  /// Sets the logits [V] of all tokens that may not come next to −∞.
  package func forbid(in logits: UnsafeMutableBufferPointer<Float>) {
    find(logits.count)
    for id in logits.indices where !isAllowed[id] { logits[id] = -.infinity }
  }

  /// Looks at all tokens in the order of their bytes, so that what several begin with is walked once, and what none can
  /// begin with is left at its first wrong byte.
  private func find(_ count: Int) {
    isAllowed.removeAll(keepingCapacity: true)
    isAllowed += repeatElement(false, count: count)
    guard let state else { return }
    for (id, symbol) in marks where isAllowed.indices.contains(id) && states.step(state, symbol) != nil {
      isAllowed[id] = true
    }
    // The states after the first bytes of the newest token; those up to `known` are there.
    var path = [state]
    path.reserveCapacity(vocabulary.longest + 1)
    var isDead = false
    vocabulary.bytes.withUnsafeBufferPointer { bytes in
      for (rank, id) in vocabulary.order.enumerated() {
        let common = Int(vocabulary.shared[rank])
        if isDead, common >= path.count { continue }
        isDead = false
        if path.count > common + 1 { path.removeLast(path.count - common - 1) }
        let start = Int(vocabulary.starts[Int(id)])
        let length = Int(vocabulary.starts[Int(id) + 1]) - start
        while path.count <= length {
          guard let next = states.step(path[path.count - 1], Int(bytes[start + path.count - 1])) else {
            isDead = true
            break
          }
          path.append(next)
        }
        if !isDead, Int(id) < count, marks[Int(id)] == nil { isAllowed[Int(id)] = true }
        if states.isFull { path = states.forget(but: path) }
      }
    }
    self.state = path[0]
  }
}
