import CKernels

/// Digests of long data by its leaves, so that a terabyte is digested in any order, on any number of threads, and an
/// interrupted reading goes on where it stopped. Format: the page *Tree digests*.
///
/// A tensor is cut into leaves of 1 MiB, and a leaf into pages of 16 KiB, the last of each shorter. A leaf's digest is
/// the SHA-256 of its pages' SHA-256 digests, one after the other, and a tensor's that of its leaves' digests. A shard's
/// digest is the SHA-256 of the digest of its header (everything before the data) and of the digests of its tensors in
/// the order of their data.
public enum TreeDigest {
  /// Bytes of a leaf.
  public static let leafBytes = 1 << 20
  /// Bytes of a page: short, so that a processor with wide vectors digests many of them at a time while they are in its
  /// cache.
  public static let pageBytes = 1 << 14

  /// The digest above others: SHA-256 of their bytes, one after the other.
  public static func of(_ digests: some Sequence<SHA256Digest>) -> SHA256Digest {
    var stream = SHA256Stream()
    for digest in digests { stream.update(digest.bytes) }
    return stream.finish()
  }

  /// The digest of a leaf, of at most ``leafBytes``.
  public static func leaf(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    var stream = LeafStream()
    stream.update(bytes)
    return stream.finish()
  }
}

/// The digest of a leaf whose bytes arrive in pieces.
public struct LeafStream: Sendable {
  /// Stream over the digests of the pages so far.
  private var above = SHA256Stream()
  /// The page that is not whole yet.
  private var page = SHA256Stream()

  /// A stream of nothing.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let missing = page.count > 0 ? min(TreeDigest.pageBytes - Int(page.count), bytes.count) : 0
    addToPage(UnsafeRawBufferPointer(rebasing: bytes[..<missing]))
    let rest = UnsafeRawBufferPointer(rebasing: bytes[missing...])
    let whole = rest.count / TreeDigest.pageBytes
    addPages(UnsafeRawBufferPointer(rebasing: rest[..<(whole * TreeDigest.pageBytes)]), count: whole)
    addToPage(UnsafeRawBufferPointer(rebasing: rest[(whole * TreeDigest.pageBytes)...]))
  }

  private mutating func addToPage(_ bytes: UnsafeRawBufferPointer) {
    page.update(bytes)
    guard page.count == TreeDigest.pageBytes else { return }
    above.update(page.finish().bytes)
    page = SHA256Stream()
  }

  private mutating func addPages(_ bytes: UnsafeRawBufferPointer, count: Int) {
    guard count > 0, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    withUnsafeTemporaryAllocation(byteCount: count * 32, alignment: 4) { digests in
      guard let start = digests.baseAddress else { return }
      let words = start.bindMemory(
        to: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32).self, capacity: count)
      cambium_sha256_pages(words, base, TreeDigest.pageBytes, count)
      let flat = UnsafeMutableRawBufferPointer(digests).bindMemory(to: UInt32.self)
      // A digest is its words with the highest byte first (FIPS 180-4, section 6.2.2).
      for index in flat.indices { flat[index] = flat[index].bigEndian }
      above.update(UnsafeRawBufferPointer(flat))
    }
  }

  /// The digest of everything added so far.
  public func finish() -> SHA256Digest {
    guard page.count > 0 else { return above.finish() }
    var all = above
    all.update(page.finish().bytes)
    return all.finish()
  }
}
