/// Encodes what is between two added tokens.
struct SegmentEncoder {
  private let word: UInt8
  private let flags = CharacterTable.shared.flags
  private var normalizer = Normalizer()
  private var merger: PieceMerger

  init(_ tokenizer: Tokenizer) {
    word = tokenizer.pattern.word
    merger = PieceMerger(merges: tokenizer.merges, byteIds: tokenizer.byteIds)
  }

  /// Appends the ids of `bytes`, well-formed UTF-8.
  mutating func encode(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [Int]) {
    if let composed = normalizer.composed(bytes) {
      composed.withUnsafeBufferPointer { merge($0, &out) }
    } else {
      merge(bytes, &out)
    }
  }

  private mutating func merge(_ bytes: UnsafeBufferPointer<UInt8>, _ out: inout [Int]) {
    flags.withUnsafeBufferPointer { flags in
      let scanner = PieceScanner(bytes: bytes, flags: flags, word: word)
      var start = 0
      while start < bytes.count {
        let end = scanner.end(ofPieceAt: start)
        merger.merge(UnsafeBufferPointer(rebasing: bytes[start..<end]), into: &out)
        start = end
      }
    }
  }
}
