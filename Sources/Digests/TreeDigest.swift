/// Digests of long data by its leaves, so that a terabyte is digested in any order, on any number of threads, and an
/// interrupted reading goes on where it stopped. Format: the page *Tree digests*.
///
/// A tensor is cut into leaves of 1 MiB, the last one shorter; its digest is the SHA-256 of its leaves' SHA-256
/// digests, one behind the other. A shard's digest is the SHA-256 of the digest of its header (everything before the
/// data) and of the digests of its tensors in the order of their data.
public enum TreeDigest {
  /// Bytes of a leaf.
  public static let leafBytes = 1 << 20

  /// The digest above others: SHA-256 of their bytes, one behind the other.
  public static func of(_ digests: some Sequence<SHA256Digest>) -> SHA256Digest {
    var stream = SHA256Stream()
    for digest in digests { stream.update(digest.bytes) }
    return stream.finish()
  }
}
