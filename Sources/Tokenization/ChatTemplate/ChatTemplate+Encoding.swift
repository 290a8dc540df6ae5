import StrictJSON

extension ChatTemplate {
  /// The token ids of a chat: what ``render(messages:tools:addGenerationPrompt:extra:)`` makes of it, encoded with special
  /// tokens read as such. Nothing is added in front or behind.
  ///
  /// A special token that is written out in a message is read as that token too, as in every runner that renders a chat
  /// to text first.
  public func encode(
    messages: JSONValue, tools: JSONValue? = nil, addGenerationPrompt: Bool, extra: [(String, JSONValue)] = [],
    with tokenizer: Tokenizer
  ) throws -> [Int] {
    tokenizer.encode(
      try render(messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra),
      special: true)
  }
}
