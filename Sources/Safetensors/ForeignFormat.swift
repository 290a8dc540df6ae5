/// Recognises files that are honestly mistaken for safetensors, by their first bytes.
///
/// Asked only after the file has failed as safetensors: the first bytes of a valid file are a length, which may look
/// like anything.
enum ForeignFormat {
  private static let magic: [(bytes: [UInt8], format: String)] = [
    (Array("PK".utf8) + [3, 4], "a zip archive (a PyTorch checkpoint?)"),
    (Array("GGUF".utf8), "a GGUF file"),
    (Array("ggml".utf8), "a GGML file"),
    ([0x89] + Array("HDF".utf8), "an HDF5 file"),
    ([0x93] + Array("NUMPY".utf8), "a NumPy file"),
    ([0x1F, 0x8B], "a gzip archive"),
    ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive"),
    (Array("<!DOCTYPE".utf8), "an HTML page"),
    (Array("<!doctype".utf8), "an HTML page"),
    (Array("<html".utf8), "an HTML page"),
  ]

  /// The error that says what `prefix`, the first bytes of a file, begins; nil when it is nothing known.
  static func error(prefix: [UInt8], file: String) -> SafetensorsError? {
    if prefix.starts(with: "version https://git-lfs".utf8) { return .lfsPointer(file: file) }
    // PROTO opcode and a protocol version that exists.
    if prefix.count >= 2, prefix[0] == 0x80, (2...5).contains(prefix[1]) {
      return .wrongFormat(file: file, format: "a Python pickle (a PyTorch checkpoint?)")
    }
    guard let known = magic.first(where: { prefix.starts(with: $0.bytes) }) else { return nil }
    return .wrongFormat(file: file, format: known.format)
  }
}
