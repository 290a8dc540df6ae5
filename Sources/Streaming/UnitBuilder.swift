import Checkpoint
import Digests
import Planning

/// Cuts shards into units.
struct UnitBuilder {
  private(set) var units: [Unit] = []
  /// What is made of a shard's bytes, by donor or not, shard number.
  private var uses: [Key: [Use]] = [:]

  private struct Key: Hashable {
    let isDonor: Bool
    let shard: Int
  }

  /// A range of a shard that a planned tensor is made of.
  private struct Use {
    let offset: Int
    let length: Int
    let tensor: Int
    let start: Int
    var end: Int { offset + length }
  }

  init(_ plan: Plan, headIsDonors: Bool) {
    for (number, tensor) in plan.tensors.enumerated() {
      var start = 0
      for segment in tensor.tensor.segments {
        let key = Key(isDonor: tensor.origin == .head && headIsDonors, shard: segment.shard)
        uses[key, default: []].append(
          Use(offset: segment.offset, length: segment.length, tensor: number, start: start))
        start += segment.length
      }
    }
    for key in uses.keys { uses[key]?.sort { ($0.offset, $0.tensor) < ($1.offset, $1.tensor) } }
  }

  /// Adds a shard's units; returns its tensors with their units.
  mutating func add(
    _ shard: InputShard, number: Int, _ plan: Plan
  ) -> [Range<Int>] {
    let uses = uses[Key(isDonor: shard.isDonor, shard: shard.number)] ?? []
    var next = 0
    return shard.tensorsByOffset.enumerated().map { place, entry in
      let begin = shard.file.header.dataStart + entry.begin
      let end = begin + entry.byteCount
      var own: [Use] = []
      while next < uses.count, uses[next].offset < end {
        own.append(uses[next])
        next += 1
      }
      let first = units.count
      let leaves = stride(from: begin, to: end, by: TreeDigest.leafBytes).map {
        Leaf(offset: $0, length: min(TreeDigest.leafBytes, end - $0))
      }
      // What moves elements needs the whole tensor: few small ones, and transposed codes.
      let rowLeaves = rowLeaves(own, begin, plan)
      if own.contains(where: { plan.tensors[$0.tensor].tensor.needsWholeSource }) || rowLeaves == .max {
        units.append(
          Unit(shard: number, tensor: place, leaves: leaves, pieces: pieces(own, begin, end), isWhole: true))
      } else {
        var from = 0
        let count = rowLeaves.map { ((Unit.leafCount - 1) / $0 + 1) * $0 } ?? Unit.leafCount
        for first in stride(from: 0, to: leaves.count, by: count) {
          let group = Array(leaves[first..<min(first + count, leaves.count)])
          let (unitBegin, unitEnd) = (group[0].offset, group[group.count - 1].offset + group[group.count - 1].length)
          while from < own.count, own[from].end <= unitBegin { from += 1 }
          let overlapping = own[from...].prefix { $0.offset < unitEnd }
          units.append(
            Unit(
              shard: number, tensor: place, leaves: group, pieces: pieces(overlapping, unitBegin, unitEnd),
              isWhole: rowLeaves != nil))
        }
      }
      return first..<units.count
    }
  }

  /// How many leaves end where a row of a tensor with error feedback ends, which is encoded by whole rows: nil without such a
  /// tensor, the largest number where only the whole does.
  private func rowLeaves(_ uses: [Use], _ begin: Int, _ plan: Plan) -> Int? {
    var leaves: Int?
    for use in uses {
      let tensor = plan.tensors[use.tensor]
      guard tensor.format?.scales == .feedback else { continue }
      let row = tensor.sourceRowBytes
      var (a, b) = (row, TreeDigest.leafBytes)
      while b > 0 { (a, b) = (b, a % b) }
      guard row > 0, (use.offset - begin) % row == 0, leaves == nil || leaves == row / a else { return .max }
      leaves = row / a
    }
    return leaves
  }

  private func pieces(_ uses: some Sequence<Use>, _ begin: Int, _ end: Int) -> [Piece] {
    uses.compactMap { use in
      let from = max(begin, use.offset)
      let to = min(end, use.end)
      guard from < to else { return nil }
      return Piece(tensor: use.tensor, start: use.start + from - use.offset, offset: from - begin, length: to - from)
    }
  }
}
