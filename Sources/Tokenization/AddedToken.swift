/// A token that is found in the text before it is cut into pieces.
public struct AddedToken: Sendable, Equatable {
  /// The token's id.
  public let id: Int
  /// The text that stands for it.
  public let content: String
  /// Whether it is markup (`<|im_end|>`) and not text (`<think>`): left out by a decoding that skips special tokens.
  public let isSpecial: Bool
  /// Whether it is looked for in the normalized text, by its own normalized form.
  public var isNormalized = false
  /// Whether the white space before or after it in the text belongs to it.
  public var takesSpaceBefore = false
  /// Whether white space after it belongs to it (`rstrip`).
  public var takesSpaceBehind = false
  /// Whether it is found only where no letter, digit or other character of a word touches it.
  public var isSingleWord = false
}
