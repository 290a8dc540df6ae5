/// Encodes what is between two added tokens.
struct SegmentEncoder {
  /// What makes a word; nil where nothing cuts a text.
  private let word: UInt8?
  private let flags = CharacterTable.shared.flags
  private var normalizer = Normalizer()
  private let normalizes: Bool
  /// The tokens that a whole piece may be without any merge; nil where merges always decide.
  private let wholePieces: (([UInt8]) -> Int?)?
  private var merger: PieceMerger

  init(_ tokenizer: Tokenizer) {
    word = tokenizer.pattern?.word
    normalizes = tokenizer.normalizes
    wholePieces = tokenizer.ignoresMerges ? { tokenizer.modelId(of: $0) } : nil
    merger = PieceMerger(merges: tokenizer.merges, byteIds: tokenizer.byteIds)
  }

  /// The normalized form of `bytes`; nil when it is the same.
  mutating func normalized(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    normalizes ? normalizer.composed(bytes) : nil
  }

  /// Appends the ids of `bytes`, well-formed UTF-8.
  mutating func encode(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [Int]) {
    if let composed = normalized(bytes) {
      composed.withUnsafeBufferPointer { merge($0, &out) }
    } else {
      merge(bytes, &out)
    }
  }

  private mutating func merge(_ bytes: UnsafeBufferPointer<UInt8>, _ out: inout [Int]) {
    flags.withUnsafeBufferPointer { flags in
      let scanner = word.map { PieceScanner(bytes: bytes, flags: flags, word: $0) }
      var start = 0
      while start < bytes.count {
        let end = scanner?.end(ofPieceAt: start) ?? bytes.count
        let piece = UnsafeBufferPointer(rebasing: bytes[start..<end])
        if let whole = wholePieces?(Array(piece)) {
          out.append(whole)
        } else {
          merger.merge(piece, into: &out)
        }
        start = end
      }
    }
  }
}
