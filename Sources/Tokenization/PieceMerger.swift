/// Merges the bytes of one piece: always the merge of lowest rank, of equal ones the leftmost, until none is left.
struct PieceMerger {
  let merges: MergeTable
  /// The id of each byte.
  let byteIds: [UInt32]
  private var ids: [UInt32] = []
  private var entries: [MergeTable.Entry] = []

  init(merges: MergeTable, byteIds: [UInt32]) {
    self.merges = merges
    self.byteIds = byteIds
  }

  /// Appends the ids of a piece.
  mutating func merge(_ piece: UnsafeBufferPointer<UInt8>, into out: inout [Int]) {
    // A word has few bytes, and looking at them all costs less than a heap; a long piece would cost the square.
    if piece.count > 100 {
      var long = LongPieceMerger(merges: merges, ids: piece.map { byteIds[Int($0)] })
      long.merge(into: &out)
      return
    }
    ids.removeAll(keepingCapacity: true)
    for byte in piece { ids.append(byteIds[Int(byte)]) }
    entries.removeAll(keepingCapacity: true)
    for index in 0..<max(0, ids.count - 1) { entries.append(merges.entry(ids[index], ids[index + 1])) }
    while let place = lowest() {
      ids[place] = UInt32(truncatingIfNeeded: entries[place])
      ids.remove(at: place + 1)
      entries.remove(at: place)
      if place > 0 { entries[place - 1] = merges.entry(ids[place - 1], ids[place]) }
      if place + 1 < ids.count { entries[place] = merges.entry(ids[place], ids[place + 1]) }
    }
    for id in ids { out.append(Int(id)) }
  }

  /// The leftmost place of the merge of lowest rank.
  private func lowest() -> Int? {
    var best = MergeTable.none
    var place: Int?
    // A pair has one rank and a rank one pair, so whole entries compare like ranks.
    for (index, entry) in entries.enumerated() where entry < best {
      best = entry
      place = index
    }
    return place
  }
}
