/// The input rows of one pass.
package struct PassRows {
  /// Token ids, all inside the vocabulary.
  package var tokens: [Int] = []
  /// One position a row.
  package var positions: [TokenPosition] = []
  /// The embedding of each row that is given one (image rows): [H]. Empty when all rows are tokens.
  package var given: [UnsafePointer<Float>?] = []

  /// Rows of tokens, or of embeddings that are given; empty for rows that are filled in later.
  package init(
    tokens: [Int] = [], positions: [TokenPosition] = [], given: [UnsafePointer<Float>?] = []
  ) {
    self.tokens = tokens
    self.positions = positions
    self.given = given
  }

  /// How many rows there are.
  package var count: Int { tokens.count }

  func embedding(_ row: Int) -> UnsafePointer<Float>? { row < given.count ? given[row] : nil }

  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    given.removeAll(keepingCapacity: true)
  }
}

/// The rows of one sequence in a pass.
package struct PassSegment {
  /// The rows.
  package let rows: PassRows
  /// The state that they go over.
  package let state: TextState
  /// Whether rows may be taken back.
  package let recording: Bool

  /// Rows of a sequence, and whether its state must be able to take them back.
  package init(rows: PassRows, state: TextState, recording: Bool) {
    self.rows = rows
    self.state = state
    self.recording = recording
  }
}

extension PassRows {
  func prefix(_ count: Int) -> PassRows {
    PassRows(
      tokens: Array(tokens.prefix(count)), positions: Array(positions.prefix(count)), given: Array(given.prefix(count)))
  }

  func suffix(_ count: Int) -> PassRows {
    PassRows(
      tokens: Array(tokens.suffix(count)), positions: Array(positions.suffix(count)),
      given: given.count == tokens.count ? Array(given.suffix(count)) : [])
  }
}
