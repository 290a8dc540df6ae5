/// Tokens that the head may draft, when not all: a smaller output projection makes drafts cheaper, and the target's check
/// makes up for what is left out, so tokens never change; fewer drafts may be accepted.
///
/// The shortlist is the lowest ids of the vocabulary, which byte-pair encodings assign to the most frequent tokens, and
/// every id of the prompt and of what was decoded since. It depends on nothing else.
struct DraftShortlist {
  /// Ids below are in the list.
  let lowest: Int
  /// Other ids of the text so far.
  private var others: Set<Int> = []
  /// The ids as ranges, ascending, none touching another.
  private(set) var ranges: [Range<Int>]

  init(lowest: Int, tokens: some Collection<Int>) {
    self.lowest = lowest
    ranges = [0..<lowest]
    insert(tokens)
  }

  /// Ids in the list.
  var count: Int { lowest + others.count }

  func contains(_ token: Int) -> Bool { token < lowest || others.contains(token) }

  mutating func insert(_ tokens: some Collection<Int>) {
    let before = others.count
    for token in tokens where token >= lowest { others.insert(token) }
    if others.count == before { return }
    ranges = [0..<lowest]
    for id in others.sorted() {
      if let last = ranges.last, last.upperBound == id {
        ranges[ranges.count - 1] = last.lowerBound..<id + 1
      } else {
        ranges.append(id..<id + 1)
      }
    }
  }
}
