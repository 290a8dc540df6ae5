import Checkpoint
import Planning

/// A range of a shard's data that is read and digested as one: at most ``TreeDigest/leafBytes`` of one tensor.
struct Leaf: Sendable {
  /// Bytes from the beginning of the file.
  let offset: Int
  let length: Int
}

/// A range of a planned tensor's source bytes that is within one unit.
struct Piece: Sendable {
  /// Index into the plan's tensors.
  let tensor: Int
  /// Bytes from the beginning of the tensor as it was resolved, before its transform.
  let start: Int
  /// Bytes from the beginning of the unit.
  let offset: Int
  let length: Int
}

/// The smallest piece of work: some leaves of one source tensor, read once, digested once, and all that is made of
/// them. A unit that is done is never done again.
struct Unit: Sendable {
  /// Index into the work list's shards.
  let shard: Int
  /// Index into the shard's tensors, in the order of their data.
  let tensor: Int
  /// Leaves that follow one another in the file.
  let leaves: [Leaf]
  let pieces: [Piece]
  /// Whether it is read at once: for what moves elements, and for what is encoded by whole rows. It holds for a
  /// share of the unit, too, whose own pieces move none, so that sums are made in the same steps.
  let isWhole: Bool

  /// Leaves of a unit, where all of them are of one tensor and none moves elements across leaves.
  static let leafCount = 4
  /// Leaves that are read, digested and treated at a time: few enough for the processor's caches.
  static let stretch = 1

  var offset: Int { leaves.first?.offset ?? 0 }
  var length: Int { leaves.reduce(0) { $0 + $1.length } }
}

extension Unit {
  /// Ranges of the unit's bytes that are read and treated at a time, with their leaves: the whole where it is read at once.
  var stretches: [(bytes: Range<Int>, leaves: Range<Int>)] {
    let step = isWhole ? max(1, leaves.count) : Unit.stretch
    return stride(from: 0, to: leaves.count, by: step).map { first in
      let last = min(first + step, leaves.count) - 1
      return (
        leaves[first].offset - offset..<leaves[last].offset + leaves[last].length - offset, first..<last + 1
      )
    }
  }
}
