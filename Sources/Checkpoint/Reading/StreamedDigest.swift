import Digests
import Safetensors

/// Digests of bytes that need not be in memory at once.
package enum StreamedDigest {
  /// Digest of `bytes` bytes; `read` fills a buffer from a position on.
  package static func of(
    bytes: Int, read: (_ at: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> SHA256Digest {
    var stream = SHA256Stream()
    let block = 1 << 20
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 64)
    defer { buffer.deallocate() }
    var at = 0
    while at < bytes {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(block, bytes - at)])
      try read(at, piece)
      stream.update(UnsafeRawBufferPointer(piece))
      at += piece.count
    }
    return stream.finish()
  }

  /// Digest of one tensor's bytes in a file.
  package static func of(_ entry: TensorEntry, in file: SafetensorsFile) throws -> SHA256Digest {
    try of(bytes: entry.byteCount) { at, buffer in try file.read(into: buffer, atDataOffset: entry.begin + at) }
  }
}
