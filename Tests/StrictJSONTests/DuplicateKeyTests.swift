import TestSupport
import StrictJSON
import Testing

@Suite struct DuplicateKeyTests {
  @Test func `a key twice is refused`() {
    let found = refusal { _ = try parse("{\"a\":1,\n  \"a\":1}") }
    #expect(found?.code == "E_JSON_DUPLICATE_KEY")
    #expect(found?.file == "t.json:2:3")
  }

  @Test func `a reader of what a model wrote keeps the last of a key, in the place of the first`() throws {
    let text = Array(#"{"a":1,"b":{"c":[],"c":2},"\u0061":3}"#.utf8)
    let value = try JSONValue.parse(text, file: "t.json", keepsLast: true)
    #expect(JSONWriter.compact(value) == Array(#"{"a":3,"b":{"c":2}}"#.utf8))
  }

  @Test(arguments: [#"{"a":1,"\u0061":2}"#, #"{"/":1,"\/":2}"#, #"{"😀":1,"\ud83d\ude00":2}"#, #"[{"b":{"":1,"":2}}]"#])
  func `keys that are equal after unescaping are refused`(_ text: String) {
    #expect(code(text) == "E_JSON_DUPLICATE_KEY")
  }

  @Test func `a duplicate among many keys is found`() {
    let keys = (0..<100).map { "\"k\($0)\":1" }
    #expect(code("{" + keys.joined(separator: ",") + "}") == nil)
    for again in [0, 7, 8, 9, 50, 99] {
      #expect(code("{" + keys.joined(separator: ",") + ",\"k\(again)\":1}") == "E_JSON_DUPLICATE_KEY")
    }
  }

  @Test func `canonically equivalent keys are different`() throws {
    let value = try parse("{\"e\u{301}\":1,\"\u{E9}\":2}")
    #expect(value["e\u{301}"]?.intValue == 1)
    #expect(value["\u{E9}"]?.intValue == 2)
    #expect(UTF8Name("e\u{301}") != UTF8Name("\u{E9}"))
    #expect(Set([UTF8Name("e\u{301}"), UTF8Name("\u{E9}")]).count == 2)
    #expect(JSONValue.string("e\u{301}") != JSONValue.string("\u{E9}"))
  }

  @Test func `one key in two objects is fine`() { #expect(code(#"[{"a":{"a":1}},{"a":2}]"#) == nil) }

  @Test func `names sort by bytes`() {
    let names = ["b", "a", "", "\u{E9}", "e\u{301}", "aa", "Z", "\u{FFFF}", "\u{10000}"].map(UTF8Name.init)
    #expect(names.sorted().map(\.string) == ["", "Z", "a", "aa", "b", "e\u{301}", "\u{E9}", "\u{FFFF}", "\u{10000}"])
  }
}
