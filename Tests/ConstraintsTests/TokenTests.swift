import Constraints
import StrictJSON
import TestSupport
import Testing

/// What is allowed of tokens of many bytes.
@Suite struct TokenTests {
  /// Pieces of JSON, parts of characters, and what is no JSON at all.
  private static let texts: [[UInt8]] = {
    var texts = (0..<256).map { [UInt8($0)] }
    for text in [
      "{\"", "\": ", "\":", "\", \"", "\"}", "}}", "]}", "null", "nu", "ll}", "true", "12", "123", "1.5", " \n", "\n  ",
      "abc",
      "ab", "é", "€x", "😀", "\\u00", "\\n", "</", "[]", "[1", ",", ", ", "{}", "{\"a\":", "{\"a\": ", "{\"b", "a\":1",
      "-",
    ] { texts.append(Array(text.utf8)) }
    texts += [[0xE2, 0x82], [0x82, 0xAC], [0xAC, 0x22], [0xF0, 0x9F], [0x98, 0x80, 0x22], [0xC3], [0xA9, 0x7D]]
    // Twice the same, and one that has no text.
    return texts + [Array("12".utf8), []]
  }()
  private static let end = texts.count
  private static let vocabulary = TokenVocabulary(count: texts.count + 1) { $0 < end ? texts[$0][...] : nil }

  private func answer(_ schema: String) throws -> ConstrainedAnswer {
    AnswerConstraint(
      try AnswerShape.schema(schema).grammar(), Self.vocabulary, marks: [Self.end: .end]
    ).start()
  }

  static let schemas = [
    "{}", #"{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"string"}}}"#,
    #"{"type":"array","items":{"type":"integer","minimum":-20,"maximum":130}}"#, #"{"type":"string","maxLength":4}"#,
    #"{"type":"string","pattern":"^(ab|abc)*é€?$"}"#,
  ]

  @Test(arguments: schemas, 0..<6)
  func `all tokens that are walked in order are those that are allowed one by one`(_ schema: String, seed: Int) throws {
    let answer = try answer(schema)
    var random = SplitMix(seed: UInt64(seed))
    for _ in 0..<40 {
      // Two ids more than the vocabulary has, as a model's matrix may have.
      var logits = [Float](repeating: 1, count: Self.end + 3)
      logits.withUnsafeMutableBufferPointer { answer.forbid(in: $0) }
      let walked = logits.indices.filter { logits[$0] == 1 }
      let alone = logits.indices.filter { answer.allows($0) }
      #expect(walked == alone)
      guard let token = alone.isEmpty ? nil : alone[random.below(alone.count)], token != Self.end else { return }
      answer.take(token)
    }
  }

  @Test func `a character may come in parts of several tokens, and in no wrong ones`() throws {
    let id = { (bytes: [UInt8]) in try #require(Self.texts.firstIndex(of: bytes)) }
    let answer = try answer(#"{"type":"string","maxLength":2}"#)
    for bytes: [UInt8] in [[0x22], [0xE2, 0x82]] { answer.take(try id(bytes)) }
    #expect(try !answer.allows(id([0x22])) && !answer.allows(id([0x82, 0xAC])) && !answer.allows(Self.end))
    #expect(try answer.allows(id([0xAC, 0x22])) && answer.allows(id([0xAC])))
    answer.take(try id([0xAC]))
    #expect(try answer.allows(id(Array("é".utf8))) && !answer.allows(id(Array("€x".utf8))))
    answer.take(try id([0xF0, 0x9F]))
    answer.take(try id([0x98, 0x80, 0x22]))
    #expect(answer.allows(Self.end) && !answer.allows(0x20))
  }

  @Test func `a token without text is never allowed, and nothing is behind one that was not`() throws {
    let answer = try answer("{}")
    #expect(!answer.allows(Self.end - 1) && !answer.allows(-1) && !answer.allows(1 << 40))
    answer.take(Self.end)
    #expect(!answer.allows(0x7B))
  }

  @Test func `states that are forgotten are found again`() throws {
    // More states than are kept.
    let shape = try AnswerShape.schema(#"{"type":"string","minLength":12000,"maxLength":12000}"#)
    let tokens = [0x22] + Array(repeating: 0x61, count: 12_000) + [0x22, ByteModel.end]
    #expect(try shape.allowed(tokens) == tokens.count)
    #expect(try shape.allowed([0x22] + Array(repeating: 0x61, count: 12_001)) == 12_001)
    // In the middle of a walk over all tokens, too.
    let answer = try shape.answer()
    answer.take(0x22)
    for count in 0..<9_000 {
      answer.take(0x61)
      guard count % 500 == 0 else { continue }
      var logits = [Float](repeating: 0, count: 261)
      logits.withUnsafeMutableBufferPointer { answer.forbid(in: $0) }
      #expect(logits[0x61] == 0 && logits[0x22] == -.infinity)
    }
  }
}
