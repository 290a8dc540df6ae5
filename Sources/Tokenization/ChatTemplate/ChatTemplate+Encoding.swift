import StrictJSON
import Templates

extension ChatTemplate {
  /// The token ids of a chat: what ``render(messages:tools:addGenerationPrompt:extra:)`` makes of it, encoded with special
  /// tokens read as such. Nothing is added in front or at the end.
  /// - Parameters:
  ///   - messages: A list of messages.
  ///   - tools: A list of tools; nil for none.
  ///   - addGenerationPrompt: Whether the beginning of an answer is at the end.
  ///   - extra: Further variables of the template.
  ///   - sanitized: Whether control tokens that are written out in the messages, tools and further variables are
  ///     ordinary text, so that nobody can end a turn or begin one from inside of a message. Control tokens are the special
  ///     tokens, and the other added ones that the template itself writes out (`<think>`). Without, they are read as
  ///     tokens wherever they occur, as in most runners. Either way the ids are those of transformers.
  ///   - keysToo: Whether that goes for the keys of objects, too, which transformers leaves as they are: arguments of calls
  ///     and schemas of tools are written out with their keys.
  ///   - tokenizer: The model's tokenizer.
  public func encode(
    messages: JSONValue, tools: JSONValue? = nil, addGenerationPrompt: Bool, extra: [(String, JSONValue)] = [],
    sanitized: Bool = false, keysToo: Bool = false, with tokenizer: Tokenizer
  ) throws -> [Int] {
    guard sanitized else {
      let text = try render(messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra)
      return tokenizer.encode(text, special: true)
    }
    // Marking goes as deep as the values are: too deep ones are refused before.
    try checkDepth(messages: messages, tools: tools, extra: extra)
    let control = ControlTokens(tokenizer, keysToo: keysToo) { writesOut($0, tools: tools) }
    let text = try render(
      messages: control.marked(messages), tools: tools.map(control.marked), addGenerationPrompt: addGenerationPrompt,
      extra: extra.map { ($0.0, control.marked($0.1)) })
    return control.encode(text, with: tokenizer)
  }
}
