/// A constraint on a text, token by token: a schema, a grammar. Each decoding begins with a separate one.
///
/// Another kind than a ``LogitRule``: it allows tokens or does not, is asked about few of them where it can be, and leaves
/// the logits as they are, so that the probabilities that are told are the model's.
package protocol TokenConstraint: Sendable {
  /// A text without tokens.
  func begin() -> any ConstrainedText
}

/// A text under a constraint, as far as it has come. What it allows must follow from its tokens alone.
package protocol ConstrainedText: AnyObject {
  /// Whether a token may come next.
  func allows(_ token: Int) -> Bool
  /// Sets the logits [V] of all tokens that may not come next to −∞.
  func forbid(in logits: UnsafeMutableBufferPointer<Float>)
  /// A token comes next, which may.
  func take(_ token: Int)
}
