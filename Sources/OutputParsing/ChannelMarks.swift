import Tokenization

/// The tokens that part the messages of gpt-oss ("harmony"). They are found by id, as those of ``OutputMarks``.
package struct ChannelMarks: Sendable, Equatable {
  /// What a mark says.
  enum Meaning { case start, channel, constraint, message, end }

  private let start: Int
  private let channel: Int
  private let message: Int
  private let constraint: Int?
  private let ends: Set<Int>

  /// The marks of a tokenizer that has them; nil for any other.
  package init?(_ tokenizer: Tokenizer) {
    let id = { (name: String) in tokenizer.addedTokens.first { $0.content == name }?.id }
    guard let start = id("<|start|>"), let channel = id("<|channel|>"), let message = id("<|message|>"),
      let end = id("<|end|>")
    else { return nil }
    (self.start, self.channel, self.message, constraint) = (start, channel, message, id("<|constrain|>"))
    ends = Set([end, id("<|return|>"), id("<|call|>")].compactMap(\.self))
  }

  func meaning(of id: Int) -> Meaning? {
    switch id {
    case start: .start
    case channel: .channel
    case message: .message
    case constraint: .constraint
    default: ends.contains(id) ? .end : nil
    }
  }
}
