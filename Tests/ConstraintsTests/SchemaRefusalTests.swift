import Constraints
import StrictJSON
import Testing

/// What no answer is held to is refused, with its place.
@Suite struct SchemaRefusalTests {
  @Test(arguments: [
    (#"{"not":{}}"#, "#/not"), (#"{"type":"number","minimum":0}"#, "#/minimum"),
    (#"{"type":"object","properties":{"a/b":{"multipleOf":2}}}"#, "#/properties/a~1b/multipleOf"),
    (#"{"type":"object","patternProperties":{}}"#, "#/patternProperties"),
    (#"{"type":"array","uniqueItems":true}"#, "#/uniqueItems"), (#"{"type":"string","format":"uri"}"#, "#/format"),
    (#"{"type":"string","pattern":"(?=a)"}"#, "#/pattern"), (#"{"type":"string","pattern":"(a)\\1"}"#, "#/pattern"),
    (#"{"type":"string","pattern":"a\\b"}"#, "#/pattern"), (#"{"type":"string","pattern":"(a"}"#, "#/pattern"),
    (#"{"type":"string","pattern":"a{3,2}"}"#, "#/pattern"), (#"{"type":"string","pattern":"[b-a]"}"#, "#/pattern"),
    (#"{"type":"string","pattern":"a","maxLength":3}"#, "#/maxLength"), (#"{"type":"thing"}"#, "#/type"),
    (#"{"type":"string","minLength":-1}"#, "#/minLength"),
    (#"{"type":"string","minLength":3,"maxLength":2}"#, "#/maxLength"),
    (#"{"enum":[]}"#, "#/enum"), (#"{"enum":[1],"type":"string"}"#, "#/enum"), (#"{"anyOf":[]}"#, "#/anyOf"),
    (##"{"$ref":"#/$defs/none"}"##, "#/$ref"), (#"{"$ref":"https://example.org/a"}"#, "#/$ref"),
    (##"{"$ref":"#"}"##, "#"), (#"{"type":"integer","minimum":5,"maximum":4}"#, "#"),
    (##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##, "#"), ("false", "#"), ("5", "#"),
    (#"{"anyOf":[{"type":"null"},{"if":{}}]}"#, "#/anyOf/1/if"), (#"{"anyOf":[true],"properties":{}}"#, "#/properties"),
    (#"{"type":"object","required":["a"],"additionalProperties":false}"#, "#/required"),
    (#"{"allOf":[{"type":"object"},{"additionalProperties":false}]}"#, "#/allOf/1/additionalProperties"),
  ])
  func `a word that texts are not held to is refused by its pointer`(_ schema: String, _ pointer: String) throws {
    let error = try refused(schema)
    #expect(error?.pointer == pointer && error?.place == "form", "\(error?.reason ?? "taken")")
  }

  @Test func `a schema may be 64 deep, and no deeper`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: #"{"items":"#, count: depth) + "{}" + String(repeating: "}", count: depth)
    }
    #expect(try refused(nested(64)) == nil)
    #expect(try refused(nested(65))?.reason.contains("deeper") == true)
  }

  @Test func `schemas that would take too many states, bytes or parts are refused`() throws {
    for schema in [
      #"{"type":"string","maxLength":1000000}"#, #"{"type":"array","minItems":1000000000}"#,
      #"{"type":"string","pattern":"(a{9999}){9999}b{9999}c{9999}d{9999}e{9999}f{9999}g{9999}"}"#,
    ] { #expect(try refused(schema)?.reason.contains("states") == true) }
    #expect(
      try refused("{\"title\":\"" + String(repeating: "a", count: 65_536) + "\"}")?.reason.contains("bytes") == true)
    // Each part names the next one twice.
    let parts = (0..<20).map {
      "\"p\($0)\":{\"allOf\":[{\"$ref\":\"#/$defs/p\($0 + 1)\"},{\"$ref\":\"#/$defs/p\($0 + 1)\"}]}"
    }
    let bomb = "{\"allOf\":[{\"$ref\":\"#/$defs/p0\"}, {}],\"$defs\":{" + parts.joined(separator: ",") + ",\"p20\":{}}}"
    #expect(try refused(bomb)?.reason.contains("parts") == true)
    // The same of what is read once.
    let ways = (0..<20).map {
      "\"p\($0)\":{\"anyOf\":[{\"$ref\":\"#/$defs/p\($0 + 1)\"},{\"$ref\":\"#/$defs/p\($0 + 1)\"}]}"
    }
    let shared = "{\"$ref\":\"#/$defs/p0\",\"$defs\":{" + ways.joined(separator: ",") + ",\"p20\":{\"type\":\"null\"}}}"
    #expect(try AnswerShape.schema(shared).accepts("null"))
  }

  @Test func `a strict schema has declared members alone, unless it says something else`() throws {
    let schema = #"{"type":"object","properties":{"a":{"type":"object"}}}"#
    #expect(try AnswerShape.schema(schema).accepts(#"{"a":{"x":1},"y":1}"#))
    let strict = try AnswerShape.schema(schema, isStrict: true)
    #expect(try strict.accepts(#"{"a":{}}"#) && !strict.accepts(#"{"a":{"x":1}}"#) && !strict.accepts(#"{"y":1}"#))
    let open = #"{"type":"object","additionalProperties":true}"#
    #expect(try AnswerShape.schema(open, isStrict: true).accepts(#"{"y":1}"#))
  }
}
