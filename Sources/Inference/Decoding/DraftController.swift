/// Says for each round who drafts and how much. Whatever it says, tokens are the target's.
package protocol DraftController: AnyObject {
  /// What the next round drafts.
  func plan(_ outlook: DraftOutlook) -> DraftPlan
  /// What became of it.
  func record(_ round: DraftedRound)
  /// A separate controller that knows the same, for a fork of the session.
  func copy() -> any DraftController
}

/// What is known before a round.
package struct DraftOutlook {
  /// Most drafts that can be used.
  package var room: Int
  /// Tokens known: the prompt's and the newest.
  package var known: Int
  /// What lookup could copy; nil for nothing.
  package var copyable: CopyableText?

  /// What is known before a round in which lookup may have something to copy.
  package init(room: Int, known: Int, copyable: CopyableText? = nil) {
    self.room = room
    self.known = known
    self.copyable = copyable
  }
}

/// What a round drafts.
package struct DraftPlan: Equatable {
  /// Who drafts; nil for nobody.
  package var kind: DrafterKind?
  /// Most drafts for the target to check; no more than there is room for.
  package var depth: Int
  /// Whether one token is drafted only to be compared with the target's own: a look.
  package var looks: Bool

  /// A plan by which drafts are checked, unless it is for a look.
  package init(_ kind: DrafterKind?, depth: Int, looks: Bool = false) {
    self.kind = kind
    self.depth = depth
    self.looks = looks
  }
}

/// A round that was made by a plan.
package struct DraftedRound {
  /// What was planned.
  package var plan: DraftPlan
  /// What was known before.
  package var outlook: DraftOutlook
  /// Drafts that the target checked.
  package var drafted: Int
  /// Drafts at the front that it agreed with.
  package var accepted: Int
  /// Tokens returned.
  package var tokens: Int
  /// For a look that had a draft: the chance that the target would have taken it.
  package var agreement: Double?
  /// Seconds of the drafter, without the choice of tokens.
  package var draftSeconds: Double
  /// Seconds of the target's pass, without the choice of tokens.
  package var verifySeconds: Double

  /// A round with all that a controller learns from.
  package init(
    plan: DraftPlan, outlook: DraftOutlook, drafted: Int, accepted: Int, tokens: Int, agreement: Double?,
    draftSeconds: Double, verifySeconds: Double
  ) {
    self.plan = plan
    self.outlook = outlook
    self.drafted = drafted
    self.accepted = accepted
    self.tokens = tokens
    self.agreement = agreement
    self.draftSeconds = draftSeconds
    self.verifySeconds = verifySeconds
  }
}

/// The same drafter at the same depth in each round.
final class FixedDraft: DraftController {
  private let kind: DrafterKind?
  private let depth: Int

  init(_ kind: DrafterKind?, depth: Int) {
    self.kind = kind
    self.depth = depth
  }

  func plan(_ outlook: DraftOutlook) -> DraftPlan { DraftPlan(kind, depth: min(depth, outlook.room)) }
  func record(_ round: DraftedRound) {}
  func copy() -> any DraftController { FixedDraft(kind, depth: depth) }
}

/// The MTP head at the depth that pays (``AdaptiveDepth``).
final class AdaptiveDraft: DraftController {
  private var depth: AdaptiveDepth

  init(_ depth: AdaptiveDepth) { self.depth = depth }

  func plan(_ outlook: DraftOutlook) -> DraftPlan {
    if depth.looks, outlook.room > 0 { return DraftPlan(.mtp, depth: 1, looks: true) }
    return DraftPlan(.mtp, depth: min(depth.depth, outlook.room))
  }

  func record(_ round: DraftedRound) {
    if let agreement = round.agreement {
      depth.recordLook(
        agreement: agreement, draftSeconds: round.draftSeconds, verifySeconds: round.verifySeconds)
    } else {
      depth.record(
        drafted: round.drafted, accepted: round.accepted, draftSeconds: round.draftSeconds,
        verifySeconds: round.verifySeconds)
    }
  }

  func copy() -> any DraftController { AdaptiveDraft(depth) }
}
