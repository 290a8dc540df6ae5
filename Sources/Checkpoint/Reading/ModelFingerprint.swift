import Digests

extension CheckpointFolder {
  /// Bytes at either end of a tensor that the fingerprint looks at.
  private static let fingerprintBytes = 4096

  /// A digest that tells one model from another without reading all of it: of name, type, shape, and the first and last
  /// 4 KiB of the source bytes of every tensor of the trunk, in the order of their names.
  ///
  /// A fine-tune differs; one number in the middle of a matrix may change unseen.
  package func fingerprint() throws -> SHA256Digest {
    let reader = SourceReader(self)
    var stream = SHA256Stream()
    let tensors = try trunk().tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for tensor in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      stream.update(Array("\(tensor.name)\n\(tensor.dtype.rawValue) \(shape)\n".utf8))
      let count = min(Self.fingerprintBytes, tensor.byteCount)
      var bytes = [UInt8](repeating: 0, count: count)
      for start in [0, tensor.byteCount - count] {
        try bytes.withUnsafeMutableBytes { try reader.read(tensor, from: start, into: $0) }
        stream.update(bytes)
      }
    }
    return stream.finish()
  }
}
