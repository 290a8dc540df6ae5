import Crypto

/// SHA-256 (FIPS 180-4) over bytes that arrive in pieces. A copy continues on its own.
public struct SHA256Stream: Sendable {
  private var hash = SHA256()

  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// Adds bytes.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hash.update(bufferPointer: $0) } }

  /// The digest of everything added so far.
  public func finish() -> SHA256Digest { SHA256Digest(hash.finalize()) }
}

extension SHA256Digest {
  /// The digest of `bytes`.
  public static func of(_ bytes: [UInt8]) -> SHA256Digest {
    var stream = SHA256Stream()
    stream.update(bytes)
    return stream.finish()
  }

  init(_ digest: SHA256.Digest) {
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in digest.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    self.init(words: words)
  }
}
