import Digests
import Measuring
import Planning

extension UnitList {
  /// What was measured of each planned tensor.
  package func measurements(_ plan: Plan, _ work: WorkList) -> [TensorMeasurement] {
    let partDigests = plan.partDigests(files)
    return plan.tensors.indices.map { number in
      TensorMeasurement(
        sourceDigest: sourceDigest(number, work), partDigests: partDigests[number],
        sums: plan.tensors[number].format == nil ? nil : errors(number, work))
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

  /// Sums of a tensor's error, in the order of its bytes.
  private func errors(_ tensor: Int, _ work: WorkList) -> TensorErrorSums {
    var sums = TensorErrorSums()
    for place in work.pieces[tensor] {
      if let next = records[place.unit].pieces[place.piece].errors { sums.merge(next) }
    }
    return sums
  }
}
