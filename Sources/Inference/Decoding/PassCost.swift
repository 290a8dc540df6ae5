/// Learns what a pass of so many rows takes: seconds = base + slope · rows, older passes counting less.
package struct PassCost: Sendable {
  private var weight = 0.0
  private var rows = 0.0
  private var squares = 0.0
  private var seconds = 0.0
  private var products = 0.0
  private static let memory = 0.95

  package init() {}

  /// Whether nothing was entered.
  package var isUnknown: Bool { !(weight > 0) }

  /// Records a pass.
  package mutating func record(rows count: Int, seconds time: Double) {
    guard count > 0, time > 0, time < .infinity else { return }
    weight = weight * PassCost.memory + 1
    rows = rows * PassCost.memory + Double(count)
    squares = squares * PassCost.memory + Double(count) * Double(count)
    seconds = seconds * PassCost.memory + time
    products = products * PassCost.memory + Double(count) * time
  }

  /// Seconds of a pass whatever its rows, and of each row beside; nil when nothing is known. Passes that were all alike say
  /// nothing of others: each row counts for its share then.
  package var line: (base: Double, slope: Double)? {
    guard weight > 0, rows > 0 else { return nil }
    let (meanRows, meanSeconds) = (rows / weight, seconds / weight)
    let spread = squares / weight - meanRows * meanRows
    var slope = meanSeconds / meanRows
    if spread > 0.5 {
      let measured = (products / weight - meanRows * meanSeconds) / spread
      if measured > 0, measured < slope { slope = measured }
    }
    return (max(0, meanSeconds - slope * meanRows), slope)
  }

  /// What one of several pays for a pass that they share: for its rows, and an equal part of what a pass costs anyway. All
  /// parts together are the time of the pass, so what a decoding chooses its depth by is what a row more costs in this
  /// company.
  /// - Parameters:
  ///   - own: The sequence's rows.
  ///   - total: Rows of the pass.
  ///   - count: How many share it.
  package func share(of own: Int, in total: Int, sharedBy count: Int) -> Double {
    guard total > 0, count > 0 else { return 0 }
    guard let line else { return Double(own) / Double(total) }
    let (part, whole) = (line.base / Double(count) + line.slope * Double(own), line.base + line.slope * Double(total))
    return whole > 0 ? part / whole : Double(own) / Double(total)
  }
}
