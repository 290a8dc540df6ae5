import StrictJSON

/// Makes rules of patterns: of the text inside of a JSON string, where each character has one spelling.
struct PatternRules {
  /// See ``GrammarBuilder/plain(inText:)``.
  let isInText: Bool

  /// The rules of a pattern: of all its texts, and of those that are not empty; nil where there are none.
  ///
  /// What is repeated is never empty: between two symbols, a text could be read with any number of empty ones.
  private struct Rules {
    var whole: GrammarBuilder.Item
    var filled: GrammarBuilder.Item?
    var mayBeEmpty: Bool
  }

  func rule(_ pattern: Pattern, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    try rules(pattern, &builder).whole
  }

  private func rules(_ pattern: Pattern, _ builder: inout GrammarBuilder) throws(ConstraintError) -> Rules {
    switch pattern {
    case .character(let set):
      // Anything at all may be spelled in any way.
      if set == .any { return never(empty: try builder.character(inText: isInText)) }
      return never(empty: try builder.rule(try spellings(set, &builder)))
    case .sequence(let patterns):
      var parts: [Rules] = []
      for pattern in patterns { parts.append(try rules(pattern, &builder)) }
      guard parts.allSatisfy(\.mayBeEmpty) else { return never(empty: try builder.rule([parts.map(\.whole)])) }
      // From its end: the first part that is not empty, and any texts of those behind it.
      var rest = try perhaps(nil, &builder)
      for part in parts.reversed() {
        let ways = (part.filled.map { [[$0, rest.whole]] } ?? []) + (rest.filled.map { [[$0]] } ?? [])
        rest = try perhaps(ways.isEmpty ? nil : builder.rule(ways), &builder)
      }
      return rest
    case .choice(let patterns):
      var ways: [Rules] = []
      for pattern in patterns { ways.append(try rules(pattern, &builder)) }
      guard ways.contains(where: \.mayBeEmpty) else { return never(empty: try builder.rule(ways.map { [$0.whole] })) }
      let filled = ways.compactMap(\.filled).map { [$0] }
      return try perhaps(filled.isEmpty ? nil : builder.rule(filled), &builder)
    case .repeated(let pattern, let least, let most):
      let inner = try rules(pattern, &builder)
      if least > 0, !inner.mayBeEmpty {
        return never(empty: try builder.repeated(inner.whole, from: least, to: most))
      }
      guard let filled = inner.filled, most != 0 else { return try perhaps(nil, &builder) }
      let rest = try builder.repeated(filled, from: 0, to: most.map { $0 - 1 })
      return try perhaps(builder.rule([[filled, rest]]), &builder)
    }
  }

  private func never(empty item: GrammarBuilder.Item) -> Rules { Rules(whole: item, filled: item, mayBeEmpty: false) }

  /// Nothing, or a text that is not empty.
  private func perhaps(
    _ filled: GrammarBuilder.Item?, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> Rules {
    Rules(whole: try builder.rule([[]] + (filled.map { [[$0]] } ?? [])), filled: filled, mayBeEmpty: true)
  }

  private func spellings(
    _ set: Pattern.CharacterSet, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    let plain = GrammarBuilder.plain(inText: isInText)
    let (simple, escaped) = (
      set.ascii.filter { plain.contains(Int($0)) }, set.ascii.filter { !plain.contains(Int($0)) }.sorted()
    )
    var alternatives: [[GrammarBuilder.Item]] = simple.isEmpty ? [] : [[.symbols(SymbolSet(simple))]]
    let others = escaped.map { String(Unicode.Scalar($0)) } + set.others.sorted().map { String($0) }
    // Escapes all begin alike.
    let spelled = others.map { Array(GrammarBuilder.spelled($0, inText: isInText).dropFirst().dropLast()) }
    if !spelled.isEmpty { alternatives.append([try builder.choice(spelled)]) }
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
