import StrictJSON

/// Makes rules of patterns: of the text inside of a JSON string, where each character has one spelling.
struct PatternRules {
  /// See ``GrammarBuilder/plain(inText:)``.
  let isInText: Bool

  func rule(_ pattern: Pattern, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    switch pattern {
    case .character(let set):
      // Anything at all may be spelled in any way.
      if set == .any { return try builder.character(inText: isInText) }
      return try builder.rule(spellings(set))
    case .sequence(let parts):
      var items: [GrammarBuilder.Item] = []
      for part in parts { items.append(try rule(part, &builder)) }
      return try builder.rule([items])
    case .choice(let ways):
      var alternatives: [[GrammarBuilder.Item]] = []
      for way in ways { alternatives.append([try rule(way, &builder)]) }
      return try builder.rule(alternatives)
    case .repeated(let inner, let least, let most):
      return try builder.repeated(try rule(inner, &builder), from: least, to: most)
    }
  }

  private func spellings(_ set: Pattern.CharacterSet) -> [[GrammarBuilder.Item]] {
    let plain = GrammarBuilder.plain(inText: isInText)
    let (simple, escaped) = (
      set.ascii.filter { plain.contains(Int($0)) }, set.ascii.filter { !plain.contains(Int($0)) }.sorted()
    )
    var alternatives: [[GrammarBuilder.Item]] = simple.isEmpty ? [] : [[.symbols(SymbolSet(simple))]]
    let others = escaped.map { String(Unicode.Scalar($0)) } + set.others.sorted().map { String($0) }
    for text in others {
      let spelled = GrammarBuilder.spelled(text, inText: isInText).dropFirst().dropLast()
      alternatives.append(GrammarBuilder.literal(spelled))
    }
    if set.hasAllOthers { alternatives += GrammarBuilder.longCharacters }
    return alternatives
  }
}

/// Patterns of the formats that strings follow.
enum StringFormats {
  private static let day =
    "(((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01]))|((0[469]|11)-(0[1-9]|[12][0-9]|30))|(02-(0[1-9]|1[0-9]|2[0-8])))"
  private static let date = "[1-9][0-9]{3}-" + day
  private static let hours = "([01][0-9]|2[0-3]):[0-5][0-9]"
  private static let time = hours + ":[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]" + hours + ")"
  private static let byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
  private static let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"

  /// Patterns by the names of the formats. No 29 February, which is a day in some years alone.
  static let patterns = [
    "date": "^" + date + "$",
    "time": "^" + time + "$",
    "date-time": "^" + date + "T" + time + "$",
    "uuid": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    "ipv4": "^(" + byte + "\\.){3}" + byte + "$",
    "email": "^[A-Za-z0-9_+-]{1,40}(\\.[A-Za-z0-9_+-]{1,40})*@" + label + "(\\." + label + ")+$",
  ]
}
