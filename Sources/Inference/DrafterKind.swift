/// What drafts: a decoding has at most one drafter of each kind.
public enum DrafterKind: String, Sendable, CaseIterable {
  /// Copies what followed the same tokens before; no weights.
  case lookup
  /// The multi-token-prediction head of the model.
  case mtp
  /// A block-diffusion drafter, which drafts many tokens in one pass.
  case dflash
  /// A drafter of one layer over its own vocabulary, which drafts token by token.
  case eagle3

  /// The name in an error or a report.
  package var title: String {
    switch self {
    case .lookup: "prompt lookup"
    case .mtp: "MTP head"
    case .dflash: "DFlash drafter"
    case .eagle3: "EAGLE-3 drafter"
    }
  }
}
