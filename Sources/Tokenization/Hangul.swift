/// Hangul syllables are composed by arithmetic (Unicode 15, section 3.12).
enum Hangul {
  static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  static let leads: ClosedRange<UInt32> = 0x1100...0x1112
  static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
  static let finals: ClosedRange<UInt32> = 0x11A8...0x11C2

  /// Lead, vowel and, where there is one, final of a syllable.
  static func decompose(_ syllable: UInt32) -> [UInt32] {
    let index = syllable - syllables.lowerBound
    let final = index % 28
    let open = [leads.lowerBound + index / 588, vowels.lowerBound + index % 588 / 28]
    return final == 0 ? open : open + [finals.lowerBound + final - 1]
  }

  /// The syllable of a lead and a vowel, or of an open syllable and a final.
  static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if leads.contains(first), vowels.contains(second) {
      return syllables.lowerBound + (first - leads.lowerBound) * 588 + (second - vowels.lowerBound) * 28
    }
    if syllables.contains(first), finals.contains(second), (first - syllables.lowerBound) % 28 == 0 {
      return first + second - finals.lowerBound + 1
    }
    return nil
  }
}
