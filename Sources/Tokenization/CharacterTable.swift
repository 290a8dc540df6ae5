/// What the pre-tokenizer and the normalizer ask about a code point, one byte each, and the composition maps.
///
/// A flat megabyte instead of a search: the scanner looks at every character of every prompt.
struct CharacterTable: Sendable {
  static let letter: UInt8 = 1
  static let mark: UInt8 = 2
  static let number: UInt8 = 4
  /// `\s`, carriage return and line feed included.
  static let space: UInt8 = 8
  static let newline: UInt8 = 16
  /// Has a canonical decomposition, a combining class, or joins with the character before it.
  static let unstable: UInt8 = 32

  static let shared = CharacterTable()

  let flags: [UInt8]
  /// Full canonical decompositions, without the Hangul syllables.
  let decompositions: [UInt32: [UInt32]]
  /// Composites by pair (first in the high half), without the Hangul syllables.
  let compositions: [UInt64: UInt32]
  /// Ranks of the combining classes above zero.
  let orders: [UInt32: Int]

  private init() {
    var flags = [UInt8](repeating: 0, count: 0x110000)
    func mark(_ ranges: String, _ flag: UInt8) {
      for word in ranges.split(separator: " ") {
        for code in Self.range(word) { flags[code] |= flag }
      }
    }
    mark(ClassTable.letters, Self.letter)
    mark(ClassTable.marks, Self.mark)
    mark(ClassTable.numbers, Self.number)
    mark(ClassTable.spaces, Self.space)
    mark("a d", Self.newline)

    var decompositions: [UInt32: [UInt32]] = [:]
    for word in CompositionTable.decompositions.split(separator: " ") {
      let parts = word.split(separator: ":")
      guard parts.count == 2, let code = UInt32(parts[0], radix: 16) else { continue }
      decompositions[code] = parts[1].split(separator: ",").compactMap { UInt32($0, radix: 16) }
    }
    var compositions: [UInt64: UInt32] = [:]
    var recomposed: Set<UInt32> = []
    for word in CompositionTable.compositions.split(separator: " ") {
      let codes = word.split { $0 == "," || $0 == ":" }.compactMap { UInt32($0, radix: 16) }
      guard codes.count == 3 else { continue }
      compositions[Self.pair(codes[0], codes[1])] = codes[2]
      recomposed.insert(codes[2])
      flags[Int(codes[1])] |= Self.unstable
    }
    for code in decompositions.keys where !recomposed.contains(code) { flags[Int(code)] |= Self.unstable }
    var orders: [UInt32: Int] = [:]
    for word in CompositionTable.orders.split(separator: " ") {
      let parts = word.split(separator: ":")
      guard parts.count == 2, let rank = Int(parts[0], radix: 16) else { continue }
      for code in Self.range(parts[1]) {
        orders[UInt32(code)] = rank
        flags[code] |= Self.unstable
      }
    }
    for code in Hangul.vowels { flags[Int(code)] |= Self.unstable }
    for code in Hangul.finals { flags[Int(code)] |= Self.unstable }
    self.flags = flags
    self.decompositions = decompositions
    self.compositions = compositions
    self.orders = orders
  }

  static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

  /// `a-b` or `a`, hexadecimal.
  private static func range(_ word: Substring) -> Range<Int> {
    let ends = word.split(separator: "-").compactMap { Int($0, radix: 16) }
    guard let first = ends.first, let last = ends.last else { return 0..<0 }
    return first..<(last + 1)
  }
}
