/// The characters that stand for bytes in the vocabulary of a byte-level tokenizer (GPT-2's table).
enum ByteAlphabet {
  /// The character of each byte: itself when it is printable in Latin-1, else the next one from U+0100 on.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...0xFF).map { (byte: UInt32) in
      let printable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      defer { if !printable { next += 1 } }
      return Unicode.Scalar(printable ? byte : next) ?? Unicode.Scalar(UInt8(truncatingIfNeeded: byte))
    }
  }()

  /// The token that stands for bytes.
  static func token(of bytes: [UInt8]) -> String {
    var token = String.UnicodeScalarView()
    for byte in bytes { token.append(scalars[Int(byte)]) }
    return String(token)
  }

  private static let bytes: [Unicode.Scalar: UInt8] = {
    var bytes: [Unicode.Scalar: UInt8] = [:]
    for (byte, scalar) in scalars.enumerated() { bytes[scalar] = UInt8(truncatingIfNeeded: byte) }
    return bytes
  }()

  /// The bytes of a token. A token with a character outside the alphabet (only an added token has one)
  /// is its text in bytes.
  static func bytes(of token: String) -> [UInt8] {
    var out: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = bytes[scalar] else { return Array(token.utf8) }
      out.append(byte)
    }
    return out
  }
}
