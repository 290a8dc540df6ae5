import OutputParsing
import Serving
import TestSupport
import Testing
import Tokenization

@Suite struct OutputParserTests {
  /// What a model wrote, and what it means.
  struct Case: CustomTestStringConvertible {
    let name: String
    let output: String
    let pieces: [OutputPiece]
    var isThinking = false
    var isCut = false
    var stops: [String] = []
    var isChat = true
    var testDescription: String { name }
  }

  private static func call(_ arguments: String, name: String = "get_weather") -> [OutputPiece] {
    [.callBegan(name), .callArguments(arguments), .callEnded]
  }

  static let cases: [Case] = [
    Case(name: "plain text", output: "Hello,\nworld!  ", pieces: [.text("Hello,\nworld!  ")]),
    Case(name: "white space before the text stays", output: "\n  a", pieces: [.text("\n  a")]),
    Case(
      name: "thoughts, then text", output: "\nI see.\n\nSo?\n</think>\n\nYes.",
      pieces: [.reasoning("I see.\n\nSo?"), .text("Yes.")], isThinking: true),
    Case(
      name: "thoughts that the model opens itself", output: "<think>\nHm\n</think>\n\nYes.",
      pieces: [.reasoning("Hm"), .text("Yes.")]),
    Case(name: "no thoughts at all", output: "\n\n</think>\n\nYes.", pieces: [.text("Yes.")], isThinking: true),
    Case(
      name: "thoughts that are cut", output: "Hm, well\n", pieces: [.reasoning("Hm, well")], isThinking: true,
      isCut: true),
    Case(name: "a second end of thoughts", output: "a</think>b", pieces: [.text("ab")]),
    Case(
      name: "a text that looks like a mark", output: "a < b </thin",
      pieces: [.text("a < b </thin")]),
    Case(
      name: "one call",
      output: "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
      pieces: call(#"{"city":"Paris"}"#)),
    Case(
      name: "a call ends thoughts that nobody ended",
      output: "I ask.\n<tool_call>\n<function=get_weather>\n</function>\n</tool_call>",
      pieces: [.reasoning("I ask.")] + call("{}"), isThinking: true),
    Case(
      name: "text, then two calls with white space between them",
      output: "Let me look.\n\n<tool_call>\n<function=get_weather>\n<parameter=city>\nA\n</parameter>\n</function>\n"
        + "</tool_call>\n<tool_call>\n<function=get_weather>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>\n",
      pieces: [.text("Let me look.\n\n")] + call(#"{"city":"A"}"#) + call(#"{"days":3}"#)),
    Case(
      name: "two calls between one pair of marks",
      output: "<tool_call>\n<function=get_weather>\n</function>\n<function=get_weather>\n<parameter=days>\n3\n"
        + "</parameter>\n</function>\n</tool_call>",
      pieces: call("{}") + call(#"{"days":3}"#)),
    Case(
      name: "text behind a call is kept",
      output: "<tool_call>\n<function=get_weather>\n</function>\n</tool_call>\n\nDone.",
      pieces: call("{}") + [.text("\n\nDone.")]),
    Case(
      name: "every type",
      output: "<tool_call><function=get_weather><parameter=city>007</parameter><parameter=days>\n-12\n</parameter>"
        + "<parameter=share>1.50</parameter><parameter=now>True</parameter><parameter=tags>[\"a\", \"1\"]</parameter>"
        + "<parameter=where>{\"x\": \"5\", \"label\": \"5\"}</parameter><parameter=unit>7</parameter>"
        + "<parameter=note>null</parameter></function></tool_call>",
      pieces: call(
        #"{"city":"007","days":-12,"share":1.50,"now":true,"tags":["a","1"],"where":{"x":5,"label":"5"},"unit":7,"note":null}"#
      )),
    Case(
      name: "values of no declared type are told as texts",
      output: "<tool_call><function=get_weather><parameter=days>soon</parameter><parameter=now>maybe</parameter>"
        + "<parameter=share>NaN</parameter></function></tool_call>",
      pieces: call(#"{"days":"soon","now":"maybe","share":"NaN"}"#)),
    Case(
      name: "a parameter that nobody declared: JSON in brackets, else text",
      output: "<tool_call><function=get_weather><parameter=a>5</parameter><parameter=b>{\"k\": [1]}</parameter>"
        + "<parameter=c>{no json</parameter></function></tool_call>",
      pieces: call(#"{"a":"5","b":{"k":[1]},"c":"{no json"}"#)),
    Case(
      name: "a value of many lines with brackets and quotes",
      output:
        "<tool_call>\n<function=get_weather>\n<parameter=city>\n\nif a < b && c > \"d\" {\n\t</par>\n}\n\n</parameter>\n"
        + "</function>\n</tool_call>",
      pieces: call(#"{"city":"\nif a < b && c > \"d\" {\n\t</par>\n}\n"}"#)),
    Case(
      name: "values without their ends",
      output: "<tool_call><function=get_weather><parameter=city>\nA\n<parameter=days>2</function></tool_call>",
      pieces: call(#"{"city":"A","days":2}"#)),
    Case(
      name: "a key that comes twice, and one that is none",
      output: "<tool_call><function=get_weather><parameter=city>A</parameter><parameter=city>B</parameter>"
        + "<parameter=x y>C</parameter><parameter=>D</parameter><parameter=days>1</parameter></function></tool_call>",
      pieces: call(#"{"city":"A","days":1}"#)),
    Case(
      name: "a call that ends with the text is whole",
      output: "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n",
      pieces: call(#"{"city":"Paris"}"#)),
    Case(
      name: "a call that is cut",
      output: "<tool_call>\n<function=get_weather>\n<parameter=city>\nPar",
      pieces: [
        .callBegan("get_weather"), .callArguments(#"{"city":"Par"#),
        .callCut(closing: #""}"#, raw: "<tool_call>\n<function=get_weather>\n<parameter=city>\nPar"),
      ], isCut: true),
    Case(
      name: "a number that is cut",
      output: "<tool_call>\n<function=get_weather>\n<parameter=days>\n12",
      pieces: [
        .callBegan("get_weather"), .callArguments(#"{"days":"#),
        .callCut(closing: "12}", raw: "<tool_call>\n<function=get_weather>\n<parameter=days>\n12"),
      ], isCut: true),
    Case(
      name: "a call that is cut before its name is text", output: "<tool_call>\n<function=get_w",
      pieces: [.text("<tool_call>\n<function=get_w")], isCut: true),
    Case(
      name: "no call between the marks", output: "a <tool_call>\nwhat?\n</tool_call>",
      pieces: [.text("a <tool_call>\nwhat?\n</tool_call>")]),
    Case(
      name: "a call without its first mark",
      output: "Now: <function=get_weather>\n<parameter=days>\n4\n</parameter>\n</function>\n</tool_call>\n",
      pieces: [.text("Now: ")] + call(#"{"days":4}"#)),
    Case(
      name: "the mark of a tool that is not declared is text", output: "Use <function=other> here",
      pieces: [.text("Use <function=other> here")]),
    Case(
      name: "a call of a tool that is not declared is text",
      output: "I ask. <tool_call><function=other><parameter=a>1</parameter></function></tool_call>",
      pieces: [.text("I ask. <tool_call><function=other><parameter=a>1</parameter></function></tool_call>")]),
    Case(
      name: "a call of an undeclared tool whose name begins with a declared one's is text",
      output: "<tool_call>\n<function=get_weather2>\n</function>\n</tool_call>",
      pieces: [.text("<tool_call>\n<function=get_weather2>\n</function>\n</tool_call>")]),
    Case(
      name: "a call behind one of an undeclared tool is a call",
      output:
        "<tool_call><function=other></function></tool_call>"
        + "<tool_call><function=get_weather></function></tool_call>",
      pieces: [.text("<tool_call><function=other></function></tool_call>")] + call("{}")),
    Case(
      name: "a call as JSON of an undeclared tool is text, wherever its name stands",
      output: "<tool_call>{\"arguments\": {\"a\": 1}, \"name\": \"other\"}</tool_call>",
      pieces: [.text("<tool_call>{\"arguments\": {\"a\": 1}, \"name\": \"other\"}</tool_call>")]),
    Case(
      name: "a call of an undeclared tool that is cut is text", output: "<tool_call><function=other><parameter=a>1",
      pieces: [.text("<tool_call><function=other><parameter=a>1")], isCut: true),
    Case(
      name: "a call as JSON",
      output:
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"}{\\\"\", \"n\": [1, {}]}}\n</tool_call>",
      pieces: call(#"{"city": "}{\"", "n": [1, {}]}"#)),
    Case(
      name: "a call as JSON whose name comes last, and whose arguments are a text",
      output: "<tool_call>{\"arguments\": \"{\\\"a\\\": 1}\", \"id\": 5, \"name\": \"get_weather\"}</tool_call>",
      pieces: call(#"{"a": 1}"#)),
    Case(
      name: "a call as JSON without arguments", output: "<tool_call>{\"name\": \"get_weather\"}</tool_call>",
      pieces: call("{}")),
    Case(
      name: "a call as JSON that is cut",
      output: "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"a\": [\"x",
      pieces: [
        .callBegan("get_weather"), .callArguments(#"{"a": ["x"#),
        .callCut(closing: #""]}"#, raw: "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"a\": [\"x"),
      ], isCut: true),
    Case(
      name: "JSON that is no call", output: "<tool_call>{\"a\": 1}</tool_call>",
      pieces: [.text("<tool_call>{\"a\": 1}</tool_call>")]),
    Case(name: "a stop string", output: "one two three", pieces: [.text("one ")], stops: ["two", "three"]),
    Case(
      name: "a stop string is not looked for in thoughts and calls",
      output:
        "stop\n</think>\n\n<tool_call><function=get_weather><parameter=city>stop</parameter></function></tool_call>",
      pieces: [.reasoning("stop")] + call(#"{"city":"stop"}"#), isThinking: true, stops: ["stop"]),
    Case(
      name: "the beginning of a stop string at the end is text", output: "to st", pieces: [.text("to st")],
      stops: ["stop"]),
    Case(name: "characters of several bytes", output: "é€𝄞 ü", pieces: [.text("é€𝄞 ü")], stops: ["X"]),
  ]

  private func parse(_ ids: [Int], _ example: Case, _ model: TextModel) -> [OutputPiece] {
    var parser = OutputParser(
      model.tokenizer, marks: model.marks, isThinking: example.isThinking, tools: [DemoModel.weather],
      isChat: example.isChat, stops: example.stops)
    var pieces: [OutputPiece] = []
    for id in ids { pieces += parser.append(id) }
    return OutputPiece.joined(pieces + parser.finish(isCut: example.isCut))
  }

  @Test(arguments: cases) func `an output means the same whatever its tokens are`(_ example: Case) throws {
    let model = try DemoModel.text()
    #expect(parse(model.tokenizer.encode(example.output), example, model) == example.pieces)
    for seed in 0..<40 {
      var random = SplitMix(seed: UInt64(seed))
      let ids = DemoModel.ids(example.output, model.tokenizer, cuts: &random)
      let pieces = parse(ids, example, model)
      #expect(pieces == example.pieces, "seed \(seed)")
    }
  }

  @Test(arguments: cases) func `no cut of the text into two changes what it means`(_ example: Case) throws {
    let model = try DemoModel.text()
    let pieces = DemoModel.pieces(example.output)
    for (number, piece) in pieces.enumerated() where model.tokenizer.encode(piece).count > 1 {
      for cut in 1..<max(2, piece.unicodeScalars.count) {
        let scalars = piece.unicodeScalars
        let middle = scalars.index(scalars.startIndex, offsetBy: cut)
        let parts =
          pieces[..<number] + [String(scalars[..<middle]), String(scalars[middle...])] + pieces[(number + 1)...]
        let ids = parts.flatMap { model.tokenizer.encode($0) }
        #expect(parse(ids, example, model) == example.pieces, "\(number) at \(cut)")
      }
    }
  }

  @Test func `marks are text where no calls are looked for, and in a text that is no chat`() throws {
    let model = try DemoModel.text()
    let text = "\n<tool_call>x</tool_call>"
    var parser = OutputParser(model.tokenizer, marks: OutputMarks(), parsesCalls: false, isChat: false)
    var pieces = model.tokenizer.encode(text).flatMap { parser.append($0) }
    pieces += parser.finish(isCut: false)
    #expect(OutputPiece.joined(pieces) == [.text(text)])
    var second = OutputParser(model.tokenizer, marks: model.marks, tools: [DemoModel.weather], parsesCalls: false)
    var others = model.tokenizer.encode(text).flatMap { second.append($0) }
    others += second.finish(isCut: false)
    #expect(OutputPiece.joined(others) == [.text(text)])
  }

  @Test func `a string's arguments go out before the string is whole`() throws {
    let model = try DemoModel.text()
    var parser = OutputParser(model.tokenizer, marks: model.marks, tools: [DemoModel.weather])
    let head = "<tool_call>\n<function=get_weather>\n<parameter=city>\nSaint-"
    let pieces = model.tokenizer.encode(head).flatMap { parser.append($0) }
    #expect(OutputPiece.joined(pieces) == [.callBegan("get_weather"), .callArguments(#"{"city":"Saint-"#)])
  }

  @Test func `calls of undeclared tools are counted`() throws {
    let model = try DemoModel.text()
    let texts = [
      "<tool_call><function=other></function></tool_call>", "<tool_call>{\"name\": \"third\"}</tool_call>",
      "<tool_call><function=get_weather></function></tool_call>",
    ]
    var parser = OutputParser(model.tokenizer, marks: model.marks, tools: [DemoModel.weather])
    var counts: [Int] = []
    for text in texts {
      for id in model.tokenizer.encode(text) { _ = parser.append(id) }
      counts.append(parser.unknownCalls)
    }
    #expect(counts == [1, 2, 2])
  }

  @Test func `a prompt leaves thoughts open by its last mark alone`() {
    let marks = OutputMarks(thinks: 1, thought: 2, turn: 3)
    #expect(marks.isThinking(after: [3, 9, 3, 1, 9]))
    #expect(!marks.isThinking(after: [3, 1, 9, 2, 9]))
    #expect(!marks.isThinking(after: [3, 1, 9, 3, 9]))
    #expect(!marks.isThinking(after: [9]) && !OutputMarks().isThinking(after: [1]))
  }
}
