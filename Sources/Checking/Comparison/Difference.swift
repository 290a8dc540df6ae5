/// A place where a way of decoding produced something else than vanilla decoding.
public struct Difference: Sendable, Hashable {
  /// What differs.
  public enum Subject: String, Sendable, CaseIterable {
    /// A token.
    case tokens
    /// The bytes of the logits that a token was chosen by.
    case logits
    /// The state after the last token.
    case state
    /// The drafts that the head makes at a place, between two depths: they are to depend on the tokens before them
    /// alone. Nothing of it reaches a token, but the head's cache is wrong.
    case drafts
    /// Where a stop token ends the decoding.
    case stop
  }

  /// The prompt's id.
  public var prompt: String
  /// Name of the setting (`mtp-2`).
  public var setting: String
  /// What differs.
  public var subject: Subject
  /// Number of the token, from 0 for the first after the prompt; nil for what is no token's.
  public var index: Int?
  /// What vanilla decoding produces.
  public var expected: String
  /// What this way of decoding produces.
  public var found: String
}

extension CheckedDecoding {
  /// The first difference of each subject, or none.
  func differences(from vanilla: CheckedDecoding, prompt: String, setting: String) -> [Difference] {
    var found: [Difference] = []
    let add = { (subject: Difference.Subject, index: Int?, a: String, b: String) in
      found.append(
        Difference(prompt: prompt, setting: setting, subject: subject, index: index, expected: a, found: b))
    }
    if let index = firstDifference(vanilla.tokens, tokens) {
      add(.tokens, index, element(vanilla.tokens, index), element(tokens, index))
    }
    if let index = firstDifference(vanilla.logits, logits) {
      add(.logits, index, element(vanilla.logits, index), element(logits, index))
    }
    if vanilla.state != state { add(.state, nil, vanilla.state.hex, state.hex) }
    return found
  }
}

/// The first index at which two lists differ, one of them perhaps by its end.
func firstDifference<T: Equatable>(_ a: [T], _ b: [T]) -> Int? {
  if let index = zip(a, b).enumerated().first(where: { $1.0 != $1.1 })?.offset { return index }
  return a.count == b.count ? nil : min(a.count, b.count)
}

private func element<T>(_ list: [T], _ index: Int) -> String { index < list.count ? "\(list[index])" : "the end" }
