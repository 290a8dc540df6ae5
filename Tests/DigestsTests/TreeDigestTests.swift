import CKernels
import Crypto
import Digests
import Testing

/// Leaves, by every form of SHA-256 that this machine has, against the definition with swift-crypto.
@Suite struct TreeDigestTests {
  private static let page = TreeDigest.pageBytes
  private static let data: [UInt8] = {
    var state: UInt64 = 11
    return (0..<TreeDigest.leafBytes + 1).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }()

  /// Around the numbers of pages that are digested together.
  static let lengths: [Int] = {
    let pages = [1, 2, 7, 8, 9, 15, 16, 17, 25, 32, 41].map { $0 * page }
    return [1, 63, 64, 65, 5000, TreeDigest.leafBytes - 1, TreeDigest.leafBytes] + pages + pages.map { $0 - 1 }
      + pages.map { $0 + 1 }
  }()

  private func definition(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    let pages = stride(from: 0, to: bytes.count, by: Self.page).flatMap { at in
      Array(SHA256.hash(data: bytes[at..<min(at + Self.page, bytes.count)]))
    }
    return Array(SHA256.hash(data: pages))
  }

  private func forEachTier(_ body: (String) -> Void) {
    defer { _ = cambium_force_tier_here(-1) }
    for tier in 0..<4 where cambium_force_tier_here(Int32(tier)) == 0 { body("tier \(tier)") }
  }

  @Test func `every tier gives the defined digest of a leaf`() {
    for length in Self.lengths {
      // From an odd address.
      let expected = definition(Self.data[1..<1 + length])
      forEachTier { tier in
        let digest = Self.data.withUnsafeBytes { TreeDigest.leaf(UnsafeRawBufferPointer(rebasing: $0[1..<1 + length])) }
        #expect(digest.bytes == expected, "\(length) bytes, \(tier)")
      }
    }
  }

  @Test func `pieces give the same digest as the whole`() {
    let expected = definition(Self.data)
    for cuts in [
      [1], [16_383], [16_384], [16_385], [100, 16_384, 300_000], [500_000, 500_001], [TreeDigest.leafBytes],
    ] {
      var stream = LeafStream()
      var begin = 0
      Self.data.withUnsafeBytes { data in
        for end in cuts + [data.count] {
          stream.update(UnsafeRawBufferPointer(rebasing: data[begin..<end]))
          begin = end
        }
      }
      #expect(stream.finish().bytes == expected, "\(cuts)")
    }
  }

  @Test func `a tensor is the digest of its leaves`() {
    let leaf = TreeDigest.leaf(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(leaf == SHA256Digest.of([]))
    #expect(TreeDigest.of([]) == SHA256Digest.of([]))
    #expect(TreeDigest.of([leaf]) == SHA256Digest.of(leaf.bytes))
  }
}
