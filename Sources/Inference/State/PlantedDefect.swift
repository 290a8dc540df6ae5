/// A fault that tests plant into a session, to see that a check of the decoders finds it. Nothing in the product sets
/// one.
package enum PlantedDefect: Sendable, CaseIterable {
  /// The recurrent state S keeps refused drafts.
  case recurrentRollback
  /// The convolution's inputs keep refused drafts.
  case convolutionRollback
  /// The head's key/value cache keeps rows of refused drafts.
  case headCache
}
