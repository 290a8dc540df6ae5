import Constraints
import StrictJSON
import Testing

/// Schemas as large as requests make them: they are held to, or refused by their pointer, and end no process.
@Suite struct LargeSchemaTests {
  private static let long = String(repeating: "a", count: 11_000)

  @Test(arguments: [
    #"{"type":"object","properties":{"NAME":{}}}"#, #"{"type":"object","required":["NAME"]}"#,
    #"{"type":"object","properties":{"NAME":false}}"#,
    #"{"type":"object","properties":{"NAME":{},"NAMEb":{}},"additionalProperties":{"type":"null"}}"#,
  ])
  func `a name that other names are told apart from by too many states is refused by the pointer of its object`(
    _ schema: String
  ) throws {
    let schema = schema.replacing("NAME", with: Self.long)
    #expect(try refused(schema)?.pointer == "#" && refused(schema)?.reason.contains("states") == true)
    let inner = try refused("{\"type\":\"object\",\"properties\":{\"o\":" + schema + "}}")
    #expect(inner?.pointer == "#/properties/o" && inner?.place == "form")
  }

  @Test func `a tool whose parameter has such a name is refused when it is strict, and else left to the model`() throws
  {
    var shape = AnswerShape()
    shape.marks = Set(Mark.allCases)
    shape.style = .objects
    shape.calls = .required
    let parameters: JSONValue = [
      "type": "object", "properties": .object([(Self.long, .object([]))]), "additionalProperties": .bool(true),
    ]
    shape.tools = [.init("f", parameters: parameters, hold: .whole, place: "tools[0]")]
    let strict = shape
    let error = #expect(throws: ConstraintError.self) { _ = try strict.grammar() }
    #expect(error?.place == "tools[0]" && error?.pointer == "#")
    shape.tools = [.init("f", parameters: parameters, hold: .partly, place: "tools[0]")]
    #expect(try shape.accepts("\n{\"name\": \"f\", \"arguments\": {\"b\": 1}}\n⟨/call⟩"))
  }

  @Test func `a name of thousands of bytes is told apart from others at its last byte`() throws {
    let name = String(repeating: "a", count: 2_000)
    let shape = try AnswerShape.schema("{\"type\":\"object\",\"properties\":{\"" + name + "\":{\"type\":\"null\"}}}")
    #expect(try shape.accepts("{\"" + name + "\":null}") && shape.accepts("{\"" + name + "b\":1,\"a\":2,\"é\":3}"))
    #expect(try !shape.accepts("{\"" + name + "\":1}"))
  }

  @Test func `values that begin like each other, one longer than the next, are told apart`() throws {
    let values = (1...340).map { "\"" + String(repeating: "a", count: $0) + "\"" }
    let shape = try AnswerShape.schema("{\"enum\":[" + values.joined(separator: ",") + "]}")
    #expect(try shape.accepts(values[0]) && shape.accepts(values[338]) && shape.accepts(values[339]))
    #expect(try !shape.accepts("\"" + String(repeating: "a", count: 341) + "\"") && !shape.accepts("\"\""))
    let constant = "\"" + String(repeating: "b", count: 60_000) + "\""
    #expect(try refused("{\"const\":" + constant + "}") == nil)
  }

  /// A forced call of a tool `f` that is not strict.
  private func partly(_ parameters: String) throws -> AnswerShape {
    var shape = AnswerShape()
    shape.marks = Set(Mark.allCases)
    shape.calls = .required
    shape.tools = [
      .init(
        "f", parameters: try JSONValue.parse(Array(parameters.utf8), file: "tool"), hold: .partly, place: "tools[0]")
    ]
    return shape
  }

  @Test(arguments: [
    ##"{"X":{"type":"integer","multipleOf":1}}"##,
    // What names the failed one, and was whole before it failed.
    ##"{"X":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/Y"},{"not":{}}]}},"Y":{"type":"array","items":{"$ref":"#/$defs/X"}}}"##,
  ])
  func `a reference that cannot be held to leaves each parameter that names it to the model`(_ definitions: String)
    throws
  {
    let list = ##"{"type":"array","items":{"$ref":"#/$defs/X"}}"##
    for (a, b) in [(list, list), (list, list.replacing("/X", with: definitions.contains("Y") ? "/Y" : "/X"))] {
      let shape = try partly(
        "{\"type\":\"object\",\"properties\":{\"a\":" + a + ",\"b\":" + b + "},\"required\":[\"a\",\"b\"],\"$defs\":"
          + definitions + "}")
      func call(_ a: String, _ b: String) -> String {
        "\n<function=f>\n<parameter=a>\n\(a)\n</parameter>\n<parameter=b>\n\(b)\n</parameter>\n</function>\n⟨/call⟩"
      }
      for (a, b) in [("[1, 2]", "[3]"), ("[]", "[]"), ("x", "[4]"), ("[5]", "y")] {
        #expect(try shape.accepts(call(a, b)), "\(a) \(b)")
      }
      #expect(try !shape.accepts(call("[1]", "[2]").replacing("parameter=b", with: "parameter=c")))
      #expect(try !shape.accepts("\n<function=f>\n</function>\n⟨/call⟩"))
    }
  }

  @Test func `what a parameter that cannot be held to had begun is made anew for the next one`() throws {
    // Each kind of value is used for the first time in a parameter that fails behind it.
    let failing = #"{"type":"object","properties":{"o":{},"n":{"type":"number"},"x":{"not":{}}}}"#
    let shape = try partly(
      #"{"type":"object","properties":{"a":{"type":"object","properties":{"k":{}},"required":["k"]},"b":FAILING},"required":["a"]}"#
        .replacing("FAILING", with: failing))
    func call(_ value: String) -> String {
      "\n<function=f>\n<parameter=a>\n\(value)\n</parameter>\n</function>\n⟨/call⟩"
    }
    #expect(try shape.accepts(call("{\"k\": [1.5, {\"z\": \"é\"}]}")) && !shape.accepts(call("{}")))
  }
}
