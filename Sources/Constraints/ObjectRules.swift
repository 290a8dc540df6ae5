import StrictJSON

// Objects. Names are as long as a request makes them: nothing here calls itself once for each of their bytes.
extension GrammarBuilder {
  /// A member that an object may have.
  struct Property {
    var name: String
    var value: Item
    var isRequired: Bool
  }

  /// An object: its properties in their order, then others.
  /// - Parameters:
  ///   - properties: The members that it has in this order.
  ///   - others: The values of members with other names; nil for none.
  ///   - besides: Names that no member has.
  ///   - inText: See ``plain(inText:)``.
  mutating func object(
    _ properties: [Property], others: Item?, besides: [String] = [], inText: Bool
  ) throws(ConstraintError) -> Item {
    let (space, colon) = (try space(), try colon())
    let closing = [space] + Self.literal("}")
    // From its end: the members that may come, and what may come after one. The end comes before any of them, and white
    // space is not told apart by the member behind it: both keep the ways few, and the end among those that are kept.
    var (members, next): (Item?, Item)
    if let others {
      let name = try otherName(than: properties.map(\.name) + besides, inText: inText)
      let id = reserve()
      let member = try rule([[name, colon, others, .rule(id)]])
      try define(id, [closing, Self.literal(",") + [space, member]])
      (members, next) = (member, .rule(id))
    } else {
      (members, next) = (nil, try rule([closing]))
    }
    var mayEnd = true
    for property in properties.reversed() {
      var ways = [Self.literal(Self.spelled(property.name, inText: inText)) + [colon, property.value, next]]
      if !property.isRequired, let members { ways.append([members]) }
      mayEnd = mayEnd && !property.isRequired
      let these = try rule(ways)
      next = try rule((mayEnd ? [closing] : []) + [Self.literal(",") + [space, these]])
      members = these
    }
    var ways = mayEnd ? [Self.literal("}")] : []
    if let members { ways.append([members]) }
    let first = try rule(ways)
    return try rule([Self.literal("{") + [space, first]])
  }

  /// A text as the JSON string that it is written as.
  static func spelled(_ text: String, inText: Bool) -> [UInt8] {
    let bytes = JSONWriter.compact(.string(text))
    guard inText else { return bytes }
    return bytes.flatMap { $0 == 0x3C ? Array("\\u003c".utf8) : [$0] }
  }

  /// A name that is none of some. It is written without escapes, of which a name could be made in a second way.
  private mutating func otherName(than names: [String], inText: Bool) throws(ConstraintError) -> Item {
    let texts = Set(names.map { Array(Self.spelled($0, inText: inText).dropFirst()) })
    let sorted = texts.sorted { $0.lexicographicallyPrecedes($1) }
    let free = try freeName(inText: inText)
    guard !sorted.isEmpty else { return try rule([Self.literal("\"") + [free]]) }
    let start = reserve()
    // What is left of a name that has begun with `depth` bytes of each of some, all of which end with a quote.
    var work: [(id: Int, names: ArraySlice<[UInt8]>, depth: Int)] = [(start, sorted[...], 0)]
    while let (id, names, depth) = work.popLast() {
      var plain = Self.plain(inText: inText)
      var alternatives: [[Item]] = []
      var endsHere = false
      var rest = names
      // Of longer characters, all are left out that begin like one of a name: few, and what is written stays true.
      var leads = SymbolSet()
      while let first = rest.first {
        let byte = first[depth]
        let group = rest.prefix { $0[depth] == byte }
        rest = rest.dropFirst(group.count)
        if byte == 0x22, first.count == depth + 1 {
          endsHere = true
        } else if byte < 0x80, plain.contains(Int(byte)) {
          plain.remove(Int(byte))
          let inner = reserve()
          alternatives.append(Self.literal([byte]) + [.rule(inner)])
          work.append((inner, group, depth + 1))
        } else if byte >= 0x80 {
          leads.insert(Int(byte))
        }
      }
      if !endsHere { alternatives.append(Self.literal("\"")) }
      alternatives.append([.symbols(plain), free])
      alternatives += try longBeginnings(but: leads, inText: inText)
      try define(id, alternatives)
    }
    return try rule([Self.literal("\"") + [.rule(start)]])
  }

  /// The rest of any name.
  private mutating func freeName(inText: Bool) throws(ConstraintError) -> Item {
    try named("name \(inText)") { (builder, free) throws(ConstraintError) in
      let long = try builder.longName(free, inText: inText)
      return [Self.literal("\""), [.symbols(Self.plain(inText: inText)), free], [long]]
    }
  }

  private mutating func longName(_ free: Item, inText: Bool) throws(ConstraintError) -> Item {
    try named("long name \(inText)") { (_, _) throws(ConstraintError) in Self.longCharacters.map { $0 + [free] } }
  }

  /// A rest of a name that begins with a character of more than one byte, whose first is none of some.
  private mutating func longBeginnings(but leads: SymbolSet, inText: Bool) throws(ConstraintError) -> [[Item]] {
    let free = try freeName(inText: inText)
    // Mostly all: one rule, which many share.
    guard !leads.isEmpty else { return [[try longName(free, inText: inText)]] }
    return Self.longCharacters.compactMap { character in
      guard case .symbols(let lead)? = character.first else { return nil }
      return [.symbols(lead.subtracting(leads))] + character.dropFirst() + [free]
    }
  }
}
