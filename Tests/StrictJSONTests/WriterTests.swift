import StrictJSON
import Testing

@Suite struct WriterTests {
  @Test func `the canonical form has the golden bytes`() throws {
    let value = try parse(
      #"{ "b" : [ 1.0, 1e22, {} ], "a\u0001\u001f\n\"\\/\u007f" : "é😀\b\f\r\t", "Z" : [], "é":0, "z":1}"#)
    #expect(
      JSONWriter.canonical(value).text
        == #"{"Z":[],"a\u0001\u001f\n\"\\/"# + "\u{7F}" + #"":"é😀\b\f\r\t","b":[1.0,1e22,{}],"z":1,"é":0}"#)
  }

  @Test func `the pretty form has the golden bytes`() throws {
    let value: JSONValue = ["b": [], "a": ["y": [1, "x"], "x": JSONValue.object([])]]
    #expect(
      JSONWriter.pretty(value, sorted: true).text
        == "{\n  \"a\": {\n    \"x\": {},\n    \"y\": [\n      1,\n      \"x\"\n    ]\n  },\n  \"b\": []\n}\n")
    #expect(JSONWriter.pretty(nil).text == "null\n")
  }

  @Test(arguments: 0..<300) func `every document survives writing and reading`(seed: Int) throws {
    var maker = DocumentMaker(seed: UInt64(seed))
    let value = maker.value()
    let pretty = JSONWriter.pretty(value)
    #expect(try JSONValue.parse(pretty, file: "t.json") == value)
    #expect(JSONWriter.pretty(try JSONValue.parse(pretty, file: "t.json")) == pretty)
    let canonical = JSONWriter.canonical(value)
    let again = try JSONValue.parse(canonical, file: "t.json")
    #expect(JSONWriter.canonical(again) == canonical)
    #expect(try JSONValue.parse(JSONWriter.pretty(value, sorted: true), file: "t.json") == again)
  }
}
