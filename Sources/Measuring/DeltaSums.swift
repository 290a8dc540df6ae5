/// What merging an adapter changed of some elements. Merged in the order of the tensor's bytes they are the same on any
/// number of threads.
package struct DeltaSums: Sendable, Equatable {
  /// The sum of the squares of the differences.
  package var squares = 0.0
  /// The sum of the squares of the base's elements.
  package var baseSquares = 0.0
  /// Elements with other bits than before.
  package var changed = 0
  /// Elements in all.
  package var elements = 0

  /// Sums of nothing.
  package init() {}

  /// Adds the sums of what follows.
  package mutating func merge(_ next: DeltaSums) {
    squares += next.squares
    baseSquares += next.baseSquares
    changed += next.changed
    elements += next.elements
  }

  /// The sums by their bits.
  package var words: [UInt64] {
    [squares.bitPattern, baseSquares.bitPattern, UInt64(changed), UInt64(elements)]
  }

  /// Reads ``words`` back; nil for words that no sums have.
  package init?(words: [UInt64]) {
    guard words.count == 4, let changed = Int(exactly: words[2]), let elements = Int(exactly: words[3]),
      changed <= elements
    else { return nil }
    squares = Double(bitPattern: words[0])
    baseSquares = Double(bitPattern: words[1])
    self.changed = changed
    self.elements = elements
  }
}
