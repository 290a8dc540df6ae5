import TestSupport
import StrictJSON
import Testing

@Suite struct DepthTests {
  private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test func `the limit is accepted and no more`() {
    #expect(code(nested(64)) == nil)
    #expect(code(nested(65)) == "E_JSON_DEPTH")
    #expect(refusal { _ = try parse(nested(3), maxDepth: 2) }?.file == "t.json:1:3")
  }

  @Test func `hostile depth neither crashes nor lasts`() {
    #expect(code(String(repeating: "[", count: 1_000_000)) == "E_JSON_DEPTH")
    #expect(code(String(repeating: "{\"a\":", count: 1_000_000)) == "E_JSON_DEPTH")
  }

  @Test func `a high limit needs no stack`() throws {
    var reader = try JSONReader(Array(nested(200_000).utf8), file: "t.json", maxDepth: 200_000)
    var events = 0
    while try reader.next() != nil { events += 1 }
    #expect(events == 400_000)
  }

  /// A value of two bytes takes some fifty in memory.
  @Test func `values are counted`() throws {
    func code(_ text: String, _ limit: Int) -> String? {
      refusal { _ = try JSONValue.parse(Array(text.utf8), file: "t.json", maxValues: limit) }?.code
    }
    #expect(code("[1,{\"a\":2}]", 4) == nil)
    #expect(code("[1,{\"a\":2}]", 3) == "E_JSON_VALUES")
    #expect(code("1", 0) == "E_JSON_VALUES")
  }
}
