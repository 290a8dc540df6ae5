import TestSupport
import StrictJSON
import Testing

@Suite struct ReaderTests {
  @Test func `the reader returns events and positions`() throws {
    var reader = try JSONReader(Array("{\"a\" :\n [1.0, true]}\n".utf8), file: "t.json")
    var events: [JSONEvent] = []
    var places: [String] = []
    while let event = try reader.next() {
      events.append(event)
      places.append("\(reader.position.line):\(reader.position.column)@\(reader.position.offset)")
    }
    #expect(events == [.beginObject, .key("a"), .beginArray, .number("1.0"), .bool(true), .endArray, .endObject])
    #expect(places == ["1:1@0", "1:2@1", "2:2@8", "2:3@9", "2:8@14", "2:12@18", "2:13@19"])
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
  }

  @Test func `a value can be skipped`() throws {
    var reader = try JSONReader(Array(#"[{"a":[1,{}]},2]"#.utf8), file: "t.json")
    _ = try reader.next()
    let event = try #require(try reader.next())
    try reader.skip(event)
    #expect(reader.depth == 1)
    #expect(try reader.next() == .number("2"))
  }

  @Test func `columns are counted in bytes`() {
    #expect(refusal { _ = try parse("[\"é\", x]") }?.file == "t.json:1:8")
  }

  @Test func `errors name expected and found`() {
    let found = refusal { _ = try parse("{\"a\": 1 é}") }
    #expect(found?.expected == "`,` or `}`")
    #expect(found?.found == "`é`")
  }
}
