import Tokenization

/// The tokens that part what a model thinks, says and calls. They are found by id: a text that only looks like one of
/// them is text.
package struct OutputMarks: Sendable, Equatable {
  /// `<think>` and `</think>`.
  package var thinks: Int?
  package var thought: Int?
  /// `<tool_call>` and `</tool_call>`.
  package var calls: Int?
  package var called: Int?
  /// `<|im_start|>`, which begins a turn.
  package var turn: Int?
  /// The marks of a model that writes in channels; nil for one that does not.
  package var channels: ChannelMarks?

  /// Creates marks from their members.
  package init(thinks: Int? = nil, thought: Int? = nil, calls: Int? = nil, called: Int? = nil, turn: Int? = nil) {
    self.thinks = thinks
    self.thought = thought
    self.calls = calls
    self.called = called
    self.turn = turn
  }

  /// The added tokens of a tokenizer by their names.
  package init(_ tokenizer: Tokenizer) {
    let id = { (name: String) in tokenizer.addedTokens.first { $0.content == name }?.id }
    self.init(
      thinks: id("<think>"), thought: id("</think>"), calls: id("<tool_call>"), called: id("</tool_call>"),
      turn: id("<|im_start|>"))
    channels = ChannelMarks(tokenizer)
  }

  /// Whether an answer to a prompt may begin with thoughts: the last turn says nothing of any.
  package func mayThink(after prompt: [Int]) -> Bool {
    guard thinks != nil else { return false }
    return prompt.last { $0 == thinks || $0 == thought || $0 == turn } == turn
  }

  /// Whether an answer to a prompt begins inside of its thoughts: the last mark of thoughts in the last turn is an open
  /// one. Earlier turns do not count, whatever they contain.
  package func isThinking(after prompt: [Int]) -> Bool {
    guard let thinks else { return false }
    let last = prompt.lastIndex { $0 == thinks || $0 == thought || $0 == turn }
    return last.map { prompt[$0] == thinks } ?? false
  }
}
