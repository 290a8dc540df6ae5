import Digests
import Planning
import SystemPackage

/// What a work item has of the whole: the units that it needs, each with the pieces that go into its weight file, and a plan of
/// that file alone. A unit that spans two files is in the shares of both.
package struct WorkShare: Sendable {
  /// The item's file and its tensors; nothing of both for what is left of a shard.
  package let plan: Plan
  /// The item's units.
  package let work: WorkList
  /// The number of each unit in the whole, and those of its pieces.
  let origins: [(unit: Int, pieces: [Int])]

  /// - Parameters:
  ///   - content: What the item is about.
  ///   - whole: The units of all items.
  ///   - plan: The plan of all items.
  package init(_ content: WorkItem.Content, of whole: WorkList, _ plan: Plan) {
    var file: Int?
    if case .weights(let number) = content { file = number }
    let (own, tensors) = plan.share(ofFile: file)
    var numbers: [Int?] = Array(repeating: nil, count: plan.tensors.count)
    for (number, tensor) in tensors.enumerated() { numbers[tensor] = number }
    var shards: [Int: Int] = [:]
    var order: [Int] = []
    var units: [Unit] = []
    var origins: [(unit: Int, pieces: [Int])] = []
    for (number, unit) in whole.units.enumerated() {
      let pieces = unit.pieces.indices.filter { numbers[unit.pieces[$0].tensor] != nil }
      switch content {
      case .weights: guard !pieces.isEmpty else { continue }
      case .rest(let shard): guard unit.shard == shard, unit.pieces.isEmpty else { continue }
      }
      if shards[unit.shard] == nil {
        shards[unit.shard] = order.count
        order.append(unit.shard)
      }
      units.append(
        Unit(
          shard: shards[unit.shard] ?? 0, tensor: unit.tensor, leaves: unit.leaves,
          pieces: pieces.map { index in
            let piece = unit.pieces[index]
            return Piece(
              tensor: numbers[piece.tensor] ?? 0, start: piece.start, offset: piece.offset, length: piece.length)
          }, isWhole: unit.isWhole))
      origins.append((number, pieces))
    }
    self.plan = own
    self.origins = origins
    work = WorkList(units, shards: order.map { whole.shards[$0] }, tensors: own.tensors.count)
  }
}

extension WorkList {
  /// Some units of a larger list. Digests of whole sources cannot be made from them.
  fileprivate init(_ units: [Unit], shards: [Shard], tensors: Int) {
    self.init(
      shards: shards.map { Shard(input: $0.input, file: $0.file, tensors: []) }, units: units, tensors: tensors)
  }
}

extension UnitList {
  /// The list of the whole, from those of its shares.
  /// - Throws: `ConversionError.inputChanged(file:)` when two of them read the same place and found other bytes there;
  ///   `ConversionError.forecastMissed(file:planned:actual:)` when a unit is in none, a fault of ours.
  package init(
    _ shares: [(content: WorkItem.Content, share: WorkShare, list: UnitList)], _ work: WorkList, _ plan: Plan
  ) throws {
    var leaves: [[SHA256Digest]?] = Array(repeating: nil, count: work.units.count)
    var pieces: [[UnitRecord.Piece?]] = work.units.map { $0.pieces.map { _ in nil } }
    var files: [WeightReader.Result?] = plan.weights.map { _ in nil }
    for (content, share, list) in shares {
      if case .weights(let number) = content { files[number] = list.files.first }
      for (origin, record) in zip(share.origins, list.records) {
        if let known = leaves[origin.unit], known != record.leaves {
          throw ConversionError.inputChanged(file: work.shards[work.units[origin.unit].shard].file.path.string)
        }
        leaves[origin.unit] = record.leaves
        for (piece, known) in zip(origin.pieces, record.pieces) { pieces[origin.unit][piece] = known }
      }
    }
    let records = zip(leaves, pieces).compactMap { leaves, pieces -> UnitRecord? in
      let whole = pieces.compactMap { $0 }
      guard let leaves, whole.count == pieces.count else { return nil }
      return UnitRecord(leaves: leaves, pieces: whole)
    }
    let read = files.compactMap { $0 }
    guard records.count == work.units.count, read.count == plan.weights.count else {
      throw ConversionError.forecastMissed(
        file: UnitList.fileName, planned: work.units.count, actual: records.count)
    }
    try self.init(records, read, work)
  }
}
