import Checkpoint
import Digests
import Safetensors

/// A range of a shard's data that is read and digested as one: at most ``TreeDigest/leafBytes`` of one tensor.
struct Leaf: Sendable {
  /// Bytes from the beginning of the file.
  let offset: Int
  let length: Int
}

/// A range of a planned tensor's source bytes that lies within one unit.
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

  /// Leaves of a unit, where all of them are of one tensor and none moves elements across leaves.
  static let leafCount = 4
  /// Leaves that are read, digested and treated at a time: few enough for the processor's caches.
  static let stretch = 1

  var offset: Int { leaves.first?.offset ?? 0 }
  var length: Int { leaves.reduce(0) { $0 + $1.length } }
}

extension Unit {
  /// Ranges of the unit's bytes that are read and treated at a time, with their leaves. A transform that moves elements
  /// gets the whole.
  func stretches(movesElements: Bool) -> [(bytes: Range<Int>, leaves: Range<Int>)] {
    let step = movesElements ? max(1, leaves.count) : Unit.stretch
    return stride(from: 0, to: leaves.count, by: step).map { first in
      let last = min(first + step, leaves.count) - 1
      return (
        leaves[first].offset - offset..<leaves[last].offset + leaves[last].length - offset, first..<last + 1
      )
    }
  }

  func movesElements(_ plan: Plan) -> Bool {
    pieces.contains { plan.tensors[$0.tensor].tensor.transform == .patchEmbed }
  }
}

/// Everything that a run reads, in the order in which it lies in the shards, and what becomes of it.
///
/// Units depend on headers and plan only, never on threads or memory, so that a run with other options goes on where
/// this one stopped.
struct WorkList: Sendable {
  struct Shard: Sendable {
    let input: InputFile
    let file: SafetensorsFile
    /// Units of each tensor, in the order of the tensors' data.
    let tensors: [Range<Int>]
  }

  let shards: [Shard]
  let units: [Unit]
  /// Of each planned tensor: its pieces in the order of their bytes.
  let pieces: [[(unit: Int, piece: Int)]]

  var bytes: Int { units.reduce(0) { $0 + $1.length } }

  /// - Throws: ``ConversionError/forecastMissed(file:planned:actual:)`` when pieces and plan disagree, a fault of ours.
  init(_ inputs: [InputFile], _ plan: Plan, headIsDonors: Bool) throws {
    var builder = UnitBuilder(plan, headIsDonors: headIsDonors)
    var shards: [Shard] = []
    for input in inputs {
      guard let shard = input.shard else { continue }
      shards.append(
        Shard(input: input, file: shard.file, tensors: builder.add(shard, number: shards.count, plan)))
    }
    self.shards = shards
    units = builder.units
    var pieces: [[(unit: Int, piece: Int)]] = plan.tensors.map { _ in [] }
    for (number, unit) in builder.units.enumerated() {
      for (index, piece) in unit.pieces.enumerated() { pieces[piece.tensor].append((number, index)) }
    }
    for (number, tensor) in plan.tensors.enumerated() {
      pieces[number].sort {
        builder.units[$0.unit].pieces[$0.piece].start < builder.units[$1.unit].pieces[$1.piece].start
      }
      var end = 0
      for place in pieces[number] {
        let piece = builder.units[place.unit].pieces[place.piece]
        guard piece.start == end else { break }
        end += piece.length
      }
      guard end == tensor.tensor.byteCount else {
        throw ConversionError.forecastMissed(file: tensor.name, planned: tensor.tensor.byteCount, actual: end)
      }
    }
    self.pieces = pieces
  }

  /// Digests of the source tensors and of the shards, from those of the leaves.
  func sourceDigests(_ leaves: (Int) -> [SHA256Digest]) throws -> SourceDigests {
    let tensors = shards.map { shard in shard.tensors.map { TreeDigest.of($0.flatMap(leaves)) } }
    let files = try zip(shards, tensors).map { shard, digests in
      TreeDigest.of([try InputShard(file: shard.file, number: 0, isDonor: false).headerDigest()] + digests)
    }
    return SourceDigests(files: files, tensors: tensors)
  }
}

/// Tree digests of what was read.
struct SourceDigests: Sendable {
  /// Of each shard of the work list.
  let files: [SHA256Digest]
  /// Of each shard: those of its tensors, in the order of their data.
  let tensors: [[SHA256Digest]]
}

/// Cuts shards into units.
private struct UnitBuilder {
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
      // A transform that moves elements needs the whole tensor; there are few, and they are small.
      if own.contains(where: { plan.tensors[$0.tensor].tensor.transform == .patchEmbed }) {
        units.append(Unit(shard: number, tensor: place, leaves: leaves, pieces: pieces(own, begin, end)))
      } else {
        var from = 0
        for first in stride(from: 0, to: leaves.count, by: Unit.leafCount) {
          let group = Array(leaves[first..<min(first + Unit.leafCount, leaves.count)])
          let (unitBegin, unitEnd) = (group[0].offset, group[group.count - 1].offset + group[group.count - 1].length)
          while from < own.count, own[from].end <= unitBegin { from += 1 }
          let overlapping = own[from...].prefix { $0.offset < unitEnd }
          units.append(
            Unit(shard: number, tensor: place, leaves: group, pieces: pieces(overlapping, unitBegin, unitEnd)))
        }
      }
      return first..<units.count
    }
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
