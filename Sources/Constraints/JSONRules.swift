// The rules of JSON. White space is bounded: a model that may write any amount of it can do so to the end of its limit.
extension GrammarBuilder {
  private static let tail = SymbolSet(0x80...0xBF)
  static let hexadecimal = SymbolSet(0x30...0x39, 0x41...0x46, 0x61...0x66)
  static let digit = SymbolSet(0x30...0x39)

  /// Characters of more than one byte, in UTF-8.
  static let longCharacters: [[Item]] = [
    [SymbolSet(0xC2...0xDF), tail],
    [SymbolSet(0xE0...0xE0), SymbolSet(0xA0...0xBF), tail],
    [SymbolSet(0xE1...0xEC, 0xEE...0xEF), tail, tail],
    [SymbolSet(0xED...0xED), SymbolSet(0x80...0x9F), tail],
    [SymbolSet(0xF0...0xF0), SymbolSet(0x90...0xBF), tail, tail],
    [SymbolSet(0xF1...0xF3), tail, tail, tail],
    [SymbolSet(0xF4...0xF4), SymbolSet(0x80...0x8F), tail, tail],
  ].map { $0.map { .symbols($0) } }

  /// ASCII that represents itself in a string.
  /// - Parameter inText: Whether the string is in a text that has its own marks, which begin with `<`.
  static func plain(inText: Bool) -> SymbolSet {
    var plain = SymbolSet(0x20...0x7F)
    plain.remove(0x22)
    plain.remove(0x5C)
    if inText { plain.remove(0x3C) }
    return plain
  }

  /// One character of a string, however it is spelled; halves of pairs do not occur alone.
  mutating func character(inText: Bool) throws(ConstraintError) -> Item {
    try named("character \(inText)") { (builder, _) throws(ConstraintError) in
      let (backslash, hexadecimal) = (Item.symbols(SymbolSet([0x5C])), Item.symbols(Self.hexadecimal))
      let u = Item.symbols(SymbolSet([0x75]))
      let d = Item.symbols(SymbolSet([0x44, 0x64]))
      let low = SymbolSet(0x30...0x39, 0x41...0x43, 0x45...0x46, 0x61...0x63, 0x65...0x66)
      let first = Item.symbols(SymbolSet([0x38, 0x39, 0x41, 0x42, 0x61, 0x62]))
      let second = Item.symbols(SymbolSet(0x43...0x46, 0x63...0x66))
      return [[.symbols(Self.plain(inText: inText))]] + Self.longCharacters + [
        [backslash, .symbols(SymbolSet("\"\\/bfnrt".utf8))],
        [backslash, u, .symbols(low), hexadecimal, hexadecimal, hexadecimal],
        [backslash, u, d, .symbols(SymbolSet(0x30...0x37)), hexadecimal, hexadecimal],
        [backslash, u, d, first, hexadecimal, hexadecimal, backslash, u, d, second, hexadecimal, hexadecimal],
      ]
    }
  }

  /// A string of so many characters.
  mutating func string(from least: Int = 0, to most: Int? = nil, inText: Bool) throws(ConstraintError) -> Item {
    if least == 0, most == nil {
      return try named("string \(inText)") { (builder, _) throws(ConstraintError) in
        let characters = try builder.repeated(builder.character(inText: inText), from: 0, to: nil)
        return [Self.literal("\"") + [characters] + Self.literal("\"")]
      }
    }
    let characters = try repeated(character(inText: inText), from: least, to: most)
    return try rule([Self.literal("\"") + [characters] + Self.literal("\"")])
  }

  /// What is between two parts of a container: nothing, one space, or a line end and up to twenty blanks.
  mutating func space() throws(ConstraintError) -> Item {
    try named("space") { (builder, _) throws(ConstraintError) in
      let blanks = try builder.repeated(.symbols(SymbolSet(" \t".utf8)), from: 0, to: 20)
      return [[], Self.literal(" "), Self.literal("\n") + [blanks]]
    }
  }

