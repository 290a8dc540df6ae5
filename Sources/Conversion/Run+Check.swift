import Audit
import Manifests

extension Run {
  /// Refuses a check that is asked for and cannot take place, before any work is done, as far as headers, configuration and
  /// tokenizer tell.
  /// - Throws: `ConversionError.checkMissing`.
  func requirePossibleCheck() throws {
    guard options.until == .check || options.until == .package else { return }
    switch forecast.check {
    case .none(let reason):
      let refusal = try CheckPlan.refusal(plan, resolution)
      try CheckStage.require(reason + (refusal?.details ?? ""), resolution)
    case .decode(let check):
      guard check.demandsSource, let obstacle = check.sourceObstacle else { return }
      try CheckStage.require("the package is not compared with its source: \(obstacle)", resolution)
    }
  }
}
