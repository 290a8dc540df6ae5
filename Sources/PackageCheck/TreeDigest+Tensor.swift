import Digests
import Safetensors

extension TreeDigest {
  /// The digest of one tensor of a file.
  /// - Throws: `FileError`.
  static func of(_ entry: TensorEntry, in file: SafetensorsFile) throws -> SHA256Digest {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: leafBytes, alignment: 64)
    defer { buffer.deallocate() }
    let leaves = try stride(from: 0, to: entry.byteCount, by: leafBytes).map { at in
      let leaf = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(leafBytes, entry.byteCount - at)])
      try file.read(into: leaf, atDataOffset: entry.begin + at)
      return TreeDigest.leaf(UnsafeRawBufferPointer(leaf))
    }
    return of(leaves)
  }
}
