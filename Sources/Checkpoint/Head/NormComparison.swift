/// A head's norms compared with those of the same type in the trunk that it is to serve.
///
/// A factor that had 1 added once too often or once too little is a whole unit away from the trunk's. For each type the
/// head's mean factor is compared with the range of the trunk's layers, as stored and with 1 less or 1 more; a type
/// votes when one reading is nearer by at least half a unit. One type alone proves nothing, since sound norms may be
/// outside the trunk's range; three that agree while none disagrees do.
public struct NormComparison: Sendable {
  /// Votes of a reading: types whose factors have `excess` too much.
  public struct Row: Sendable {
    /// Which norms these are.
    public let type: NormType
    /// Mean of the head's factors under the recorded convention.
    public let head: Double
    /// Least and largest mean of a trunk's layer.
    public let trunk: ClosedRange<Double>
    /// 0: as it should be; 1: one added too often; -1: never added; nil: undecided.
    public let excess: Int?
  }

  /// One row for each type that head and trunk both have.
  public let rows: [Row]

  /// The excess that at least three types agree on while no type disagrees; nil when the comparison decides nothing.
  public var verdict: Int? {
    let votes = rows.compactMap(\.excess)
    guard votes.count >= 3, let first = votes.first, votes.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// - Parameter prefix: of the head's tensors.
  init(head: CheckpointFolder, prefix: String, convention: NormConvention, trunk: CheckpointFolder) throws {
    var ranges: [NormType: ClosedRange<Double>] = [:]
    for norm in try trunk.trunkNorms() {
      guard let mean = NormComparison.mean(norm.factors) else { continue }
      let old = ranges[norm.type] ?? mean...mean
      ranges[norm.type] = min(old.lowerBound, mean)...max(old.upperBound, mean)
    }
    rows = try NormType.allCases.compactMap { type in
      guard let range = ranges[type], let values = try head.floats(prefix + type.headName),
        let stored = NormComparison.mean(values)
      else { return nil }
      let mean = stored + (convention == .offset ? 1 : 0)
      return Row(type: type, head: mean, trunk: range, excess: NormComparison.excess(mean, range))
    }
  }

  private static func excess(_ mean: Double, _ range: ClosedRange<Double>) -> Int? {
    let distances = [-1, 0, 1].map { shift -> (Int, Double) in
      let value = mean - Double(shift)
      return (shift, max(range.lowerBound - value, value - range.upperBound, 0))
    }.sorted { $0.1 < $1.1 }
    return distances[1].1 - distances[0].1 >= 0.5 ? distances[0].0 : nil
  }

  private static func mean(_ values: [Float]) -> Double? {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    return values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  /// The comparison in words: `q_norm 1.02 (trunk 0.91 to 1.20)`.
  public var words: String {
    rows.map { row in
      "\(row.type.rawValue) \(Hundredths(row.head)) (trunk \(Hundredths(row.trunk.lowerBound))"
        + (row.trunk.lowerBound == row.trunk.upperBound ? ")" : " to \(Hundredths(row.trunk.upperBound)))")
    }.joined(separator: ", ")
  }
}
