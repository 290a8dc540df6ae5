import CKernels

/// SHA-256 (FIPS 180-4) over bytes that arrive in pieces. A copy continues on its own.
public struct SHA256Stream: Sendable {
  /// H0 … H7, after all whole blocks so far.
  private var state = SHA256Stream.initial
  /// The bytes of the block that is not whole yet are the first `count % 64` of these.
  private var rest = SIMD16<UInt32>()
  /// Bytes added so far.
  public private(set) var count: UInt64 = 0

  static let block = 64

  // FIPS 180-4, section 5.3.3.
  private static let initial: SIMD8<UInt32> = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]

  /// A stream of nothing.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let bytes = completeBlock(bytes)
    let blocks = bytes.count / Self.block
    if blocks > 0, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) {
      withState { cambium_sha256_blocks($0, base, blocks) }
      count &+= UInt64(blocks * Self.block)
    }
    keep(UnsafeRawBufferPointer(rebasing: bytes[(blocks * Self.block)...]))
  }

  /// Adds bytes.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of everything added so far.
  public func finish() -> SHA256Digest {
    var copy = self
    // A one bit, zero bits up to 8 bytes before the end of a block, the length in bits (FIPS 180-4, section 5.1.1).
    let zeros = (119 - Int(count % 64)) % 64
    copy.update([0x80] + [UInt8](repeating: 0, count: zeros))
    let length = count &* 8
    copy.update((0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) })
    let words = copy.state
    return SHA256Digest(words: (0..<4).map { UInt64(words[2 * $0]) << 32 | UInt64(words[2 * $0 + 1]) })
  }

  /// Fills up the block that is not whole; returns what is left of `bytes`. Afterwards there is no such block, unless
  /// nothing is left.
  private mutating func completeBlock(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let filled = Int(count % 64)
    guard filled > 0 else { return bytes }
    let taken = min(Self.block - filled, bytes.count)
    keep(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
    if count % 64 == 0 {
      var whole = rest
      withUnsafeBytes(of: &whole) { block in
        if let base = block.baseAddress?.assumingMemoryBound(to: UInt8.self) {
          withState { cambium_sha256_blocks($0, base, 1) }
        }
      }
    }
    return UnsafeRawBufferPointer(rebasing: bytes[taken...])
  }

  /// Appends less than a block to the block that is not whole.
  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    let filled = Int(count % 64)
    withUnsafeMutableBytes(of: &rest) { block in
      UnsafeMutableRawBufferPointer(rebasing: block[filled...]).copyMemory(from: bytes)
    }
    count &+= UInt64(bytes.count)
  }

  private mutating func withState(_ body: (UnsafeMutablePointer<UInt32>?) -> Void) {
    withUnsafeMutableBytes(of: &state) { body($0.baseAddress?.assumingMemoryBound(to: UInt32.self)) }
  }
}
