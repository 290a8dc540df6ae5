import Digests
import Testing

@Suite struct SHA256Tests {
  // Known answers of FIPS 180-4.
  private let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func `known answers come out`() {
    #expect(SHA256Digest.of([]).hex == empty)
    #expect(SHA256Digest.of(Array("abc".utf8)).hex == abc)
    #expect(
      SHA256Digest.of(Array(repeating: UInt8(ascii: "a"), count: 1_000_000)).hex
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `pieces give the same digest as the whole`() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var stream = SHA256Stream()
    stream.update(Array(bytes[..<1]))
    Array(bytes[1..<640]).withUnsafeBytes { stream.update($0) }
    var copy = stream
    stream.update(Array(bytes[640...]))
    #expect(stream.finish() == SHA256Digest.of(bytes))
    copy.update([1])
    #expect(copy.finish() != stream.finish())
  }

  @Test func `hexadecimal digits are read back`() throws {
    let digest = try #require(SHA256Digest(hex: abc))
    #expect(digest == SHA256Digest.of(Array("abc".utf8)))
    #expect(digest.hex == abc && digest.bytes.count == 32)
    #expect(SHA256Digest(bytes: digest.bytes) == digest)
    #expect(SHA256Digest(hex: abc.uppercased()) == digest)
    #expect(try #require(SHA256Digest(hex: abc)) < #require(SHA256Digest(hex: empty)))
  }

  @Test(arguments: [
    "", "ba78", String(repeating: "g", count: 64), String(repeating: "0", count: 65),
    " " + String(repeating: "0", count: 63),
  ])
  func `wrong hexadecimal is refused`(_ text: String) { #expect(SHA256Digest(hex: text) == nil) }

  @Test func `a digest of the wrong length is refused`() {
    #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 33)) == nil)
  }
}
