import StrictJSON
import Testing

@Suite struct ValueEditingTests {
  @Test func `a member is set in place or appended`() throws {
    var value = try parse(#"{"b":1.50,"a":[1e22],"c":null}"#)
    value.set("a", to: ["x", 2, true, nil])
    value.set("d", to: ["k": -1])
    #expect(value.removeKey("c") == nil as JSONValue)
    #expect(value.removeKey("c") == Optional<JSONValue>.none)
    #expect(
      JSONWriter.pretty(value, sorted: false).text == """
        {
          "b": 1.50,
          "a": [
            "x",
            2,
            true,
            null
          ],
          "d": {
            "k": -1
          }
        }

        """)
  }

  @Test func `accessors return only their type`() throws {
    let value = try parse(#"{"s":"x","i":3,"f":3.0,"b":false,"n":null,"a":[],"o":{}}"#)
    #expect(value["s"]?.stringValue == "x" && value["s"]?.intValue == nil)
    #expect(value["i"]?.intValue == 3 && value["i"]?.doubleValue == 3 && value["i"]?.boolValue == nil)
    #expect(value["f"]?.intValue == nil && value["f"]?.doubleValue == 3)
    #expect(value["b"]?.boolValue == false && value["b"]?.intValue == nil)
    #expect(value["n"]?.isNull == true)
    #expect(value["a"]?.arrayValue == [])
    #expect(value["o"]?.members == [])
    #expect(value["S"] == Optional<JSONValue>.none)
    #expect(value.stringValue == nil)
  }

  @Test func `equality ignores positions only`() throws {
    #expect(try parse("{\"a\":1,\"b\":2}") == parse(" {\n\"a\" : 1 , \"b\":2}"))
    #expect(try parse("{\"a\":1,\"b\":2}") != parse("{\"b\":2,\"a\":1}"))
    #expect(try parse("1") != parse("1.0"))
    #expect(JSONValue.object([("a", 1), ("a", 2)]) == ["a": 2])
  }

  /// Each name once, in the place where it was given first, with the value that was given last, compared by bytes. When
  /// every name was looked for among all others, this took minutes.
  @Test(arguments: [3, 16, 17, 50_000])
  func `an object of many members keeps the first place and the last value of each`(count: Int) throws {
    let names = (0..<count).map { "name \($0)" }
    let value = JSONValue.object(
      names.map { ($0, 1) } + [("\u{E9}", 2), ("e\u{301}", 3)] + names.reversed().map { ($0, .string($0)) })
    let members = try #require(value.members)
    #expect(members.count == count + 2)
    #expect(zip(members, names).allSatisfy { $0.key == $1 && $0.value.stringValue == $1 })
    #expect(members.suffix(2).map(\.value) == [2, 3])
  }
}

extension [UInt8] {
  var text: String { String(decoding: self, as: UTF8.self) }
}
