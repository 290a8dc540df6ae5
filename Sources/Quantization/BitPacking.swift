/// MLX's packing: one little-endian bit stream, element i in bits [i·bits, (i + 1)·bits), lowest bits first.
/// Groups are whole bytes in every format, so a tensor is one stream, whatever its rows.
public enum BitPacking {
  /// Packs `codes` (each below 2^bits; `codes.count · bits` a multiple of 8) from byte `offset` of `output` on.
  public static func pack(
    _ codes: UnsafeBufferPointer<UInt8>, bits: Int, into output: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    var word: UInt32 = 0
    var filled = 0
    var next = offset
    for code in codes {
      word |= UInt32(code) << UInt32(filled)
      filled += bits
      while filled >= 8 {
        output[next] = UInt8(truncatingIfNeeded: word)
        word >>= 8
        filled -= 8
        next += 1
      }
    }
  }

  /// The inverse: `codes.count` codes from byte `offset` of `input` on.
  public static func unpack(
    _ input: UnsafeRawBufferPointer, at offset: Int, bits: Int, into codes: UnsafeMutableBufferPointer<UInt8>
  ) {
    let mask = UInt32(1) << UInt32(bits) &- 1
    var word: UInt32 = 0
    var filled = 0
    var next = offset
    for i in codes.indices {
      while filled < bits {
        word |= UInt32(input[next]) << UInt32(filled)
        filled += 8
        next += 1
      }
      codes[i] = UInt8(truncatingIfNeeded: word & mask)
      word >>= UInt32(bits)
      filled -= bits
    }
  }
}
