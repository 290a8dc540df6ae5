import Audit
import Digests
import Safetensors
import StrictJSON

extension PackageVerifier {
  /// The vision tower is the source's, tensor by tensor: the same digest, or the same digest once axes that were moved are
  /// moved back. A tower whose matrices were quantized, because they happen to fit, is no tower any more.
  func checkTower(
    _ audit: AuditDocument, _ shards: [UTF8Name: SafetensorsFile], _ report: inout VerificationReport
  ) throws {
    let tower = audit.tensors.filter { $0.role == "vision" }
    guard !tower.isEmpty else { return }
    var problems: [String] = []
    var identical = 0
    for tensor in tower {
      if tensor.verdict == "quantized" {
        problems.append("\(tensor.name): quantized")
        continue
      }
      guard let part = tensor.written.first, tensor.written.count == 1 else { continue }
      if part.treeSHA256 == tensor.sourceTreeSHA256 {
        identical += 1
      } else if tensor.movesAxes, part.bytes == tensor.sourceBytes {
        guard let digest = try movedBackDigest(tensor, part, shards) else {
          problems.append("\(tensor.name): cannot be compared with its source")
          continue
        }
        identical += digest.hex == tensor.sourceTreeSHA256 ? 1 : 0
        if digest.hex != tensor.sourceTreeSHA256 {
          problems.append("\(tensor.name): with its axes moved back \(digest.hex), source \(tensor.sourceTreeSHA256)")
        }
      }
    }
    // Part of what AuditDocument has added up already.
    let bytes = tower.reduce(0) { $0 + $1.writtenBytes }
    let share = identical == tower.count ? "identical" : "\(identical) of them identical"
    report.add("vision tower", scope: "\(tower.count) tensors, \(bytes) bytes, \(share)", problems: problems)
  }

  /// The digest of a patch embedding [D, T, P, P, C] as [D, C, T, P, P]; nil when it is not where the audit says, or not
  /// of that shape.
  private func movedBackDigest(
    _ tensor: AuditDocument.Tensor, _ part: AuditDocument.Part, _ shards: [UTF8Name: SafetensorsFile]
  ) throws -> SHA256Digest? {
    guard let shard = shards[UTF8Name(part.file)], let entry = shard.header[part.name], entry.shape.count == 5,
      let rows = entry.shape.first, let channels = entry.shape.last, rows > 0, channels > 0,
      entry.byteCount <= PackageVerifier.mostMovedBytes
    else { return nil }
    let width = entry.dtype.bits / 8
    let rowBytes = entry.byteCount / rows
    let places = rowBytes / channels / max(1, width)
    guard width > 0, rows * channels * places * width == entry.byteCount else { return nil }
    let stored = try shard.readData(of: entry)
    let moved = [UInt8](unsafeUninitializedCapacity: entry.byteCount) { buffer, count in
      stored.withUnsafeBytes { stored in
        for row in 0..<rows {
          for channel in 0..<channels {
            for place in 0..<places {
              let to = row * rowBytes + (channel * places + place) * width
              let from = row * rowBytes + (place * channels + channel) * width
              for byte in 0..<width { buffer[to + byte] = stored[from + byte] }
            }
          }
        }
      }
      count = entry.byteCount
    }
    return TreeDigest.of(
      stride(from: 0, to: moved.count, by: TreeDigest.leafBytes).map { at in
        moved[at..<min(at + TreeDigest.leafBytes, moved.count)].withUnsafeBytes { TreeDigest.leaf($0) }
      })
  }

  /// Bytes of a patch embedding that is compared; the largest of a release has 4 MB.
  private static let mostMovedBytes = 1 << 28
}

extension AuditDocument.Tensor {
  /// Whether channels became the last axis, and nothing else happened to the bytes.
  fileprivate var movesAxes: Bool { transforms == ["patch_embed_to_mlx"] }
}
