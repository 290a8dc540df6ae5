/// The CRC-32 of zlib, for digests that the Python generators write.
enum CRC32 {
  private static let table: [UInt32] = (UInt32(0)..<256).map { start in
    (0..<8).reduce(start) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }

  static func of(_ bytes: [UInt8]) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var value = ~UInt32(0)
      for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
      return ~value
    }
  }
}
