/// Rules of texts that do not contain some words.
struct TextRules {
  /// The words that do not occur in the text.
  var forbidden: [[UInt8]]
  /// The word that ends the text, and is its last; nil for a text that something else ends.
  var end: [UInt8]?
  /// What precedes the text, as far as the words begin with it.
  var begun: [UInt8] = []

  /// - Parameters:
  ///   - forbidden: Words of ASCII.
  ///   - end: A word of ASCII.
  ///   - begun: The beginning of a word.
  init(forbidden: [String], end: String? = nil, begun: String = "") {
    self.forbidden = forbidden.map { Array($0.utf8) }
    self.end = end.map { Array($0.utf8) }
    self.begun = Array(begun.utf8)
  }

  private static let characters: SymbolSet = {
    var characters = SymbolSet(0x20...0x7F)
    for byte in [0x09, 0x0A, 0x0D] { characters.insert(byte) }
    return characters
  }()

  /// The rule of the text: for each beginning of a word that the text may just have written, a rule of what follows.
  /// - Parameter leaving: What may follow anywhere, given the rule of the text.
  func rule(
    _ builder: inout GrammarBuilder, leaving: (GrammarBuilder.Item) -> [[GrammarBuilder.Item]] = { _ in [] }
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    let words = forbidden + (end.map { [$0] } ?? [])
    var ids: [[UInt8]: Int] = [:]
    var known: [[UInt8]] = []
    for word in [[]] + words {
      for length in 0...word.count where length == 0 || length < word.count {
        let beginning = Array(word.prefix(length))
        if ids[beginning] == nil {
          ids[beginning] = builder.reserve()
          known.append(beginning)
        }
      }
    }
    guard let start = ids[[]] else { return try builder.rule([]) }
    for beginning in known {
      guard let id = ids[beginning] else { continue }
      var alternatives = leaving(.rule(start))
      var next: [Int: SymbolSet] = [:]
      for byte in UInt8(0)...0x7F where Self.characters.contains(Int(byte)) {
        let written = beginning + [byte]
        // The word that ends the text may have a forbidden one at its end.
        if let end, Self.ends(written, with: end) {
          alternatives.append(GrammarBuilder.literal([byte]))
          continue
        }
        guard !forbidden.contains(where: { Self.ends(written, with: $0) }) else { continue }
        let longest = (0...written.count).lazy.map { Array(written.dropFirst($0)) }.first { ids[$0] != nil } ?? []
        next[ids[longest] ?? start, default: SymbolSet()].insert(Int(byte))
      }
      for (rule, set) in next.sorted(by: { $0.key < $1.key }) { alternatives.append([.symbols(set), .rule(rule)]) }
      alternatives += GrammarBuilder.longCharacters.map { $0 + [.rule(start)] }
      try builder.define(id, alternatives)
    }
    return .rule(ids[begun] ?? start)
  }

  private static func ends(_ text: [UInt8], with word: [UInt8]) -> Bool {
    text.count >= word.count && text.suffix(word.count).elementsEqual(word)
  }
}
