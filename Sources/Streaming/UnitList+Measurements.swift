import Checkpoint
import Digests
import Measuring
import Planning

extension UnitList {
  /// What was measured of each planned tensor.
  package func measurements(_ plan: Plan, _ work: WorkList) throws -> [TensorMeasurement] {
    let partDigests = plan.partDigests(files)
    return try plan.tensors.indices.map { number in
      TensorMeasurement(
        sourceDigest: sourceDigest(number, work), partDigests: partDigests[number],
        sums: plan.tensors[number].format == nil ? nil : errors(number, work),
        delta: try delta(number, plan, work))
    }
  }

  /// Digest of a planned tensor's source: its own when it is one tensor of the source, else that above its sources'.
  private func sourceDigest(_ tensor: Int, _ work: WorkList) -> SHA256Digest {
    var seen: Set<[Int]> = []
    let digests = work.pieces[tensor].compactMap { place in
      let unit = work.units[place.unit]
      return seen.insert([unit.shard, unit.tensor]).inserted ? sources.tensors[unit.shard][unit.tensor] : nil
    }
    // A tensor without elements has none.
    return digests.count == 1 ? digests[0] : TreeDigest.of(digests)
  }

  /// What an adapter changed of a tensor, with digests of what it was changed by.
  private func delta(_ tensor: Int, _ plan: Plan, _ work: WorkList) throws -> DeltaMeasurement? {
    guard let delta = plan.tensors[tensor].tensor.delta else { return nil }
    var sums = DeltaSums()
    for place in work.pieces[tensor] {
      if let next = records[place.unit].pieces[place.piece].delta { sums.merge(next) }
    }
    return DeltaMeasurement(sums: sums, digests: try delta.entries.map { try StreamedDigest.of($0, in: delta.file) })
  }

  /// Sums of a tensor's error, in the order of its bytes.
  private func errors(_ tensor: Int, _ work: WorkList) -> TensorErrorSums {
    var sums = TensorErrorSums()
    for place in work.pieces[tensor] {
      if let next = records[place.unit].pieces[place.piece].errors { sums.merge(next) }
    }
    return sums
  }
}
