import Digests
import Planning

extension Plan {
  /// Parts of a weight file, each with its tensor and number, in the order of their bytes.
  func partsByOffset(_ file: Int) -> [(tensor: Int, part: Int, bytes: Int)] {
    tensors.enumerated()
      .flatMap { number, tensor in
        tensor.parts.enumerated().compactMap { index, part in
          part.file == file ? (tensor: number, part: index, bytes: part.bytes, offset: part.offset) : nil
        }
      }
      // Parts without bytes share their offset with others; then the order of the plan decides.
      .sorted { ($0.offset, $0.bytes, $0.tensor) < ($1.offset, $1.bytes, $1.tensor) }
      .map { ($0.tensor, $0.part, $0.bytes) }
  }

  /// Digests of each tensor's parts, from those of the files.
  func partDigests(_ results: [WeightReader.Result]) -> [[SHA256Digest]] {
    var digests = tensors.map { $0.parts.map { _ in TreeDigest.of([]) } }
    for (file, result) in results.enumerated() {
      for (place, digest) in zip(partsByOffset(file), result.parts) { digests[place.tensor][place.part] = digest }
    }
    return digests
  }
}
