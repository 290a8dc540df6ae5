import Diagnostics
import Manifests

/// Whether the package's decoding is checked, as far as headers and configuration tell.
package enum CheckPlan: Sendable {
  /// It is decoded.
  case decode(DecodeCheck)
  /// It is not, because …
  case none(reason: String)

  /// The check, when there is one.
  package var check: DecodeCheck? { if case .decode(let check) = self { check } else { nil } }

  /// The summary for a terminal.
  package var summary: String {
    switch self {
    case .none(let reason): "none: \(reason)"
    case .decode(let check):
      "\(Fixed.counted(check.prompts, "prompt")), \(Fixed.counted(check.tokens, "token")) each"
        + (check.depths.isEmpty ? "" : ", depths " + check.depths.map(String.init).joined(separator: ", "))
        + (check.draftsByLookup
          ? ", no head: nothing drafts but lookup" : check.drafter.map { ", the drafter (\($0.name))" } ?? "")
    }
  }
}
