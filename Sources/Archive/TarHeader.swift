/// The header of one file in the archive: POSIX ustar, with a pax record before it where name or size does not fit.
/// Everything but name and size is the same in every archive: mode 0644, owner 0, time 0.
///
/// Source: IEEE Std 1003.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".
package struct TarHeader: Equatable {
  /// Bytes of a header, and what sizes are rounded up to.
  package static let block = 512

  /// The file's path in the archive.
  package let name: String
  /// Bytes of its content.
  package let size: Int

  /// A header for a regular file of this name and size.
  package init(name: String, size: Int) {
    self.name = name
    self.size = size
  }

  /// The bytes before the file's own: a multiple of ``block``.
  package var encoded: [UInt8] {
    let records = [
      name.utf8.count > 100 ? TarHeader.record("path", name) : [],
      size > TarHeader.largestOctal ? TarHeader.record("size", String(size)) : [],
    ].flatMap { $0 }
    let plain = TarHeader.block(name: name, size: size > TarHeader.largestOctal ? 0 : size, type: "0")
    guard !records.isEmpty else { return plain }
    return TarHeader.block(name: "pax", size: records.count, type: "x") + records
      + Array(repeating: 0, count: TarHeader.padding(records.count)) + plain
  }

  /// Zeros after a content of so many bytes.
  package static func padding(_ size: Int) -> Int { (block - size % block) % block }

  /// Eleven octal digits.
  private static let largestOctal = 0o777_7777_7777

  /// `LENGTH KEY=VALUE\n`; the length counts itself.
  private static func record(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n".utf8.count
    var length = rest + 1
    while rest + String(length).utf8.count != length { length = rest + String(length).utf8.count }
    return Array("\(length) \(key)=\(value)\n".utf8)
  }

  private static func block(name: String, size: Int, type: Unicode.Scalar) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: block)
    func put(_ text: some Sequence<UInt8>, at offset: Int) {
      for (number, byte) in text.enumerated() { bytes[offset + number] = byte }
    }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
    }
    put(name.utf8.prefix(100), at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(size, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
    bytes[156] = UInt8(ascii: type)
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    put(octal(0, digits: 7), at: 329)
    put(octal(0, digits: 7), at: 337)
    let sum = bytes.reduce(0) { $0 + Int($1) }
    put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return bytes
  }
}
