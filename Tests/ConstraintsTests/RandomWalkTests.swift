import Constraints
import StrictJSON
import TestSupport
import Testing

/// Whoever writes anything that is allowed, byte after byte, writes a value of the schema.
@Suite struct RandomWalkTests {
  /// A text of bytes that were allowed, chosen by chance; nil where it found no end in time.
  private func text(_ answer: ConstrainedAnswer, _ random: inout SplitMix) throws -> [UInt8]? {
    var text: [UInt8] = []
    let closing = Array("\"]}0123456789,:truefalsn/\\".utf8)
    while text.count < 3_000 {
      // The end is rare among all that may come: it is looked for now and then, and at last always.
      if random.below(3) == 0 || text.count > 200 {
        if answer.allows(ByteModel.end) { return text }
        if let byte = closing.first(where: { answer.allows(Int($0)) }), text.count > 200 || random.below(2) == 0 {
          answer.take(Int(byte))
          text.append(byte)
          continue
        }
      }
      let allowed = (0..<256).filter { answer.allows($0) }
      guard !allowed.isEmpty else {
        try #require(answer.allows(ByteModel.end))
        return text
      }
      let byte = allowed[random.below(allowed.count)]
      answer.take(byte)
      text.append(UInt8(byte))
    }
    return nil
  }

  @Test(arguments: 0..<60) func `a walk over what is allowed is a value of a random schema`(seed: Int) throws {
    var schemas = RandomSchemas(random: SplitMix(seed: UInt64(seed) &* 977 &+ 5))
    var random = SplitMix(seed: UInt64(seed))
    let schema = schemas.next()
    let shape = try AnswerShape.schema(String(decoding: JSONWriter.compact(schema), as: UTF8.self))
    do throws(ConstraintError) {
      _ = try shape.grammar()
    } catch {
      // One that names itself and nothing else has no finite text.
      try #require(error.reason.contains("finite"))
      return
    }
    var ended = 0
    for _ in 0..<8 {
      guard let text = try text(shape.answer(), &random) else { continue }
      ended += 1
      let spelled = String(decoding: text, as: UTF8.self)
      #expect(Array(spelled.utf8) == text)
      // A name that comes twice is the one thing that a reader may refuse.
      guard let value = try? JSONValue.parse(text, file: "text", maxDepth: 4_000) else {
        let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse(text, file: "text", maxDepth: 4_000) }
        #expect(error?.diagnostic.code == "E_JSON_DUPLICATE_KEY", "\(spelled)")
        continue
      }
      #expect(
        SchemaCheck.holds(value, schema, root: schema),
        "\(spelled) is none of \(JSONWriter.compact(schema).count) bytes")
    }
    #expect(ended >= 4)
  }

  @Test func `a check that takes anything would be found`() throws {
    let schema: JSONValue = [
      "type": "object", "properties": ["a": ["type": "integer", "maximum": 3]], "required": ["a"],
    ]
    #expect(SchemaCheck.holds(["a": 3], schema, root: schema))
    #expect(!SchemaCheck.holds(["a": 4], schema, root: schema) && !SchemaCheck.holds([:], schema, root: schema))
  }
}
