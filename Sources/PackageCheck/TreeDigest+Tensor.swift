import Checkpoint
import Digests
import Quantization
import Safetensors

extension TreeDigest {
  /// The digests of all tensors of a file, in the order of their names.
  /// - Throws: `FileError`.
  package static func all(of file: SafetensorsFile) throws -> [SHA256Digest] {
    try file.header.tensors.map { try of($0, in: file).digest }
  }

  /// The digest of one tensor of a file, and the first of its elements that is NaN or infinite; nil when none is, or when
  /// its type is no float's.
  /// - Parameters:
  ///   - entry: The tensor.
  ///   - file: Where it is.
  ///   - code: How its bytes are coded when each of them is a number of packed blocks.
  ///   - onRead: Told of each piece how many bytes it had.
  /// - Throws: `FileError`.
  static func of(
    _ entry: TensorEntry, in file: SafetensorsFile, code: ByteCode? = nil, onRead: (Int) -> Void = { _ in }
  ) throws -> (digest: SHA256Digest, nonFinite: Int?) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: leafBytes, alignment: 64)
    defer { buffer.deallocate() }
    let type = FloatType(entry.dtype)
    var nonFinite: Int?
    let leaves = try stride(from: 0, to: entry.byteCount, by: leafBytes).map { at in
      let leaf = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(leafBytes, entry.byteCount - at)])
      try file.read(into: leaf, atDataOffset: entry.begin + at)
      onRead(leaf.count)
      if let type, nonFinite == nil, let index = firstNonFinite(UnsafeRawBufferPointer(leaf), type) {
        nonFinite = at / type.byteWidth + index
      }
      if let code, nonFinite == nil, let index = code.firstNonFinite(UnsafeRawBufferPointer(leaf)) {
        // The index is in the tensor as it is stored: a word holds four elements of mxfp8.
        nonFinite = (at + index) * 8 / entry.dtype.bits
      }
      return TreeDigest.leaf(UnsafeRawBufferPointer(leaf))
    }
    return (of(leaves), nonFinite)
  }
}
