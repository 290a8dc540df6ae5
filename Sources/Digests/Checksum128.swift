import CXXHash

/// XXH3-128 (xxHash 0.8, seed 0) of some bytes: finds torn writes and flipped bits within a run, at ten times the speed
/// of SHA-256. No proof against malice: what leaves the work folder is vouched for by SHA-256.
public struct Checksum128: Hashable, Sendable, CustomStringConvertible {
  /// The upper 64 bits.
  public let high: UInt64
  /// The lower 64 bits.
  public let low: UInt64

  /// - Parameters:
  ///   - high: The upper 64 bits.
  ///   - low: The lower 64 bits.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Returns: nil unless `hex` is exactly 32 hexadecimal digits.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == 32, let high = UInt64(hex.prefix(16), radix: 16),
      let low = UInt64(hex.dropFirst(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// 32 hexadecimal digits, the higher 64 bits first.
  public var hex: String {
    [high, low].map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 16 - text.utf8.count) + text
    }.joined()
  }

  /// Big-endian, as ``hex`` spells them.
  public var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  public var description: String { hex }

  /// The checksum of some bytes.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> Checksum128 {
    Checksum128(XXH3_128bits(bytes.baseAddress, bytes.count))
  }

  fileprivate init(_ hash: XXH128_hash_t) {
    self.init(high: hash.high64, low: hash.low64)
  }
}

/// A ``Checksum128`` of bytes that arrive in pieces. For one thread at a time.
public final class Checksum128Stream {
  private let state: OpaquePointer?

  /// A stream of nothing.
  public init() {
    state = XXH3_createState()
    XXH3_128bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  /// Adds bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
  }

  /// The checksum of everything added; the next bytes begin a new one.
  public func finish() -> Checksum128 {
    defer { XXH3_128bits_reset(state) }
    return Checksum128(XXH3_128bits_digest(state))
  }
}
