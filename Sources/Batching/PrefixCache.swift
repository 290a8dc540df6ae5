import Digests
import Inference

/// Beginnings of sequences that were run. Whoever begins with the same tokens takes copies of the states and runs only
/// what is new: the states are those that it would come to itself, bit for bit, so nothing shows it but the time.
///
/// What was not used for longest is given up first; no clock has a say.
struct PrefixCache {
  private struct Entry {
    let snapshot: SessionSnapshot
    let stamp: SHA256Digest?
    let salt: String
  }

  private let options: PrefixCacheOptions
  /// What was used last stands last.
  private var entries: [Entry] = []
  /// Of all that is kept.
  private(set) var bytes = 0

  init(_ options: PrefixCacheOptions) { self.options = options }

  /// Tokens of what is kept; what was used last stands last.
  var prefixes: [[Int]] { entries.map(\.snapshot.tokens) }

  /// The longest beginning of a prompt that is kept, with at least one token behind it: logits come of a row that is run.
  mutating func find(_ key: PrefixKey, _ model: LoadedModel) -> SessionSnapshot? {
    var best: Int?
    var longest = 0
    for (index, entry) in entries.enumerated() {
      let tokens = entry.snapshot.tokens
      guard tokens.count < key.prompt.tokens.count, tokens.count >= longest, entry.salt == key.salt,
        entry.snapshot.serves(key.method, model), key.prompt.tokens.starts(with: tokens),
        key.stamp(tokens.count) == entry.stamp
      else { continue }
      (best, longest) = (index, tokens.count)
    }
    guard let best else { return nil }
    use(best)
    return entries.last?.snapshot
  }

  /// Keeps what a session knows, between passes; nothing is copied when it is there already, or when there is no room.
  /// - Parameters:
  ///   - session: Its tokens begin with the key's prompt, or are a part of it.
  ///   - key: Of its sequence.
  ///   - most: Bytes that all that is kept may have.
  mutating func keep(_ session: DecodingSession, _ key: PrefixKey, most: Int) {
    guard session.tokens.count >= max(1, options.least) else { return }
    let stamp = key.stamp(session.tokens.count)
    let same = entries.indices.filter { index in
      let entry = entries[index]
      return entry.salt == key.salt && entry.stamp == stamp && entry.snapshot.tokens == session.tokens
    }
    if let known = same.first(where: { entries[$0].snapshot.serves(asMuchAs: session) }) { return use(known) }
    let (needed, room) = (session.snapshotBytes, min(options.memory, most))
    guard needed <= room else { return }
    // From the last on, so that the places of the others stay.
    for index in same.reversed() where session.serves(asMuchAs: entries[index].snapshot) {
      bytes -= entries.remove(at: index).snapshot.bytes
    }
    shrink(to: room - needed)
    let snapshot = session.snapshot()
    entries.append(Entry(snapshot: snapshot, stamp: stamp, salt: key.salt))
    bytes += snapshot.bytes
  }

  /// Gives up what was not used for longest until there are no more bytes than this.
  mutating func shrink(to most: Int) {
    while bytes > most, !entries.isEmpty { bytes -= entries.removeFirst().snapshot.bytes }
  }

  /// Gives up everything.
  mutating func removeAll() {
    entries.removeAll()
    bytes = 0
  }

  private mutating func use(_ index: Int) { entries.append(entries.remove(at: index)) }
}
