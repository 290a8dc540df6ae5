/// Counts of numbers by upper bounds, as Prometheus has them.
package struct Histogram: Sendable, Equatable {
  /// The bounds, ascending.
  package let bounds: [Double]
  /// Numbers up to each bound and above the one before; the last are beyond all.
  package private(set) var counts: [Int]
  /// The sum of all numbers.
  package private(set) var sum = 0.0

  /// - Parameter bounds: Ascending.
  package init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// Counts a number; what is none is left out.
  package mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// All numbers.
  package var count: Int { counts.reduce(0, +) }

  /// Bounds for seconds of a request, for seconds between tokens, and for tokens.
  package static let seconds = Histogram([0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600])
  package static let intervals = Histogram([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5])
  package static let tokens = Histogram([1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536])
}
