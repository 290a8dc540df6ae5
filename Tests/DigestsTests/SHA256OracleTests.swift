import CKernels
import Crypto
import Digests
import Testing

/// Every form of SHA-256 against swift-crypto.
@Suite struct SHA256OracleTests {
  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  private func oracle(_ bytes: some Collection<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }

  @Test func `every length around the blocks agrees`() {
    let data = bytes(301, seed: 1)
    for length in 0...300 {
      // From an odd address.
      let digest = data.withUnsafeBytes { SHA256Digest.of(UnsafeRawBufferPointer(rebasing: $0[1..<1 + length])) }
      #expect(digest.bytes == oracle(data[1..<1 + length]), "\(length)")
    }
  }

  @Test func `pieces of every length agree`() {
    let data = bytes(300, seed: 2)
    let whole = oracle(data)
    for first in 0...150 {
      for second in [0, 1, 63, 64, 65, 127, 128, 129] {
        var stream = SHA256Stream()
        stream.update(Array(data[..<first]))
        stream.update(Array(data[first..<first + second]))
        stream.update(Array(data[(first + second)...]))
        #expect(stream.finish().bytes == whole && stream.count == 300, "\(first) \(second)")
      }
    }
  }

  @Test func `large ones agree`() {
    let data = bytes(5_000_003, seed: 7)
    #expect(SHA256Digest.of(data).bytes == oracle(data))
  }

  /// The machine's instructions and the plain form give the same states.
  @Test func `the plain form agrees`() {
    let data = bytes(64 * 40, seed: 8)
    for blocks in 0...20 {
      var fast = [[UInt32]](repeating: (0..<8).map { 0x9E37_79B9 &* ($0 + 1) }, count: 3)
      var plain = fast
      data.withUnsafeBufferPointer { data in
        guard let base = data.baseAddress else { return }
        cambium_sha256_blocks(&fast[0], base, blocks)
        var (one, two) = (fast[1], fast[2])
        cambium_sha256_blocks_pair(&one, base, &two, base + 64 * 20, blocks)
        (fast[1], fast[2]) = (one, two)
        cambium_sha256_blocks_portable(&plain[0], base, blocks)
        cambium_sha256_blocks_portable(&plain[1], base, blocks)
        cambium_sha256_blocks_portable(&plain[2], base + 64 * 20, blocks)
      }
      #expect(fast == plain, "\(blocks)")
    }
  }
}
