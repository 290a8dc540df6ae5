import Checkpoint
import Planning
import Quantization

/// A complaint about NaN or infinity.
enum NonFinite {
  /// Index of the element in the rows that were given; nil for another error.
  private static func index(_ error: any Error) -> Int? {
    guard case QuantizationError.nonFinite(let index, _) = error else { return nil }
    return index
  }

  /// The complaint with file, source tensor and the index in that tensor; any other error as it is.
  /// - Parameters:
  ///   - first: index, in the planned tensor, of the first element that the quantizer was given.
  ///   - folder: the checkpoint that the tensor comes from.
  static func named(
    _ error: any Error, tensor: PlannedTensor, first: Int, _ folder: CheckpointFolder
  ) -> any Error {
    guard let local = index(error) else { return error }
    let bits = tensor.tensor.dtype.bits
    var left = (first + local) * bits / 8
    for (number, segment) in tensor.tensor.segments.enumerated() {
      guard left >= segment.length else {
        let sources = tensor.tensor.sources
        let source = sources.count == tensor.tensor.segments.count ? sources[number] : sources[0]
        guard let place = folder[source] else { break }
        let begin = folder.shards[place.shard].file.header.dataStart + place.entry.begin
        return ConversionError.nonFinite(
          file: folder.shardPath(of: place).string, tensor: source, index: (segment.offset + left - begin) * 8 / bits)
      }
      left -= segment.length
    }
    return error
  }
}
