/// How beginnings of sequences are kept, so that whoever goes on from one does not run it again. Without effect on any
/// answer.
public struct PrefixCacheOptions: Sendable, Hashable {
  /// Bytes at most. They are taken from what running sequences leave of ``BatchOptions/memory``, and yielded to them.
  public var memory: Int
  /// Beginnings of fewer tokens are not kept: they are soon run again.
  public var least: Int
  /// Tokens that begin a turn of a conversation. A prompt is kept as far as its first turn goes, with which other
  /// conversations may begin, and up to its last one, which is not the same when the conversation goes on; without turns,
  /// up to its last token.
  public var turns: Set<Int>

  /// The members.
  public init(memory: Int, least: Int = 256, turns: Set<Int> = []) {
    self.memory = memory
    self.least = least
    self.turns = turns
  }

  /// Lengths at which the beginning of a prompt is kept, ascending.
  package func marks(of tokens: [Int]) -> [Int] {
    let starts = tokens.indices.dropFirst().filter { turns.contains(tokens[$0]) }
    let marks = starts.isEmpty ? [tokens.count - 1] : [starts[0], starts[starts.count - 1]]
    return Set(marks.filter { $0 >= max(1, least) }).sorted()
  }
}
