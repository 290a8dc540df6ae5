/// Changes the logits that a token is chosen by: penalties, a bias, a grammar that allows some tokens.
///
/// It is asked for each row that a token is chosen from, in the order of the tokens; refused drafts never show. What it
/// does must follow from its arguments and from what it was made with, so that an answer depends on nothing else. Drafts
/// are made without it: the target's check makes up for that.
public protocol LogitRule: Sendable {
  /// - Parameters:
  ///   - logits: [V], finite; −∞ forbids a token. One at least is to stay finite.
  ///   - prompt: The prompt.
  ///   - decoded: The tokens after it, before the one that is chosen now.
  func apply(to logits: UnsafeMutableBufferPointer<Float>, prompt: [Int], decoded: [Int])
}
