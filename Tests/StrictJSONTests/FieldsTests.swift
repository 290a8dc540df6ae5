import TestSupport
import StrictJSON
import Testing

@Suite struct FieldsTests {
  private let text = """
    {
      "name": "x", "count": 5, "ratio": 0.5, "on": true,
      "inner": {"a": 1}, "list": [1, 2], "nothing": null, "float": 1.0, "huge": 1e999
    }
    """

  private func fields() throws -> JSONFields { try JSONFields(parse(text), file: "m.json", what: "the manifest") }

  @Test func `every type is read`() throws {
    let fields = try fields()
    #expect(try fields.string("name") == "x")
    #expect(try fields.int("count", in: 1...5) == 5)
    #expect(try fields.number("ratio") == 0.5)
    #expect(try fields.bool("on"))
    #expect(try fields.object("inner").int("a") == 1)
    #expect(try fields.array("list").count == 2)
    #expect(try fields.optionalString("no") == nil && fields.optionalInt("no") == nil)
    #expect(try fields.optionalBool("no") == nil && fields.optionalNumber("no") == nil)
    #expect(try fields.optionalObject("no") == nil && fields.optionalArray("no") == nil)
  }

  @Test func `wrong types say where and what`() throws {
    let fields = try fields()
    let found = refusal { _ = try fields.optionalString("count") }
    #expect(found?.code == "E_JSON_TYPE")
    #expect(found?.file == "m.json:2:25")
    #expect(found?.expected == "a string")
    #expect(found?.found == "the number 5")
    #expect(refusal { _ = try fields.int("name") }?.code == "E_JSON_TYPE")
    #expect(refusal { _ = try fields.bool("count") }?.code == "E_JSON_TYPE")
    #expect(refusal { _ = try fields.optionalNumber("name") }?.code == "E_JSON_TYPE")
    #expect(refusal { _ = try fields.optionalObject("list") }?.code == "E_JSON_TYPE")
    #expect(refusal { _ = try fields.optionalArray("inner") }?.code == "E_JSON_TYPE")
    #expect(refusal { _ = try fields.optionalString("nothing") }?.code == "E_JSON_TYPE")
    #expect(refusal { _ = try JSONFields([], file: "m.json", what: "the manifest") }?.code == "E_JSON_TYPE")
  }

  @Test func `numbers out of range are refused`() throws {
    let fields = try fields()
    #expect(refusal { _ = try fields.int("count", in: 6...9) }?.expected == "an integer from 6 to 9")
    #expect(refusal { _ = try fields.int("float") }?.code == "E_JSON_NUMBER")
    #expect(refusal { _ = try fields.number("huge") }?.code == "E_JSON_NUMBER")
  }

  @Test func `missing fields are named`() throws {
    let fields = try fields()
    let found = refusal { _ = try fields.string("title") }
    #expect(found?.code == "E_JSON_MISSING_FIELD")
    #expect(found?.summary == "the manifest has no \"title\"")
  }

  @Test func `unknown fields get a suggestion`() throws {
    let fields = try JSONFields(parse("{\n  \"gruop_size\": 64\n}"), file: "m.json", what: "rule 1")
    let found = refusal { try fields.refuseUnknown(["bits", "group_size"]) }
    #expect(found?.code == "E_JSON_UNKNOWN_FIELD")
    #expect(found?.file == "m.json:2:3")
    #expect(found?.next == "did you mean \"group_size\"?")
    #expect(refusal { try fields.refuseUnknown(["gruop_size"]) } == nil)
  }

  @Test func `a bad element is named and never left out`() throws {
    let fields = try JSONFields(
      parse(#"{"names": ["a", 7], "counts": [1, -1], "rows": [{"a": 1}, null], "words": ["up", "side"]}"#),
      file: "m.json", what: "the manifest")
    #expect(refusal { _ = try fields.strings("names") }?.summary == "\"names[1]\" has the wrong type")
    #expect(refusal { _ = try fields.ints("counts", in: 0...9) }?.summary == "\"counts[1]\" has a wrong value")
    #expect(try fields.ints("counts", in: -1...9) == [1, -1])
    #expect(refusal { _ = try fields.objects("rows") }?.summary == "\"rows[1]\" has the wrong type")
    let found = refusal { _ = try fields.texts("words", as: "up or down") { $0 == "up" ? $0 : nil } }
    #expect(found?.code == "E_JSON_VALUE" && found?.summary == "\"words[1]\" has a wrong value")
    #expect(found?.expected == "up or down" && found?.file == "m.json:1:82")
  }

  @Test func `a list of another length, another version and another word are refused`() throws {
    enum Way: String, CaseIterable { case up, down }
    let fields = try JSONFields(
      parse(#"{"list": [1], "version": 2, "way": "side", "share": 1.5, "null": null}"#), file: "m.json", what: "it")
    #expect(refusal { _ = try fields.array("list", count: 2) }?.expected == "2 elements")
    #expect(refusal { try fields.require("version", 1) }?.expected == "1")
    #expect(refusal { try fields.require("way", "up") }?.found == "the string \"side\"")
    #expect(refusal { _ = try fields.word("way", Way.self) }?.expected == "one of up, down")
    #expect(refusal { _ = try fields.number("share", in: 0...1) }?.code == "E_JSON_VALUE")
    #expect(try fields.unlessNull("null") { key throws(JSONError) in try fields.string(key) } == nil)
    #expect(
      refusal { _ = try fields.unlessNull("no") { key throws(JSONError) in try fields.string(key) } }?.code
        == "E_JSON_MISSING_FIELD")
  }
}
