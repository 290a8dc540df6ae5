/// Cuts a text into the pieces that the split pattern matches, one after the other.
///
/// The pattern's alternatives are tried in their order; together they match every character, so pieces have no gaps.
struct PieceScanner {
  /// Well-formed UTF-8.
  let bytes: UnsafeBufferPointer<UInt8>
  /// ``CharacterTable/flags``.
  let flags: UnsafeBufferPointer<UInt8>
  let word: UInt8

  /// The end of the piece that begins at `start`, which is before the end of the text.
  func end(ofPieceAt start: Int) -> Int {
    if bytes[start] == UInt8(ascii: "'"), let end = contraction(start) { return end }
    let (kind, next) = character(start)
    // `[^\r\n\p{L}\p{N}]?[\p{L}…]+`. A mark that opens a word is both prefix and word: the run is the same.
    if kind & word != 0 { return run(next) { $0 & word != 0 } }
    if kind & (CharacterTable.newline | CharacterTable.letter | CharacterTable.number) == 0, next < bytes.count {
      let (second, after) = character(next)
      if second & word != 0 { return run(after) { $0 & word != 0 } }
    }
    // `\p{N}`
    if kind & CharacterTable.number != 0 { return next }
    // ` ?[^\s\p{L}\p{N}…]+[\r\n]*`
    let other = bytes[start] == 0x20 ? next : start
    let taken = word | CharacterTable.number | CharacterTable.space
    let end = run(other) { $0 & taken == 0 }
    if end > other { return run(end) { $0 & CharacterTable.newline != 0 } }
    return whitespace(start)
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`
  private func whitespace(_ start: Int) -> Int {
    var index = start
    var last = start
    var lineEnd: Int?
    while index < bytes.count {
      let (kind, next) = character(index)
      guard kind & CharacterTable.space != 0 else { break }
      last = index
      index = next
      if kind & CharacterTable.newline != 0 { lineEnd = next }
    }
    if let lineEnd { return lineEnd }
    // The last space before a word stays with the word, unless it is the only one.
    return index == bytes.count || last == start ? index : last
  }

  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`; U+017F, the long s, is an s when case does not count.
  private func contraction(_ start: Int) -> Int? {
    let left = bytes.count - start
    guard left > 1 else { return nil }
    let second = left > 2 ? bytes[start + 2] | 0x20 : 0
    switch bytes[start + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? start + 3 : nil
    default: return left > 2 && bytes[start + 1] == 0xC5 && bytes[start + 2] == 0xBF ? start + 3 : nil
    }
  }

  /// The end of the run of characters of a kind from `start` on.
  @inline(__always)
  private func run(_ start: Int, _ isInside: (UInt8) -> Bool) -> Int {
    var index = start
    while index < bytes.count {
      let (kind, next) = character(index)
      guard isInside(kind) else { break }
      index = next
    }
    return index
  }

  @inline(__always)
  private func character(_ index: Int) -> (kind: UInt8, next: Int) {
    let (code, length) = UTF8Scalar.read(bytes, index)
    return (flags[Int(code)], index + length)
  }
}