  /// What is between a name and its value.
  mutating func colon() throws(ConstraintError) -> Item {
    try named("colon") { (_, _) throws(ConstraintError) in [Self.literal(":"), Self.literal(": ")] }
  }

  /// A whole number of at most eighteen digits, which fits every `Int`.
  mutating func integer() throws(ConstraintError) -> Item {
    try named("integer") { (builder, _) throws(ConstraintError) in
      let more = try builder.repeated(.symbols(Self.digit), from: 0, to: 17)
      let positive: [Item] = [.symbols(SymbolSet(0x31...0x39)), more]
      return [Self.literal("0"), positive, Self.literal("-") + positive]
    }
  }

  /// A number: at most eighteen digits before and after the point, and an exponent of two.
  mutating func number() throws(ConstraintError) -> Item {
    try named("number") { (builder, _) throws(ConstraintError) in
      let digit = Item.symbols(Self.digit)
      let more = try builder.repeated(digit, from: 0, to: 17)
      let sign = try builder.rule([[], Self.literal("-")])
      let whole = try builder.rule([Self.literal("0"), [.symbols(SymbolSet(0x31...0x39)), more]])
      let fraction = try builder.rule([[], Self.literal(".") + [digit, more]])
      let exponents = try builder.rule([[], Self.literal("+"), Self.literal("-")])
      let lastDigit = try builder.rule([[], [digit]])
      let exponent = try builder.rule([[], [.symbols(SymbolSet("eE".utf8)), exponents, digit, lastDigit]])
      return [[sign, whole, fraction, exponent]]
    }
  }

  /// Any value.
  mutating func value(inText: Bool) throws(ConstraintError) -> Item {
    try named("value \(inText)") { (builder, value) throws(ConstraintError) in
      [
        [try builder.anyObject(inText: inText)], [try builder.list(of: value)],
        [try builder.string(inText: inText)], [try builder.number()], Self.literal("true"), Self.literal("false"),
        Self.literal("null"),
      ]
    }
  }

  /// Any object.
  mutating func anyObject(inText: Bool) throws(ConstraintError) -> Item {
    try named("object \(inText)") { (builder, _) throws(ConstraintError) in
      let value = try builder.value(inText: inText)
      return [[try builder.object([], others: value, inText: inText)]]
    }
  }

  /// A list of values of one kind, of any length.
  mutating func list(of item: Item) throws(ConstraintError) -> Item {
    try list([], others: item, from: 0, to: nil)
  }

  /// A list.
  /// - Parameters:
  ///   - first: The elements that it begins with, as far as it goes.
  ///   - others: The elements after them; nil for none.
  ///   - least: Elements at least.
  ///   - most: Elements at most; nil for any number.
  mutating func list(_ first: [Item], others: Item?, from least: Int, to most: Int?) throws(ConstraintError) -> Item {
    let space = try space()
    // From its end: the rest after so many elements.
    let end = most ?? Int.max
    let known = max(first.count, least, most ?? 0)
    guard known <= Self.mostItems else {
      throw ConstraintError(place, "has too many states: at most \(Self.mostItems) are held to")
    }
    var rest: Item
    if let others, most == nil {
      let id = reserve()
      try define(id, [[space] + Self.literal("]"), Self.literal(",") + [space, others, .rule(id)]])
      rest = .rule(id)
    } else {
      rest = try rule([[space] + Self.literal("]")])
    }
    guard known > 0 else {
      guard let others, most == nil else { return try rule([Self.literal("[") + [space] + Self.literal("]")]) }
      return try rule([Self.literal("[") + [space] + Self.literal("]"), Self.literal("[") + [space, others, rest]])
    }
    for index in stride(from: known - 1, through: 0, by: -1) {
      var alternatives: [[Item]] = []
      let opening = index == 0 ? Self.literal("[") : Self.literal(",")
      let closing = index == 0 ? Self.literal("[") + [space] + Self.literal("]") : [space] + Self.literal("]")
      if index >= least { alternatives.append(closing) }
      if index < end, let element = index < first.count ? first[index] : others {
        alternatives.append(opening + [space, element, rest])
      }
      rest = try rule(alternatives)
    }
    return rest
  }
}
