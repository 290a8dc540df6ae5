import Digests

/// Reads rows of a resolved tensor from the shards of its checkpoint.
package struct SourceReader: Sendable {
  /// The model that is read.
  package let folder: CheckpointFolder

  /// - Parameter folder: The model that is read.
  package init(_ folder: CheckpointFolder) { self.folder = folder }

  /// Reads `buffer.count` bytes of the tensor, from byte `start` of the concatenation of its segments.
  package func read(_ tensor: ResolvedTensor, from start: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    var position = 0
    var filled = 0
    for segment in tensor.segments {
      defer { position += segment.length }
      let begin = max(start + filled, position)
      let end = min(start + buffer.count, position + segment.length)
      guard begin < end else { continue }
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + end - begin])
      let file = folder.shards[segment.shard].file
      try file.read(into: target, atDataOffset: segment.offset - file.header.dataStart + begin - position)
      filled += end - begin
    }
  }

  /// Digest of the tensor's source bytes.
  package func digest(_ tensor: ResolvedTensor) throws -> SHA256Digest {
    try StreamedDigest.of(bytes: tensor.byteCount) { at, buffer in try read(tensor, from: at, into: buffer) }
  }

  /// Digest of the tensor as a package keeps it: after its transform.
  package func packageDigest(_ tensor: ResolvedTensor) throws -> SHA256Digest {
    guard tensor.transform.changesBytes else { return try digest(tensor) }
    let count = tensor.byteCount
    let data = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    defer {
      data.deallocate()
      scratch.deallocate()
    }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: data[0..<count])
    try read(tensor, from: 0, into: bytes)
    TransformedBytes(tensor).apply(rows: tensor.rows, bytes, scratch: scratch)
    var stream = SHA256Stream()
    stream.update(UnsafeRawBufferPointer(bytes))
    return stream.finish()
  }
}
