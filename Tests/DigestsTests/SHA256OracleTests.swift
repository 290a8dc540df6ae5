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

  @Test func everyLengthAroundTheBlocks() {
    let data = bytes(301, seed: 1)
    for length in 0...300 {
      // From an odd address.
      let digest = data.withUnsafeBytes { SHA256Digest.of(UnsafeRawBufferPointer(rebasing: $0[1..<1 + length])) }
      #expect(digest.bytes == oracle(data[1..<1 + length]), "\(length)")
    }
  }

  @Test func piecesOfEveryLength() {
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

  @Test func pairsOfEveryTwoLengths() {
    let one = bytes(300, seed: 3)
    let two = bytes(301, seed: 4)
    let expected = (0...300).map { (oracle(one[..<$0]), oracle(two[1..<1 + $0])) }
    var wrong = 0
    one.withUnsafeBytes { one in
      two.withUnsafeBytes { two in
        for x in 0...300 {
          for y in 0...300 {
            let (a, b) = SHA256Digest.pair(
              UnsafeRawBufferPointer(rebasing: one[..<x]), UnsafeRawBufferPointer(rebasing: two[1..<1 + y]))
            if a.bytes != expected[x].0 || b.bytes != expected[y].1 { wrong += 1 }
          }
        }
      }
    }
    #expect(wrong == 0)
  }

  /// Two streams that stand at different places in their blocks.
  @Test func pairsOfStreamsInPieces() {
    let one = bytes(2000, seed: 5)
    let two = bytes(2000, seed: 6)
    for cut in 0..<200 {
      var a = SHA256Stream()
      var b = SHA256Stream()
      let other = (cut * 7 + 3) % 200
      one.withUnsafeBytes { x in
        two.withUnsafeBytes { y in
          for (i, j) in [(0..<cut, 0..<other), (cut..<cut + 1000, other..<other + 900)] {
            SHA256Stream.update(
              &a, UnsafeRawBufferPointer(rebasing: x[i]), &b, UnsafeRawBufferPointer(rebasing: y[j]))
          }
        }
      }
      #expect(a.finish().bytes == oracle(one[..<(cut + 1000)]))
      #expect(b.finish().bytes == oracle(two[..<(other + 900)]))
    }
  }

  @Test func largeOnes() {
    let data = bytes(5_000_003, seed: 7)
    data.withUnsafeBytes { raw in
      let first = UnsafeRawBufferPointer(rebasing: raw[..<2_345_678])
      let (a, b) = SHA256Digest.pair(first, raw)
      #expect(a.bytes == oracle(data[..<2_345_678]) && b.bytes == oracle(data))
      #expect(SHA256Digest.of(raw) == b)
    }
  }

  /// The machine's instructions and the plain form give the same states.
  @Test func plainFormAgrees() {
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
