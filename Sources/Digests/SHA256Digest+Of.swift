extension SHA256Digest {
  /// The digest of `bytes`.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    var stream = SHA256Stream()
    stream.update(bytes)
    return stream.finish()
  }

  /// The digest of `bytes`.
  public static func of(_ bytes: [UInt8]) -> SHA256Digest { bytes.withUnsafeBytes { of($0) } }

  /// The digests of `a` and of `b`, which may differ in length. Where both have bytes, they are taken in turn in one
  /// thread, at 1.6 times the speed of one after the other on a processor with SHA instructions.
  public static func pair(
    _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer
  ) -> (SHA256Digest, SHA256Digest) {
    var first = SHA256Stream()
    var second = SHA256Stream()
    SHA256Stream.update(&first, a, &second, b)
    return (first.finish(), second.finish())
  }
}
