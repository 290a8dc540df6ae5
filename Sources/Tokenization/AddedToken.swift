/// A token that is found in the text before it is cut into pieces.
public struct AddedToken: Sendable, Equatable {
  public let id: Int
  /// The text that stands for it.
  public let content: String
  /// Whether it is markup (`<|im_end|>`) and not text (`<think>`): left out by a decoding that skips special tokens.
  public let isSpecial: Bool
}
