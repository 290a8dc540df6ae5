/// In how many ways a text of a rule can begin: what ``GrammarStates`` looks at before the next symbol. It keeps so many ways
/// and no more, and what a schema says may come would not come; therefore it is counted while rules are made.
struct Beginnings {
  /// Ways at most, and steps to find them: fewer than are kept, since one place may have those of several rules.
  static let mostWays = 1_000
  static let mostSteps = 15_000

  /// Symbols that may come first, each by each way that it comes.
  var ways = 0
  var steps = 0
  /// Whether a text may be empty.
  var mayBeEmpty = false

  /// Those of a rule; of rules that come later nothing is known, and they are counted by themselves.
  /// - Parameters:
  ///   - alternatives: What the rule consists of.
  ///   - known: The beginnings of the rules that it may name.
  ///   - place: Where the schema is, for the error.
  static func of(
    _ alternatives: [[GrammarBuilder.Item]], _ known: [Beginnings], _ place: String
  ) throws(ConstraintError) -> Beginnings {
    var sum = try total(alternatives, known, place)
    // What is said twice is walked once.
    if sum.isTooMuch { sum = try total(Set(alternatives), known, place) }
    guard !sum.isTooMuch else { throw refused(place) }
    return sum
  }

  private static func total(
    _ alternatives: some Sequence<[GrammarBuilder.Item]>, _ known: [Beginnings], _ place: String
  ) throws(ConstraintError) -> Beginnings {
    var sum = Beginnings()
    for alternative in alternatives {
      // From its end: a text may come to any place in it.
      var rest = Beginnings(ways: 0, steps: 1, mayBeEmpty: true)
      for item in alternative.reversed() {
        switch item {
        case .symbols: rest = Beginnings(ways: 1, steps: 1)
        case .rule(let id):
          let inner = known[id]
          rest = Beginnings(
            ways: inner.ways + (inner.mayBeEmpty ? rest.ways : 0),
            steps: inner.steps + (inner.mayBeEmpty ? rest.steps : 0) + 1,
            mayBeEmpty: inner.mayBeEmpty && rest.mayBeEmpty)
        }
        guard !rest.isTooMuch else { throw refused(place) }
      }
      sum.ways += rest.ways
      sum.steps += rest.steps
      sum.mayBeEmpty = sum.mayBeEmpty || rest.mayBeEmpty
    }
    return sum
  }

  private var isTooMuch: Bool { ways > Self.mostWays || steps > Self.mostSteps }

  private static func refused(_ place: String) -> ConstraintError {
    ConstraintError(
      place,
      "lets a text go on in too many ways at one place: at most \(mostWays) choices, or properties that may be left out one after another, are held to"
    )
  }
}
