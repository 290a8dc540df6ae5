/// Offset of the first byte that does not belong to well-formed UTF-8, or nil.
///
/// Overlong forms, surrogates and values above U+10FFFF are ill-formed (Unicode 15, table 3-7).
func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
  bytes.withUnsafeBytes { buffer in
    var index = 0
    let count = buffer.count
    while index < count {
      // Eight ASCII bytes at a time: model headers are ASCII almost throughout.
      while count - index >= 8,
        buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        index += 8
      }
      guard index < count else { return nil }
      guard let length = sequenceLength(buffer, index) else { return index }
      index += length
    }
    return nil
  }
}

/// Bytes of the UTF-8 sequence that begins at `index`, or nil when it is ill-formed.
private func sequenceLength(_ buffer: UnsafeRawBufferPointer, _ index: Int) -> Int? {
  let lead = buffer[index]
  let length: Int
  var second: ClosedRange<UInt8> = 0x80...0xBF
  switch lead {
  case 0x00...0x7F: return 1
  case 0xC2...0xDF: length = 2
  case 0xE0...0xEF:
    length = 3
    if lead == 0xE0 { second = 0xA0...0xBF }
    if lead == 0xED { second = 0x80...0x9F }
  case 0xF0...0xF4:
    length = 4
    if lead == 0xF0 { second = 0x90...0xBF }
    if lead == 0xF4 { second = 0x80...0x8F }
  default: return nil
  }
  guard buffer.count - index >= length, second.contains(buffer[index + 1]) else { return nil }
  for offset in 2..<max(2, length) where buffer[index + offset] & 0xC0 != 0x80 { return nil }
  return length
}
