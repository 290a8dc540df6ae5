/// What the hybrid takes rounds to cost.
public enum DraftCosts: String, Sendable, Hashable, CaseIterable {
  /// What the clock says: decisions differ between runs, and tokens do not.
  case clock
  /// A table, the same on every machine: the same decisions in every run, for tests and reports.
  case table

  /// A target pass of so many rows, in units of one of a row. Between what a dense model costs in canonical arithmetic and
  /// in the fast one.
  static func verify(rows: Int) -> Double { 1 + 0.2 * Double(max(0, rows - 1)) }

  /// A draft of so many tokens in the same unit.
  static func draft(_ kind: DrafterKind, depth: Int) -> Double {
    switch kind {
    case .lookup: 0
    case .mtp: 0.15 * Double(depth)
    // A block costs the same whatever is taken of it.
    case .dflash: 0.3
    case .eagle3: 0.15 * Double(depth)
    }
  }
}
