import Digests
import Planning

/// What verification measured of one tensor.
package struct TensorMeasurement: Sendable, Equatable {
  /// The digest of the source's bytes.
  package var sourceDigest: SHA256Digest
  /// The digest of each part, in the order of the plan.
  package var partDigests: [SHA256Digest]
  /// Nil for a tensor that is not quantized.
  package var sums: TensorErrorSums?
  /// Nil for a tensor that no adapter changes.
  package var delta: DeltaMeasurement?

  /// A measurement of a tensor whose parts are written, with a change when an adapter makes one.
  package init(
    sourceDigest: SHA256Digest, partDigests: [SHA256Digest], sums: TensorErrorSums?, delta: DeltaMeasurement? = nil
  ) {
    self.delta = delta
    self.sourceDigest = sourceDigest
    self.partDigests = partDigests
    self.sums = sums
  }

  /// The error; nil for a tensor that is not quantized.
  package var error: TensorError? { sums.map(TensorError.init) }

  /// Stands in for a measurement while sizes are forecast.
  package static func placeholder(_ tensor: PlannedTensor) -> TensorMeasurement {
    let zero = SHA256Digest.of([])
    return TensorMeasurement(
      sourceDigest: zero, partDigests: Array(repeating: zero, count: tensor.parts.count),
      sums: ErrorMeter(tensor).map { TensorErrorSums(halves: $0.halfRow == nil ? 0 : 2) },
      delta: .placeholder(tensor))
  }
}
