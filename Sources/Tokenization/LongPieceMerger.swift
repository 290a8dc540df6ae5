/// The same as ``PieceMerger``, with a heap of the possible merges over a linked list: n log n for a piece of any length.
struct LongPieceMerger {
  private struct Candidate {
    let entry: MergeTable.Entry
    let place: Int

    func isBefore(_ other: Candidate) -> Bool { (entry, place) < (other.entry, other.place) }
  }

  private let merges: MergeTable
  private var ids: [UInt32]
  /// The place after, or the count; the place before, or -1. A merge keeps its left place.
  private var next: [Int]
  private var previous: [Int]
  /// The merge that each place would do with the place after it now; an older candidate of the heap does not count.
  private var current: [MergeTable.Entry]
  private var heap: [Candidate] = []

  init(merges: MergeTable, ids: [UInt32]) {
    self.merges = merges
    self.ids = ids
    next = Array(1..<(ids.count + 1))
    previous = Array(-1..<(ids.count - 1))
    current = [MergeTable.Entry](repeating: MergeTable.none, count: ids.count)
  }

  mutating func merge(into out: inout [Int]) {
    for place in ids.indices { update(place) }
    while let candidate = pop() {
      let place = candidate.place
      guard current[place] == candidate.entry else { continue }
      let gone = next[place]
      ids[place] = UInt32(truncatingIfNeeded: candidate.entry)
      next[place] = next[gone]
      if next[gone] < ids.count { previous[next[gone]] = place }
      current[gone] = MergeTable.none
      update(place)
      if previous[place] >= 0 { update(previous[place]) }
    }
    var place = 0
    while place < ids.count {
      out.append(Int(ids[place]))
      place = next[place]
    }
  }

  private mutating func update(_ place: Int) {
    current[place] = next[place] < ids.count ? merges.entry(ids[place], ids[next[place]]) : MergeTable.none
    if current[place] != MergeTable.none { push(Candidate(entry: current[place], place: place)) }
  }

  private mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() -> Candidate? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in (2 * parent + 1)...(2 * parent + 2) where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      guard least != parent else { return top }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
