import Constraints
import StrictJSON
import Testing

/// Texts that can be read in very many ways: they have their end, or the schema is refused.
@Suite struct WayTests {
  private func pattern(_ pattern: String) throws -> AnswerShape {
    try AnswerShape.schema(String(decoding: JSONWriter.compact(["pattern": .string(pattern)]), as: UTF8.self))
  }

  // Which texts match was asked of Python's re.fullmatch.
  @Test(arguments: [
    ("^(|a){0,10000}$", ["", "a", "aaaaa"], ["b", "ab"]), ("^(a|){7,10000}$", ["", "a", "aaaaaaaaa"], ["b"]),
    ("^(a?b?){0,9000}c$", ["c", "abc", "bac", "aabbabc"], ["", "ab", "cc"]),
    ("^(a?b?c?){2}$", ["", "abcabc", "ca", "cab"], ["cbab", "abcabca"]), ("^(()*)*$", [""], ["a"]),
    ("^(()|){3,9}x$", ["x"], ["", "xx"]), ("^((a?)?(b*)?)+$", ["", "ba", "abba"], ["c"]),
    ("^((a*){0,3}|b)?c?$", ["", "aaaaac", "bc", "c"], ["ab", "bb", "cc"]), ("^(a?){0}b$", ["b"], ["ab", ""]),
    ("^(a?){3}b$", ["b", "aaab"], ["aaaab"]),
    ("^(x|(a?b?)){2,2}$", ["", "xab", "abx", "abab"], ["aba" + "ba", "xxx"]),
    ("^\\S?\\n?$", ["", "a"], ["aa", " "]),
  ])
  func `a repetition of what may be empty has the texts that it has, and its end`(
    _ expression: String, _ accepted: [String], _ refused: [String]
  ) throws {
    let shape = try pattern(expression)
    for text in accepted { #expect(try shape.accepts("\"" + text + "\""), "\(text)") }
    for text in refused { #expect(try !shape.accepts("\"" + text + "\""), "\(text)") }
  }

  @Test func `a repetition of what may be empty ends at its number`() throws {
    let shape = try pattern("^(|a){0,300}$")
    #expect(try shape.accepts("\"" + String(repeating: "a", count: 300) + "\""))
    #expect(try !shape.accepts("\"" + String(repeating: "a", count: 301) + "\""))
  }

  @Test(arguments: [0, 1, 30, 45, 50, 60]) func `a text that can be read in more ways than are kept may end`(
    _ count: Int
  )
    throws
  {
    // 50 letters make up to 50 groups in more than a thousand ways, as far as what may follow tells them apart.
    #expect(try pattern("^(a{0,70}){0,70}$").accepts("\"" + String(repeating: "a", count: count) + "\""))
  }

  /// An object of so many properties that may be left out, and no others.
  private func object(_ count: Int, besides: String = "") -> String {
    let properties = (0..<count).map { "\"p\($0)\":{\"type\":\"null\"}" }
    return "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
      + properties.joined(separator: ",") + besides + "}}"
  }

  @Test func `each of hundreds of properties may be the next, and the object may end`() throws {
    let shape = try AnswerShape.schema(object(900))
    for text in [
      "{}", #"{"p0":null}"#, #"{"p899":null}"#, #"{"p0":null,"p899":null}"#, "{\n  \"p0\": null,\n  \"p898\": null\n}",
    ] { #expect(try shape.accepts(text), "\(text)") }
    for text in [#"{"p900":null}"#, #"{"p899":null,"p0":null}"#, #"{"p0":null,}"#] {
      #expect(try !shape.accepts(text), "\(text)")
    }
  }

  @Test func `more properties that may be left out than can be told apart are refused by their pointer`() throws {
    let inner = try refused("{\"type\":\"object\",\"properties\":{\"o\":" + object(1_030) + "}}")
    #expect(inner?.pointer == "#/properties/o" && inner?.reason.contains("ways") == true)
    // One that must be there, in their middle, is what all before it lead to.
    let names = "\"p500\""
    let apart = object(1_030).dropLast() + ",\"required\":[" + names + "]}"
    #expect(try refused(String(apart)) == nil)
    #expect(try AnswerShape.schema(String(apart)).accepts(#"{"p500":null,"p1029":null}"#))
    #expect(try !AnswerShape.schema(String(apart)).accepts(#"{"p499":null,"p501":null}"#))
  }

  @Test func `more choices than can be told apart are refused, and the same one again is none`() throws {
    func choices(_ choice: (Int) -> String) -> String {
      "{\"anyOf\":[" + (0..<1_100).map(choice).joined(separator: ",") + "]}"
    }
    let error = try refused("{\"items\":" + choices { "{\"const\":\($0)}" } + "}")
    #expect(error?.pointer == "#/items" && error?.reason.contains("ways") == true)
    let same = try AnswerShape.schema(choices { _ in "{\"type\":\"string\"}" })
    #expect(try same.accepts("\"a\"") && !same.accepts("1"))
  }

  /// A forced call of a strict tool `f`.
  private func strict(_ parameters: String) throws -> AnswerShape {
    var shape = AnswerShape()
    shape.marks = Set(Mark.allCases)
    shape.calls = .required
    shape.tools = [
      .init("f", parameters: try JSONValue.parse(Array(parameters.utf8), file: "tool"), hold: .whole, place: "tools[0]")
    ]
    return shape
  }

  private func call(_ key: String, _ value: String) -> String {
    "\n<function=f>\n<parameter=\(key)>\n\(value)\n</parameter>\n</function>\n⟨/call⟩"
  }

  @Test func `each of thousands of values of a parameter may be written`() throws {
    let values = (0..<2_000).map { "\"v\($0)\"" }.joined(separator: ",")
    let shape = try strict("{\"properties\":{\"a\":{\"enum\":[" + values + ",\"\"]}}}")
    for value in ["v0", "v1", "v10", "v1500", "v1999", ""] { #expect(try shape.accepts(call("a", value)), "\(value)") }
    for value in ["v2000", "v", "v01", "\"v1\""] { #expect(try !shape.accepts(call("a", value)), "\(value)") }
  }

  @Test func `a parameter of a strict tool that may not be there is left out, unless it must be there`() throws {
    let shape = try strict(#"{"type":"object","properties":{"a":false,"b":{"type":"integer"}}}"#)
    #expect(try shape.accepts(call("b", "5")) && shape.accepts("\n<function=f>\n</function>\n⟨/call⟩"))
    #expect(try !shape.accepts(call("a", "5")))
    let required = try strict(#"{"type":"object","properties":{"a":false},"required":["a"]}"#)
    let error = #expect(throws: ConstraintError.self) { _ = try required.grammar() }
    #expect(error?.pointer == "#/properties/a")
  }

  @Test func `bounds beyond all whole numbers that are written bind as far as they do`() throws {
    for schema in [#"{"minimum":-1e30}"#, #"{"maximum":1e30}"#, #"{"exclusiveMinimum":-100000000000000000000000}"#] {
      let shape = try AnswerShape.schema(schema)
      #expect(try shape.accepts("0") && shape.accepts("-999999999999999999") && shape.accepts("999999999999999999"))
    }
    let low = try AnswerShape.schema(#"{"minimum":-1e30,"maximum":-5}"#)
    #expect(try low.accepts("-5") && !low.accepts("-4"))
    #expect(try refused(#"{"minimum":1e30}"#)?.reason.contains("no whole number") == true)
    #expect(try refused(#"{"minimum":0.5}"#)?.pointer == "#/minimum")
  }
}
