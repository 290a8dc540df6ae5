/// The input rows of one pass.
struct PassRows {
  /// Token ids, all inside the vocabulary.
  var tokens: [Int] = []
  var positions: [TokenPosition] = []
  /// For rows whose embedding is given (image rows): [H]. Empty when all rows are tokens.
  var given: [UnsafePointer<Float>?] = []

  var count: Int { tokens.count }

  func embedding(_ row: Int) -> UnsafePointer<Float>? { row < given.count ? given[row] : nil }

  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    given.removeAll(keepingCapacity: true)
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
