/// What drafts: a decoding has at most one drafter of each kind.
public enum DrafterKind: String, Sendable, CaseIterable {
  /// The multi-token-prediction head of the model.
  case mtp

  /// In an error or a report.
  package var title: String {
    switch self {
    case .mtp: "MTP head"
    }
  }
}

extension LoadedModel {
  /// Whether a drafter of a kind is there.
  public func has(_ kind: DrafterKind) -> Bool {
    switch kind {
    case .mtp: head != nil
    }
  }
}
