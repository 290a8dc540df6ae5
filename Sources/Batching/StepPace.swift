import Inference

/// How many rows a step may have to take about so many seconds, learned from steps (`PassCost`).
package struct StepPace {
  private var cost = PassCost()

  /// Prompts get so many rows whatever the clock says: else a long prompt would never end.
  package static let least = 8
  /// Rows of a first step.
  private static let first = 16

  package init() {}

  /// Enters a step.
  package mutating func record(rows: Int, seconds: Double) { cost.record(rows: rows, seconds: seconds) }

  /// The rows that take about `target` seconds; `most` when that is more.
  package func rows(in target: Double, most: Int) -> Int {
    guard let line = cost.line else { return min(most, StepPace.first) }
    let found = (target - line.base) / line.slope
    guard found > 1 else { return 1 }
    return found < Double(most) ? Int(found) : most
  }
}
