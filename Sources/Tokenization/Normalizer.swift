/// Normalization form C, with the tables of the reference package.
///
/// Foundation and the standard library follow the Unicode version of their release; the ids of a checkpoint follow
/// the one of the package it was trained with.
struct Normalizer {
  private let table = CharacterTable.shared
  private var codes: [(code: UInt32, order: Int)] = []

  /// The composed form of `bytes`, well-formed UTF-8.
  static func composed(_ bytes: [UInt8]) -> [UInt8] {
    var normalizer = Normalizer()
    return bytes.withUnsafeBufferPointer { normalizer.composed($0) } ?? bytes
  }

  /// The composed form of `bytes`, well-formed UTF-8; nil when they are composed already.
  mutating func composed(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard !isStable(bytes) else { return nil }
    decompose(bytes)
    sortMarks()
    return encode(compose())
  }

  /// Whether no character could change. Nothing below U+0300 does, whose lead byte is 0xCC.
  private func isStable(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    while index < bytes.count {
      if bytes[index] < 0xCC {
        index += 1
        continue
      }
      let (code, length) = UTF8Scalar.read(bytes, index)
      if table.flags[Int(code)] & CharacterTable.unstable != 0 { return false }
      index += length
    }
    return true
  }

  private mutating func decompose(_ bytes: UnsafeBufferPointer<UInt8>) {
    codes.removeAll(keepingCapacity: true)
    var index = 0
    while index < bytes.count {
      let (code, length) = UTF8Scalar.read(bytes, index)
      index += length
      if code < 0xC0 {
        codes.append((code, 0))
      } else if Hangul.syllables.contains(code) {
        codes.append(contentsOf: Hangul.decompose(code).map { ($0, 0) })
      } else if let parts = table.decompositions[code] {
        codes.append(contentsOf: parts.map { ($0, table.orders[$0] ?? 0) })
      } else {
        codes.append((code, order(of: code)))
      }
    }
  }

  private func order(of code: UInt32) -> Int {
    // Composites without a class are stable; what is not unstable has none.
    table.flags[Int(code)] & CharacterTable.unstable == 0 ? 0 : table.orders[code] ?? 0
  }

  /// Puts each run of marks in the order of their classes; marks of one class keep theirs.
  private mutating func sortMarks() {
    var start = 0
    while start < codes.count {
      guard codes[start].order != 0 else {
        start += 1
        continue
      }
      var end = start
      while end < codes.count, codes[end].order != 0 { end += 1 }
      if end - start > 1 {
        // Offsets make the sort stable; a hostile text is one long run, so no insertion sort.
        let run = codes[start..<end].enumerated().sorted {
          ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
        }
        codes.replaceSubrange(start..<end, with: run.map(\.element))
      }
      start = end
    }
  }

  private func compose() -> [UInt32] {
    var out: [UInt32] = []
    out.reserveCapacity(codes.count)
    var starter = -1
    // Order of the last character kept after the starter; -1 directly after it.
    var last = -1
    for (code, order) in codes {
      if starter >= 0, last < order, let joined = join(out[starter], code) {
        out[starter] = joined
        continue
      }
      out.append(code)
      if order == 0 {
        starter = out.count - 1
        last = -1
      } else {
        last = order
      }
    }
    return out
  }

  private func join(_ first: UInt32, _ second: UInt32) -> UInt32? {
    guard table.flags[Int(second)] & CharacterTable.unstable != 0 else { return nil }
    return Hangul.compose(first, second) ?? table.compositions[CharacterTable.pair(first, second)]
  }

  private func encode(_ codes: [UInt32]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(codes.count * 3)
    for code in codes {
      guard let scalar = Unicode.Scalar(code) else { continue }
      out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
    return out
  }
}
