/// The merges by pair of ids: an open-addressed table, asked several times for every byte of text.
struct MergeTable: Sendable {
  /// The rank of a merge in the high half, the id that it makes in the low half; greater than any when there is none.
  typealias Entry = UInt64
  static let none = UInt64.max

  private var keys: [UInt64]
  private var entries: [Entry]
  private let mask: Int

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    keys = [UInt64](repeating: Self.none, count: size)
    entries = [Entry](repeating: Self.none, count: size)
    mask = size - 1
  }

  /// False when the pair is there already, or when there is no room for it.
  mutating func insert(_ first: UInt32, _ second: UInt32, rank: Int, id: UInt32) -> Bool {
    let key = UInt64(first) << 32 | UInt64(second)
    var slot = Self.slot(key) & mask
    for _ in 0...mask {
      if keys[slot] == key { return false }
      if keys[slot] == Self.none {
        keys[slot] = key
        entries[slot] = UInt64(rank) << 32 | UInt64(id)
        return true
      }
      slot = (slot + 1) & mask
    }
    return false
  }

  /// The merge of two ids, ``none`` without one. The table is never more than half full, so the search ends.
  @inline(__always)
  func entry(_ first: UInt32, _ second: UInt32) -> Entry {
    let key = UInt64(first) << 32 | UInt64(second)
    var slot = Self.slot(key) & mask
    while true {
      let found = keys[slot]
      if found == key { return entries[slot] }
      if found == Self.none { return Self.none }
      slot = (slot + 1) & mask
    }
  }

  @inline(__always)
  private static func slot(_ key: UInt64) -> Int {
    let mixed = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed ^ (mixed >> 32))
  }
}
