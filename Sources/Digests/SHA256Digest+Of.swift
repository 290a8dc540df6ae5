extension SHA256Digest {
  /// The digest of `bytes`.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    var stream = SHA256Stream()
    stream.update(bytes)
    return stream.finish()
  }

  /// The digest of `bytes`.
  public static func of(_ bytes: [UInt8]) -> SHA256Digest { bytes.withUnsafeBytes { of($0) } }
}
