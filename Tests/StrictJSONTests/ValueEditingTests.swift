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
}

extension [UInt8] {
  var text: String { String(decoding: self, as: UTF8.self) }
}
