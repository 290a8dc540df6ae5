import StrictJSON

extension SchemaCompiler {
  mutating func string(_ place: Place, _ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    let (least, most) = (try count("minLength", place), try count("maxLength", place))
    let shapes = ["pattern", "format"].filter { place.schema[$0] != nil }
    guard let shape = shapes.first else {
      guard least ?? 0 <= most ?? .max else { throw place.refused("maxLength", "is less than minLength") }
      return try builder.string(from: least ?? 0, to: most, inText: isInText)
    }
    guard shapes.count == 1 else { throw place.refused("format", "is not held to beside pattern") }
    for key in ["minLength", "maxLength"] where place.schema[key] != nil {
      throw place.refused(key, "is not held to beside \(shape)")
    }
    guard let text = place.schema[shape]?.stringValue else { throw place.refused(shape, "must be a text") }
    guard let pattern = shape == "pattern" ? text : StringFormats.patterns[text] else {
      throw place.refused(
        shape,
        "\(text.prefix(80)) is none of those held to: \(StringFormats.patterns.keys.sorted().joined(separator: ", "))")
    }
    let characters: GrammarBuilder.Item
    do {
      characters = try PatternRules(isInText: isInText).rule(try PatternParser.parse(pattern), &builder)
    } catch {
      throw error.pointer.isEmpty ? place.refused(shape, error.reason) : error
    }
    return try builder.rule([GrammarBuilder.literal("\"") + [characters] + GrammarBuilder.literal("\"")])
  }

  // MARK: Whole numbers

  /// The largest number that is written: eighteen digits.
  static let largest = 999_999_999_999_999_999

  mutating func integer(
    _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    var (low, high) = (-Self.largest, Self.largest)
    var isBound = false
    for key in ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] {
      guard let value = place.schema[key] else { continue }
      isBound = true
      guard let near = Self.bound(value) else { throw place.refused(key, "must be a whole number") }
      switch key {
      case "minimum": low = max(low, near)
      case "exclusiveMinimum": low = max(low, near + 1)
      case "maximum": high = min(high, near)
      default: high = min(high, near - 1)
      }
    }
    guard isBound else { return [[try builder.integer()]] }
    guard low <= high else { throw ConstraintError(place.pointer, "has no whole number between its bounds") }
    var found: [[GrammarBuilder.Item]] = []
    if high >= 0 { found += try Self.numbers(max(low, 0), high, &builder) }
    if low < 0 {
      let below = try Self.numbers(max(1, -high), -low, &builder)
      found += below.map { GrammarBuilder.literal("-") + $0 }
    }
    return found
  }

  /// A whole number, or the one next to all that are written on its side of them: bounds may be larger than any `Int`.
  private static func bound(_ value: JSONValue) -> Int? {
    let (least, most) = (-largest - 2, largest + 2)
    if let number = value.intValue { return min(max(number, least), most) }
    guard let number = value.doubleValue, number.rounded() == number else { return nil }
    if number >= Double(most) { return most }
    return number <= Double(least) ? least : Int(exactly: number)
  }

  /// Numbers from 0 in a range: for each number of digits one way.
  private static func numbers(
    _ low: Int, _ high: Int, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    var found: [[GrammarBuilder.Item]] = []
    for length in "\(low)".utf8.count..."\(high)".utf8.count {
      let least = length == 1 ? 0 : (1..<length).reduce(1) { power, _ in power * 10 }
      let most = (0..<length).reduce(0) { number, _ in number * 10 + 9 }
      let bounds = (Array("\(max(low, least))".utf8)[...], Array("\(min(high, most))".utf8)[...])
      found.append([try digits(bounds.0, bounds.1, &builder)])
    }
    return found
  }

  /// Numbers with as many digits as both bounds have, between them.
  private static func digits(
    _ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    guard let first = low.first, let last = high.first else { return try builder.rule([[]]) }
    let (lower, upper) = (low.dropFirst(), high.dropFirst())
    let zeros = ArraySlice(repeatElement(UInt8(0x30), count: lower.count))
    let nines = ArraySlice(repeatElement(UInt8(0x39), count: lower.count))
    if lower.allSatisfy({ $0 == 0x30 }), upper.allSatisfy({ $0 == 0x39 }) {
      let rest = try builder.repeated(.symbols(GrammarBuilder.digit), from: lower.count, to: lower.count)
      return try builder.rule([[.symbols(SymbolSet(first...last)), rest]])
    }
    if first == last {
      return try builder.rule([GrammarBuilder.literal([first]) + [try digits(lower, upper, &builder)]])
    }
    var ways: [[GrammarBuilder.Item]] = [
      GrammarBuilder.literal([first]) + [try digits(lower, nines, &builder)],
      GrammarBuilder.literal([last]) + [try digits(zeros, upper, &builder)],
    ]
    if last - first > 1 {
      ways.append([.symbols(SymbolSet(first + 1...last - 1)), try digits(zeros, nines, &builder)])
    }
    return try builder.rule(ways)
  }
}
