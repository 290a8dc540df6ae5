import Digests
import Inference

/// Beginnings of sequences that were run. Whoever begins with the same tokens takes copies of the states and runs only
/// what is new: the states are those that it would reach itself, bit for bit, so nothing shows it but the time.
///
/// What was not used for longest is dropped first; no clock has a say.
struct PrefixCache {
  private struct Entry {
    let snapshot: SessionSnapshot
    let stamp: SHA256Digest?
    let salt: String
  }

  private let options: PrefixCacheOptions
  /// The most recently used entry is last.
  private var entries: [Entry] = []
  /// Bytes of all that is kept.
  private(set) var bytes = 0

  init(_ options: PrefixCacheOptions) { self.options = options }

  /// Tokens of what is kept; the most recently used are last.
  var prefixes: [[Int]] { entries.map(\.snapshot.tokens) }

  /// The longest kept beginning of a prompt, with at least one token after it: logits come from a row that is run.
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
  ///   - key: The key of its sequence.
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

  /// Drops what was not used for longest until there are no more bytes than this.
  mutating func shrink(to most: Int) {
    while bytes > most, !entries.isEmpty { bytes -= entries.removeFirst().snapshot.bytes }
  }

  /// Drops everything.
  mutating func removeAll() {
    entries.removeAll()
    bytes = 0
  }

  private mutating func use(_ index: Int) { entries.append(entries.remove(at: index)) }
}
