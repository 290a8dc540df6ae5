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
}
