/// A text with the places of its runs of tokens, to find where the same tokens occurred before.
///
/// Places are kept by a hash of the last few tokens. A hash is only a hint: tokens are compared.
struct TextIndex {
  private(set) var tokens: [Int] = []
  /// The latest place of each hash; and for each indexed place, the one before it with the same hash, −1 for none.
  private var latest: [UInt64: Int] = [:]
  private var earlier: [Int] = []

  /// Tokens that must be the same.
  static let shortest = 5
  /// Tokens that are compared at most: with so many the same, more say nothing new.
  static let longest = 64
  /// Places that are looked at, from the latest on, so that no text makes a round slow.
  private static let mostPlaces = 1024

  /// Appends tokens. The place of the newest is not indexed before the next one comes.
  mutating func append(_ new: some Sequence<Int>) {
    tokens += new
    while earlier.count < tokens.count - 1 { index(earlier.count) }
  }

  /// Puts another token in the newest one's place.
  mutating func replaceLast(_ token: Int) {
    if !tokens.isEmpty { tokens[tokens.count - 1] = token }
  }

  /// Indexes the run that ends at a place.
  private mutating func index(_ place: Int) {
    guard let key = TextIndex.key(tokens[...place]) else {
      earlier.append(-1)
      return
    }
    earlier.append(latest[key] ?? -1)
    latest[key] = place
  }

  /// Indexes the newest token, too: for a text to which nothing is appended.
  mutating func close() {
    if earlier.count < tokens.count { index(earlier.count) }
  }

  private static func key(_ tokens: ArraySlice<Int>) -> UInt64? {
    guard tokens.count >= shortest else { return nil }
    var key: UInt64 = 0xCBF2_9CE4_8422_2325
    for token in tokens.suffix(shortest) { key = (key ^ UInt64(truncatingIfNeeded: token)) &* 0x0000_0100_0000_01B3 }
    return key
  }

  /// The indexed place at which most of the last tokens of `text` end, the latest among equals.
  func match(_ text: [Int]) -> (place: Int, matched: Int)? {
    guard let key = TextIndex.key(text[...]), var place = latest[key] else { return nil }
    var best: (place: Int, matched: Int)?
    var looked = 0
    while place >= 0, looked < TextIndex.mostPlaces {
      var count = 0
      while count < TextIndex.longest, count <= place, count < text.count,
        tokens[place - count] == text[text.count - 1 - count]
      {
        count += 1
      }
      if count >= TextIndex.shortest, count > best?.matched ?? 0 { best = (place, count) }
      if count == TextIndex.longest { break }
      place = earlier[place]
      looked += 1
    }
    return best
  }
}
