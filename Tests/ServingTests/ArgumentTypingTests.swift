import OutputParsing
import Serving
import StrictJSON
import TestSupport
import Testing

/// What the text of a parameter is read as.
@Suite struct ArgumentTypingTests {
  /// A text, the schema of its parameter, and the JSON that it is.
  struct Case: Sendable, CustomTestStringConvertible {
    let schema: String
    let text: String
    let json: String
    var testDescription: String { "\(text.prefix(40)) \(schema.prefix(120))" }

    init(_ schema: String, _ text: String, _ json: String) {
      (self.schema, self.text, self.json) = (schema, text, json)
    }
  }

  private static let kinds =
    #"{"anyOf":[{"type":"object","properties":{"kind":{"const":"qzx9"},"a":{"type":"integer"}},"required":["kind","a"],"additionalProperties":false},{"type":"object","properties":{"kind":{"const":"s"},"a":{"enum":["5","7"]}},"required":["kind","a"],"additionalProperties":false}]}"#
  private static let large = #"{"anyOf":[{"type":"string"},{"type":"integer","minimum":1000000}]}"#
  private static let closed =
    #"{"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}]}"#

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  static let cases: [Case] = [
    // What is a value of an alternative stays as it is.
    Case(kinds, #"{"kind":"s","a":"7"}"#, #"{"kind":"s","a":"7"}"#),
    Case(kinds, #"{"kind":"qzx9","a":7}"#, #"{"kind":"qzx9","a":7}"#),
    Case(
      #"{"type":"array","items":{"anyOf":[{"type":"integer"},{"enum":["1","2"]}]}}"#, #"["1", 2]"#, #"["1",2]"#),
    // A text of no type that is allowed is one that is nearest to it, as ever.
    Case(#"{"type":"object","properties":{"a":{"type":"integer"}}}"#, #"{"a":"7"}"#, #"{"a":7}"#),
    Case(#"{"type":"integer","minimum":10}"#, "5", "5"), Case(#"{"type":"integer"}"#, "five", #""five""#),
    Case(#"{"type":"boolean"}"#, "1", "true"),
    // What is no value of the schema is a text where a text is allowed.
    Case(large, "20", #""20""#), Case(large, "1000000", "1000000"), Case(large, "null", #""null""#),
    Case(closed, #"{"a":"x"}"#, #""{\"a\":\"x\"}""#), Case(closed, #"{"a":1,"b":2}"#, #""{\"a\":1,\"b\":2}""#),
    Case(closed, #"{"a": 1}"#, #"{"a":1}"#), Case(closed, #"{"a":1,"a":2}"#, #""{\"a\":1,\"a\":2}""#),
    Case(#"{"anyOf":[{"type":"string"},{"type":"array","maxItems":1}]}"#, "[1,2]", #""[1,2]""#),
    Case(#"{"anyOf":[{"type":"string"},{"const":true}]}"#, "false", #""false""#),
    Case(#"{"type":["string","boolean"]}"#, "1", #""1""#), Case(#"{"type":["string","boolean"]}"#, "true", "true"),
    Case(#"{"anyOf":[{"enum":["5"]},{"type":"integer","minimum":10}]}"#, "5", #""5""#),
    Case(#"{"anyOf":[{"enum":["12"]},{"type":"integer","minimum":10}]}"#, "13", "13"),
    Case(#"{"type":"string","enum":[5,"5"]}"#, "5", #""5""#),
    Case(#"{"oneOf":[{"type":"string"},{"type":"number"},{"type":"integer"}]}"#, "5", #""5""#),
    Case(#"{"oneOf":[{"type":"number"},{"type":"integer"}]}"#, "5", "5"),
    Case(
      #"{"anyOf":[{"type":"string"},{"type":"integer","maximum":9223372036854775807}]}"#, "9223372036854775808",
      #""9223372036854775808""#),
    // A choice far behind in a list of alternatives.
    Case(
      "{\"anyOf\":[" + (0..<200).map { "{\"const\":\($0)}" }.joined(separator: ",") + "]}", "199", "199"),
    // Where no text is allowed, more is read than a strict reader takes.
    Case(#"{"type":"object"}"#, #"{"":1,"b":[],"":2}"#, #"{"":2,"b":[]}"#),
    Case(#"{"anyOf":[{"type":"object"},{"const":"s"}]}"#, #"{"a":1,"a":2}"#, #"{"a":2}"#),
    Case(#"{"type":"array"}"#, nested(200), nested(200)),
    Case(#"{"type":["array","string"]}"#, nested(200), "\"" + nested(200) + "\""),
    // A schema that leads back to itself has an end.
    Case(##"{"anyOf":[{"$ref":"#/properties/p"},{"type":"integer"},{"type":"string"}]}"##, "x", #""x""#),
  ]

  private func schema(_ property: String) throws -> JSONValue {
    .object([
      ("type", "object"),
      ("properties", .object([("p", try JSONValue.parse(Array(property.utf8), file: "schema", maxDepth: 128))])),
    ])
  }

  @Test(arguments: cases) func `a text is the JSON that it spells where that is a value of the schema`(
    _ example: Case
  ) throws {
    let value = ArgumentTyping(try schema(example.schema)).value("p", example.text)
    #expect(JSONText.compact(value) == example.json)
  }

  @Test(arguments: cases) func `the fragments of a streamed argument make the same JSON, however it is cut`(
    _ example: Case
  ) throws {
    let model = try DemoModel.text()
    let tool = ToolDeclaration(name: "f", parameters: try schema(example.schema), declaration: .object([]))
    let output = "<tool_call>\n<function=f>\n<parameter=p>\n\(example.text)\n</parameter>\n</function>\n</tool_call>"
    for seed in 0..<8 {
      var random = SplitMix(seed: UInt64(seed))
      var parser = OutputParser(model.tokenizer, marks: model.marks, tools: [tool])
      var pieces: [OutputPiece] = []
      for id in DemoModel.ids(output, model.tokenizer, cuts: &random) { pieces += parser.append(id) }
      pieces += parser.finish(isCut: false)
      #expect(
        OutputPiece.joined(pieces) == [
          .callBegan("f"), .callArguments("{\"p\":" + example.json + "}"), .callEnded,
        ], "seed \(seed)")
    }
  }

  @Test func `an argument that is nested deeply is told as it came in the dialect of messages`() async throws {
    let deep = Self.nested(200)
    let service = try ScriptedService([
      "</think>\n\n<tool_call>\n<function=f>\n<parameter=p>\n\(deep)\n</parameter>\n</function>\n</tool_call><|im_end|>"
    ])
    let body: JSONValue = .object([
      ("model", "demo"), ("max_tokens", 1_000), ("messages", [["role": "user", "content": "Hi"]]),
      ("tools", .array([.object([("name", "f"), ("input_schema", try schema(#"{"type":"array"}"#))])])),
    ])
    let answer = try await service.answer(body, .messages).body
    let call = answer["content"]?.arrayValue?.first { $0["type"] == "tool_use" }
    #expect(call?["input"].map(JSONText.compact) == "{\"p\":\(deep)}")
  }
}
