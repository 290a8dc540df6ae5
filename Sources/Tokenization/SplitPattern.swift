/// The two split patterns of the family, recognised by their exact text.
public enum SplitPattern: String, Sendable, CaseIterable {
  /// Qwen2 and Qwen3-Next: a combining mark is punctuation.
  case qwen2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// Qwen3.5 and later: combining marks join letters.
  case qwen35 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// The classes that make a word.
  var word: UInt8 {
    switch self {
    case .qwen2: CharacterTable.letter
    case .qwen35: CharacterTable.letter | CharacterTable.mark
    }
  }
}
