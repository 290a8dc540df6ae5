import Manifests
import StrictJSON

extension Thresholds {
  /// Canonical form, for receipts.
  package var json: JSONValue {
    func limits(_ limits: Limits) -> JSONValue {
      .object(
        [
          ("min_cosine", limits.minCosine), ("mean_cosine", limits.meanCosine),
          ("max_relative_rms", limits.maxRelativeRMS),
        ]
        .compactMap { name, value in value.map { (name, .string(String($0.bitPattern, radix: 16))) } })
    }
    return .object([
      ("all", limits(all)),
      (
        "by_role",
        .object(byRole.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.rawValue, limits($0.value)) })
      ),
    ])
  }
}
