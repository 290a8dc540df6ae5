/// A SHA-256 digest: 32 bytes, ordered as its hexadecimal spelling is.
public struct SHA256Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  // Four big-endian words: compared in order they yield the byte order, without a heap allocation per digest.
  private let a: UInt64
  private let b: UInt64
  private let c: UInt64
  private let d: UInt64

  /// - Returns: nil unless there are exactly 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    self.init(words: words)
  }

  /// - Returns: nil unless `hex` is exactly 64 hexadecimal digits, lower or upper case.
  public init?(hex: String) {
    guard hex.utf8.count == 64 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in hex.utf8.enumerated() {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      words[index / 16] = words[index / 16] << 4 | UInt64(digit)
    }
    self.init(words: words)
  }

  init(words: [UInt64]) {
    (a, b, c, d) = (words[0], words[1], words[2], words[3])
  }

  /// 32 bytes.
  public var bytes: [UInt8] {
    [a, b, c, d].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// 64 hexadecimal digits, lower case.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  public var description: String { hex }

  public static func < (x: SHA256Digest, y: SHA256Digest) -> Bool { (x.a, x.b, x.c, x.d) < (y.a, y.b, y.c, y.d) }
}
