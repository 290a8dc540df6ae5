import Constraints
import StrictJSON
import Testing

/// Thoughts, forms and calls in one answer.
@Suite struct AnswerShapeTests {
  private func shape(
    _ style: AnswerShape.CallStyle, _ calls: AnswerShape.Calls, _ hold: AnswerShape.Hold = .whole,
    parameters: String =
      #"{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"unit":{"enum":["C","F"]}},"required":["city"]}"#
  ) throws -> AnswerShape {
    var shape = AnswerShape()
    shape.marks = Set(Mark.allCases)
    shape.tools = [
      .init(
        "weather", parameters: try JSONValue.parse(Array(parameters.utf8), file: "tool"), hold: hold, place: "tools[0]"),
      .init("now", parameters: nil, hold: hold, place: "tools[1]"),
    ]
    shape.style = style
    shape.calls = calls
    return shape
  }

  private static let xml =
    "⟨call⟩\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n⟨/call⟩"
  private static let json = "⟨call⟩\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\", \"days\": 3}}\n⟨/call⟩"

  private func forced(_ text: String) -> String { String(text.dropFirst("⟨call⟩".count)) }

  @Test func `a call that must be made has a declared name and arguments of its schema`() throws {
    let xml = try shape(.functions, .required)
    let call = forced(Self.xml)
    #expect(try xml.accepts(call) && xml.accepts(call + Self.xml) && xml.accepts(call + "\n" + Self.xml))
    #expect(try xml.accepts("\n<function=now>\n</function>\n⟨/call⟩"))
    #expect(try xml.accepts(call.replacing("Oslo", with: "line\n\n<b> é")))
    #expect(try xml.accepts(call.replacing("Oslo\n", with: "")))
    for wrong in [
      call.replacing("weather", with: "whether"), call.replacing("\n3\n", with: "\nthree\n"), "Hello" + call,
      call.replacing("days", with: "nights"), call.replacing("city", with: "place"), call + "Done.",
      call.replacing("Oslo", with: "a</function>b"), call.replacing("Oslo", with: "a<parameter=b"),
      "\n<function=weather>\n</function>\n⟨/call⟩", call.replacing("⟨/call⟩", with: ""), "⟨call⟩" + call, "",
    ] { #expect(try !xml.accepts(wrong), "\(wrong)") }
    let json = try shape(.objects, .required)
    let object = forced(Self.json)
    #expect(try json.accepts(object) && json.accepts(object + "\n" + Self.json))
    #expect(try json.accepts("\n{\"name\": \"now\", \"arguments\": {}}\n⟨/call⟩"))
    for wrong in [
      object.replacing("weather", with: "x"), object.replacing("3", with: "\"3\""),
      object.replacing("city", with: "place"),
      object + "Done.", object.replacing("\"days\"", with: "\"nights\""), "",
    ] { #expect(try !json.accepts(wrong), "\(wrong)") }
  }

  @Test func `what the prompt begins is a part of the call`() throws {
    let begun = "\n<function=weather>\n"
    let call = forced(Self.xml)
    #expect(try shape(.functions, .required).accepts(String(call.dropFirst(begun.count)), begun: begun))
    #expect(try !shape(.functions, .required).accepts(call, begun: begun))
    #expect(try !shape(.functions, .required).answer(begun: "\n<function=other>\n").isPossible)
    var once = try shape(.functions, .required)
    once.callsOnce = true
    #expect(try once.accepts(call) && !once.accepts(call + Self.xml))
  }

  @Test func `text is free beside strict tools, and their calls are not`() throws {
    let xml = try shape(.functions, .possible)
    for text in ["", "Hello <b> {", Self.xml, "So: " + Self.xml + "\nDone. " + Self.xml] {
      #expect(try xml.accepts(text))
    }
    for text in [
      "<function=weather>", Self.xml.replacing("\n3\n", with: "\nx\n"), "⟨call⟩Hello⟨/call⟩", "⟨/call⟩", "⟨think⟩",
    ] { #expect(try !xml.accepts(text), "\(text)") }
    #expect(try shape(.objects, .possible).accepts("a " + Self.json))
    let free = try shape(.functions, .possible, .none)
    #expect(!free.isHeld && xml.isHeld)
  }

  @Test func `a schema of a tool that cannot be held to is refused when it is strict, and else left to the model`()
    throws
  {
    let parameters =
      #"{"type":"object","properties":{"a":{"type":"string","pattern":"^x$"},"b":{"type":"number","minimum":0}}}"#
    for style in [AnswerShape.CallStyle.functions, .objects] {
      let strict = try shape(style, .required, .whole, parameters: parameters)
      let error = #expect(throws: ConstraintError.self) { _ = try strict.grammar() }
      #expect(error?.place == "tools[0]" && error?.pointer.hasPrefix("#/properties/") == true)
    }
    let xml = try shape(.functions, .required, .partly, parameters: parameters)
    #expect(try xml.accepts("\n<function=weather>\n<parameter=a>\nq\n</parameter>\n</function>\n⟨/call⟩"))
    let json = try shape(.objects, .required, .partly, parameters: parameters)
    #expect(try json.accepts("\n{\"name\": \"weather\", \"arguments\": {\"z\": [1]}}\n⟨/call⟩"))
    #expect(try !json.accepts("\n{\"name\": \"weather\", \"arguments\": [1]}\n⟨/call⟩"))
  }

  @Test func `arguments of many types are written as the parser of calls reads them`() throws {
    let xml = try shape(
      .functions, .required,
      parameters:
        ##"{"type":"object","properties":{"n":{"anyOf":[{"type":"integer","maximum":9},{"type":"null"}]},"t":{"type":["string","null"]},"l":{"type":"array","items":{"type":"string"}},"o":{"$ref":"#/$defs/o"},"f":{"type":"boolean"},"x":{}},"additionalProperties":false,"$defs":{"o":{"type":"object","properties":{"k":{"type":"integer"}},"additionalProperties":false}}}"##
    )
    func call(_ key: String, _ value: String) -> String {
      "\n<function=weather>\n<parameter=\(key)>\n\(value)\n</parameter>\n</function>\n⟨/call⟩"
    }
    for (key, value) in [
      ("n", "7"), ("n", "null"), ("t", "null"), ("t", "5 {"), ("l", "[\"a\", \"\\u003cb\"]"), ("o", "{\"k\": 5}"),
      ("f", "true"), ("x", "[1"), ("x", ""),
    ] { #expect(try xml.accepts(call(key, value)), "\(value)") }
    for (key, value) in [
      ("n", "10"), ("n", "x"), ("l", "[\"<\"]"), ("l", "a"), ("o", "{\"k\": \"5\"}"), ("f", "yes"), ("z", "1"),
    ] { #expect(try !xml.accepts(call(key, value)), "\(value)") }
  }

  @Test func `choices of a parameter are written as texts wherever they stand, and are of their type`() throws {
    let xml = try shape(
      .functions, .required,
      parameters:
        ##"{"type":"object","properties":{"n":{"type":"string","enum":["a"],"nullable":true},"r":{"allOf":[{"$ref":"#/$defs/e"}],"description":"x"},"q":{"$ref":"#/$defs/e","nullable":true},"t":{"type":"string","enum":[5,"6"]}},"additionalProperties":false,"$defs":{"e":{"enum":["a","b"]}}}"##
    )
    func call(_ key: String, _ value: String) -> String {
      "\n<function=weather>\n<parameter=\(key)>\n\(value)\n</parameter>\n</function>\n⟨/call⟩"
    }
    for (key, value) in [("n", "a"), ("n", "null"), ("r", "b"), ("q", "a"), ("q", "null"), ("t", "6")] {
      #expect(try xml.accepts(call(key, value)), "\(key) \(value)")
    }
    for (key, value) in [("n", "\"a\""), ("r", "\"b\""), ("r", "null"), ("q", "\"a\""), ("t", "5")] {
      #expect(try !xml.accepts(call(key, value)), "\(key) \(value)")
    }
  }

  @Test func `a text is not held to beside a container with a pattern, of which its reader cannot say what it is`()
    throws
  {
    func grammar(_ parts: String) throws {
      let parameters = #"{"type":"object","properties":{"p":{"anyOf":[\#(parts)]}},"required":["p"]}"#
      _ = try shape(.functions, .required, .whole, parameters: parameters).grammar()
    }
    let dated = #"{"type":"object","properties":{"d":{"type":"string","format":"date"}}}"#
    let named = #"{"type":"object","properties":{"format":{"type":"string"}}}"#
    let error = #expect(throws: ConstraintError.self) { try grammar(#"{"type":"string"},"# + dated) }
    #expect(error?.pointer == "#/properties/p/anyOf/1")
    try grammar(#"{"type":"integer"},"# + dated)
    try grammar(#"{"type":"string"},"# + named)
    try grammar(#"{},"# + dated)
  }

  @Test func `a form begins behind the thoughts, which have no end of the answer in them`() throws {
    var open = try AnswerShape.schema(#"{"type":"integer"}"#)
    open.thoughts = .open
    for text in ["Hm.⟨/think⟩5", "⟨/think⟩\n\n5", "{\"a\n⟨/think⟩\n5"] { #expect(try open.accepts(text)) }
    for text in ["5", "Hm.", "⟨/think⟩\n\n\n5", "⟨/think⟩x", "⟨/think⟩5⟨/think⟩", "⟨think⟩⟨/think⟩5", "a⟨end⟩"] {
      #expect(try !open.accepts(text), "\(text)")
    }
    var possible = try AnswerShape.schema(#"{"type":"integer"}"#)
    possible.thoughts = .possible
    #expect(try possible.accepts("5") && possible.accepts("⟨think⟩\nHm\n⟨/think⟩\n\n5"))
    #expect(try !possible.accepts("⟨think⟩5") && !possible.accepts("Hm⟨/think⟩5"))
    let none = try AnswerShape.schema(#"{"type":"integer"}"#)
    #expect(try !none.accepts("⟨think⟩⟨/think⟩5"))
  }

  @Test func `an answer of a form may be calls instead, where tools may be called`() throws {
    var both = try shape(.functions, .possible, .none)
    both.form = try AnswerShape.schema(#"{"type":"integer"}"#).form
    both.thoughts = .open
    #expect(try both.accepts("a⟨/think⟩5") && both.accepts("a⟨/think⟩\n" + Self.xml))
    // Of a tool that is not strict the name is held to alone; and thoughts may be left by a call.
    #expect(try both.accepts("a⟨call⟩\n<function=now>\nwhatever⟨/call⟩"))
    #expect(try !both.accepts("a⟨/think⟩Hello") && !both.accepts("⟨/think⟩⟨call⟩\n<function=other>\n⟨/call⟩"))
    #expect(try !both.accepts("⟨/think⟩5" + Self.xml))
  }
}
