import Constraints
import StrictJSON

/// A model whose tokens are the bytes, and behind them the marks.
enum ByteModel {
  static let thinks = 256
  static let thought = 257
  static let calls = 258
  static let called = 259
  static let end = 260
  static let vocabulary = TokenVocabulary(count: 261) { $0 < 256 ? [UInt8($0)] : nil }
  static let marks: [Int: Mark] = [
    thinks: .thinks, thought: .thought, calls: .calls, called: .called, end: .end,
  ]

  /// Tokens of a text in which ⟨think⟩, ⟨/think⟩, ⟨call⟩, ⟨/call⟩ and ⟨end⟩ are the marks.
  static func tokens(_ text: String) -> [Int] {
    let names = ["⟨think⟩": thinks, "⟨/think⟩": thought, "⟨call⟩": calls, "⟨/call⟩": called, "⟨end⟩": end]
    var tokens: [Int] = []
    var rest = text[...]
    while let first = rest.unicodeScalars.first {
      if let (name, mark) = names.first(where: { rest.hasPrefix($0.key) }) {
        tokens.append(mark)
        rest = rest.dropFirst(name.count)
      } else {
        tokens += String(first).utf8.map { Int($0) }
        rest = rest[rest.unicodeScalars.index(after: rest.startIndex)...]
      }
    }
    return tokens
  }
}

extension AnswerShape {
  /// An answer of a schema alone.
  static func schema(_ text: String, isStrict: Bool = false) throws -> AnswerShape {
    var shape = AnswerShape()
    shape.form = (
      .schema(try JSONValue.parse(Array(text.utf8), file: "schema", maxDepth: 128), isStrict: isStrict), "form"
    )
    shape.marks = Set(Mark.allCases)
    return shape
  }

  func answer(begun: String = "") throws -> ConstrainedAnswer {
    AnswerConstraint(
      try grammar(), ByteModel.vocabulary, marks: ByteModel.marks, begun: Array(begun.utf8)
    ).start()
  }

  /// How many tokens of a text are allowed, one behind the other.
  func allowed(_ tokens: [Int], begun: String = "") throws -> Int {
    let answer = try answer(begun: begun)
    for (index, token) in tokens.enumerated() {
      guard answer.allows(token) else { return index }
      answer.take(token)
    }
    return tokens.count
  }

  /// Whether a text is a whole answer.
  func accepts(_ text: String, begun: String = "") throws -> Bool {
    let tokens = ByteModel.tokens(text) + [ByteModel.end]
    return try allowed(tokens, begun: begun) == tokens.count
  }
}

/// The error of a schema.
func refused(_ schema: String, isStrict: Bool = false) throws -> ConstraintError? {
  let shape = try AnswerShape.schema(schema, isStrict: isStrict)
  do throws(ConstraintError) {
    _ = try shape.grammar()
  } catch {
    return error
  }
  return nil
}
