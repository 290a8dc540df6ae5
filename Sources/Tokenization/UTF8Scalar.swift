/// Reading of characters from UTF-8 that is known to be well-formed.
enum UTF8Scalar {
  /// The code point that begins at `index`, and its length in bytes.
  @inline(__always)
  static func read(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> (code: UInt32, length: Int) {
    let lead = UInt32(bytes[index])
    if lead < 0x80 { return (lead, 1) }
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | rest(bytes, index + 1), 2) }
    if lead < 0xF0 { return ((lead & 0x0F) << 12 | rest(bytes, index + 1) << 6 | rest(bytes, index + 2), 3) }
    let high = (lead & 0x07) << 18 | rest(bytes, index + 1) << 12
    return (high | rest(bytes, index + 2) << 6 | rest(bytes, index + 3), 4)
  }

  @inline(__always)
  private static func rest(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt32 { UInt32(bytes[index]) & 0x3F }
}
