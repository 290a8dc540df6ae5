import Quantization

/// Sums for the error measures of a tensor or a part of it. Merged in the order of the tensor's bytes they are the same
/// on any number of threads.
package struct TensorErrorSums: Sendable, Equatable {
  /// The errors of all elements.
  package var all = ErrorAccumulator()
  /// The errors of the head's `fc`, which reads two vectors side by side: the columns of the first and those of the second.
  package var halves: [ErrorAccumulator] = []

  /// Adds the sums of what follows.
  package mutating func merge(_ next: TensorErrorSums) {
    all.merge(next.all)
    if halves.isEmpty { halves = next.halves.map { _ in ErrorAccumulator() } }
    for index in halves.indices where next.halves.indices.contains(index) { halves[index].merge(next.halves[index]) }
  }

  /// The sums by their bits.
  package var words: [UInt64] { ([all] + halves).flatMap(\.words) }

  /// - Parameter halves: 2 for a tensor whose halves are measured each, else 0.
  package init(halves: Int = 0) { self.halves = Array(repeating: ErrorAccumulator(), count: halves) }

  /// Reads the words of sums back; nil for words that no sums have.
  package init?(words: [UInt64]) {
    let width = ErrorAccumulator.wordCount
    guard words.count == width || words.count == 3 * width else { return nil }
    let sums = stride(from: 0, to: words.count, by: width).compactMap {
      ErrorAccumulator(words: Array(words[$0..<$0 + width]))
    }
    guard let first = sums.first, sums.count == words.count / width else { return nil }
    all = first
    halves = Array(sums.dropFirst())
  }
}
