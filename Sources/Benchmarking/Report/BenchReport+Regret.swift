import Checking
import Inference
import StrictJSON

extension BenchReport {
  /// What a decoder that chooses lost against the best of those that always do the same, on one class.
  public struct Regret: Sendable, Hashable {
    /// The decoder that chooses.
    public var decoder: String
    /// The class of prompts.
    public var kind: String
    /// The best of the others.
    public var best: String
    /// 1 − its speed by the best one's, both by vanilla decoding's of the same repetition; below 0 where it won.
    public var share: Double
  }

  /// A regret for each class and each decoder that chooses, where there is one that does not.
  public var regrets: [Regret] {
    kinds.flatMap { kind in
      let rows = results.filter { $0.kind == kind }
      let fixed = rows.filter { DecodingMethod(name: $0.decoder)?.isFixed == true }
      guard let best = fixed.max(by: { $0.toVanilla < $1.toVanilla }), best.toVanilla > 0 else { return [Regret]() }
      return rows.filter { DecodingMethod(name: $0.decoder)?.isHybrid == true }.map { row in
        Regret(decoder: row.decoder, kind: kind, best: best.decoder, share: 1 - row.toVanilla / best.toVanilla)
      }
    }
  }

  var regretLines: [String] {
    let found = regrets
    guard !found.isEmpty else { return [] }
    return ["", "regret against the best decoder that always does the same"]
      + BenchReport.columns(found.map { [$0.kind, $0.decoder, decimal(100 * $0.share, 1) + " %", $0.best] })
  }
}

extension BenchReport.Regret {
  var json: JSONValue {
    .object([
      ("class", .string(kind)), ("decoder", .string(decoder)), ("best", .string(best)), ("share", .decimal(share, 4)),
    ])
  }
}
