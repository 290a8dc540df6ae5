/// A regular expression as far as texts can follow it: what a machine without memory can follow, in the words of
/// ECMA 262. No looking around, no references back, no borders of words.
indirect enum Pattern: Equatable {
  /// A set of characters.
  case character(CharacterSet)
  case sequence([Pattern])
  case choice([Pattern])
  /// `most` is nil for any number.
  case repeated(Pattern, least: Int, most: Int?)

  /// Characters: ASCII, some others, and perhaps all others.
  struct CharacterSet: Equatable {
    var ascii: Set<UInt8> = []
    var others: Set<Unicode.Scalar> = []
    var hasAllOthers = false

    static let digits = Set(UInt8(0x30)...0x39)
    static let words = digits.union(0x41...0x5A).union(0x61...0x7A).union([0x5F])
    static let spaces: Set<UInt8> = [0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20]
    static let all = Set(UInt8(0)...0x7F)

    /// Everything.
    static let any = CharacterSet(ascii: all, hasAllOthers: true)
  }
}

/// Reads patterns.
struct PatternParser {
  private static let mostCharacters = 1_024
  private static let mostDepth = 32
  private static let mostTimes = 10_000

  private let text: [Unicode.Scalar]
  private var next = 0
  private var depth = 0

  private init(_ text: [Unicode.Scalar]) { self.text = text }

  /// A pattern that a whole text has to match: what the expression leaves open at its ends, anything may fill.
  /// - Throws: ``ConstraintError`` without a place.
  static func parse(_ expression: String) throws(ConstraintError) -> Pattern {
    var parser = PatternParser(Array(expression.unicodeScalars))
    guard parser.text.count <= mostCharacters else { throw refused("has more than \(mostCharacters) characters") }
    let pattern = try parser.choice(isOutermost: true)
    guard parser.next == parser.text.count else { throw refused("has a bracket too many") }
    return pattern
  }

  private static func refused(_ reason: String) -> ConstraintError { ConstraintError("", reason) }

  private var peek: Unicode.Scalar? { next < text.count ? text[next] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    next += 1
    return true
  }

  private mutating func choice(isOutermost: Bool) throws(ConstraintError) -> Pattern {
    var ways = [try sequence(isOutermost)]
    while take("|") { ways.append(try sequence(isOutermost)) }
    return ways.count == 1 ? ways[0] : .choice(ways)
  }

  private mutating func sequence(_ isOutermost: Bool) throws(ConstraintError) -> Pattern {
    var parts: [Pattern] = []
    let anything = Pattern.repeated(.character(.any), least: 0, most: nil)
    let isBegun = isOutermost && take("^")
    if isOutermost, !isBegun { parts.append(anything) }
    var isEnded = false
    while let scalar = peek, scalar != "|", scalar != ")" {
      if scalar == "$", isOutermost, next + 1 == text.count || text[next + 1] == "|" {
        next += 1
        isEnded = true
        break
      }
      parts.append(try repeated(try atom()))
    }
    if isOutermost, !isEnded { parts.append(anything) }
    return .sequence(parts)
  }

  private mutating func repeated(_ atom: Pattern) throws(ConstraintError) -> Pattern {
    var bounds: (Int, Int?)
    if take("*") {
      bounds = (0, nil)
    } else if take("+") {
      bounds = (1, nil)
    } else if take("?") {
      bounds = (0, 1)
    } else if take("{") {
      guard let least = number() else { throw Self.refused("has a { that no number follows") }
      bounds = (least, least)
      if take(",") { bounds.1 = peek == "}" ? nil : number() }
      guard take("}"), bounds.0 <= bounds.1 ?? .max, max(bounds.0, bounds.1 ?? 0) <= Self.mostTimes else {
        throw Self.refused("has a number of times that is none, or above \(Self.mostTimes)")
      }
    } else {
      return atom
    }
    // As few or as many as can be is one and the same to who asks for a match.
    _ = take("?")
    guard peek != "*", peek != "+", peek != "{", peek != "?" else { throw Self.refused("repeats a repetition") }
    return .repeated(atom, least: bounds.0, most: bounds.1)
  }

  private mutating func number() -> Int? {
    let start = next
    while let scalar = peek, ("0"..."9").contains(scalar), next - start < 6 { next += 1 }
    return Int(String(String.UnicodeScalarView(text[start..<next])))
  }

  private mutating func atom() throws(ConstraintError) -> Pattern {
    let scalar = text[next]
    next += 1
    switch scalar {
    case "(":
      if take("?") {
        guard take(":") else { throw Self.refused("has a group that is none of ( ) and (?: )") }
      }
      depth += 1
      guard depth <= Self.mostDepth else { throw Self.refused("is deeper than \(Self.mostDepth) groups") }
      let inner = try choice(isOutermost: false)
      guard take(")") else { throw Self.refused("has a bracket too few") }
      depth -= 1
      return inner
    case "[": return .character(try set())
    case ".": return .character(.init(ascii: Pattern.CharacterSet.all.subtracting([0x0A, 0x0D]), hasAllOthers: false))
    case "\\":
      let escaped = try self.escaped()
      return .character(escaped)
    case "^", "$": throw Self.refused("has \(scalar) elsewhere than at its ends")
    case "*", "+", "?", "{", "}", "]": throw Self.refused("has \(scalar) that belongs to nothing")
    default: return .character(Self.single(scalar))
    }
  }

  private static func single(_ scalar: Unicode.Scalar) -> Pattern.CharacterSet {
    scalar.isASCII ? .init(ascii: [UInt8(scalar.value)]) : .init(others: [scalar])
  }

  /// What follows a backslash. What is none of a class is taken of ASCII alone, where all agree on it.
  private mutating func escaped() throws(ConstraintError) -> Pattern.CharacterSet {
    guard let scalar = peek else { throw Self.refused("ends with a backslash") }
    next += 1
    let all = Pattern.CharacterSet.all
    switch scalar {
    case "d": return .init(ascii: Pattern.CharacterSet.digits)
    case "D": return .init(ascii: all.subtracting(Pattern.CharacterSet.digits))
    case "w": return .init(ascii: Pattern.CharacterSet.words)
    case "W": return .init(ascii: all.subtracting(Pattern.CharacterSet.words))
    case "s": return .init(ascii: Pattern.CharacterSet.spaces)
    case "S": return .init(ascii: all.subtracting(Pattern.CharacterSet.spaces).subtracting(0x1C...0x1F))
    case "n": return .init(ascii: [0x0A])
    case "r": return .init(ascii: [0x0D])
    case "t": return .init(ascii: [0x09])
    case "f": return .init(ascii: [0x0C])
    case "v": return .init(ascii: [0x0B])
    case "x", "u":
      let length = scalar == "x" ? 2 : 4
      guard next + length <= text.count else { throw Self.refused("has an escape that is cut") }
      let digits = String(String.UnicodeScalarView(text[next..<next + length]))
      guard digits.utf8.allSatisfy({ GrammarBuilder.hexadecimal.contains(Int($0)) }),
        let value = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(value)
      else { throw Self.refused("has an escape that names no character") }
      next += length
      return Self.single(scalar)
    default:
      let isLetter = scalar.isASCII && Pattern.CharacterSet.words.contains(UInt8(scalar.value))
      guard !isLetter else { throw Self.refused("has \\\(scalar), which is not held to") }
      return Self.single(scalar)
    }
  }

  private mutating func set() throws(ConstraintError) -> Pattern.CharacterSet {
    let isOther = take("^")
    var set = Pattern.CharacterSet()
    while true {
      guard let scalar = peek else { throw Self.refused("has a [ without its end") }
      if scalar == "]" {
        next += 1
        break
      }
      let low = try member()
      guard peek == "-", next + 1 < text.count, text[next + 1] != "]" else {
        set.ascii.formUnion(low.ascii)
        set.others.formUnion(low.others)
        continue
      }
      next += 1
      let high = try member()
      guard low.ascii.count == 1, high.ascii.count == 1, low.others.isEmpty, high.others.isEmpty,
        let first = low.ascii.first, let last = high.ascii.first, first <= last
      else { throw Self.refused("has a range that is none, or not of ASCII") }
      set.ascii.formUnion(first...last)
    }
    guard isOther else { return set }
    guard set.others.isEmpty else { throw Self.refused("excludes characters that are not of ASCII") }
    return .init(ascii: Pattern.CharacterSet.all.subtracting(set.ascii), hasAllOthers: true)
  }

  private mutating func member() throws(ConstraintError) -> Pattern.CharacterSet {
    let scalar = text[next]
    next += 1
    guard scalar == "\\" else { return Self.single(scalar) }
    if take("b") { return .init(ascii: [0x08]) }
    return try escaped()
  }
}
