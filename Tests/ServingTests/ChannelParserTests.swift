import Files
import OutputParsing
import StrictJSON
import SystemPackage
import TestSupport
import Testing
import Tokenization

/// Answers of models that write in channels. The expectations follow the format's own description ("harmony").
@Suite struct ChannelParserTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let output: String
    let pieces: [OutputPiece]
    var stops: [String] = []
    var isCut = false
    var parsesCalls = true
    var testDescription: String { name }
  }

  private static let tools = ["get_weather", "python", "f"].map {
    ToolDeclaration(name: $0, parameters: nil, declaration: .null)
  }

  private static let marks = [
    "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>",
  ]

  /// The demo's tokenizer with the marks of channels behind its own tokens.
  private static func tokenizer() throws -> Tokenizer {
    let path = FilePath(Repository.demoTrunk).appending("tokenizer.json")
    let root = try JSONValue.parse(
      ReadOnlyFile(path: path).readAll(limit: 1 << 26), file: path.string, maxValues: 1 << 22)
    let tokens = root["added_tokens"]?.arrayValue ?? []
    let first = (tokens.compactMap { $0["id"]?.intValue }.max() ?? 0) + 1
    let added = marks.enumerated().map { index, mark -> JSONValue in
      [
        "id": .int(first + index), "content": .string(mark), "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
      ]
    }
    let members = (root.members ?? []).map { member -> (String, JSONValue) in
      (member.key, member.key == "added_tokens" ? .array(tokens + added) : member.value)
    }
    return try Tokenizer(json: JSONWriter.compact(.object(members)), file: "channels.json")
  }

  static let cases = [
    Case(
      name: "thoughts and text",
      output: "<|channel|>analysis<|message|>Hm, five.\nYes.<|end|><|start|>assistant<|channel|>final<|message|>"
        + "It is 5.<|return|>",
      pieces: [.reasoning("Hm, five.\nYes."), .text("It is 5.")]),
    Case(
      name: "a call with its recipient in the channel",
      output:
        "<|channel|>analysis<|message|>Ask.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather "
        + "<|constrain|>json<|message|>{\"city\": \"Oslo\", \"x\": [1, {}]}<|call|>",
      pieces: [
        .reasoning("Ask."), .callBegan("get_weather"), .callArguments("{\"city\": \"Oslo\", \"x\": [1, {}]}"),
        .callEnded,
      ]),
    Case(
      name: "a call with its recipient in the role, and words before it",
      output: "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant to=functions.get_weather<|channel|>"
        + "commentary json<|message|>{}<|call|>",
      pieces: [.text("I look."), .callBegan("get_weather"), .callArguments("{}"), .callEnded]),
    Case(
      name: "what is meant for a tool that is not declared is said",
      output:
        "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant"
        + "<|channel|>commentary to=functions.other <|constrain|>json<|message|>{\"a\": 1}<|call|>",
      pieces: [
        .text(
          "I look.\n\nassistant<|channel|>commentary to=functions.other <|constrain|>json<|message|>{\"a\": 1}")
      ]),
    Case(
      name: "two calls, one in the channel of thoughts and without arguments",
      output: "<|channel|>analysis to=python<|message|><|call|><|start|>assistant<|channel|>commentary to=functions.f"
        + "<|message|>{\"a\":\"<tool_call>\"}<|call|>",
      pieces: [
        .callBegan("python"), .callArguments("{}"), .callEnded, .callBegan("f"),
        .callArguments("{\"a\":\"<tool_call>\"}"), .callEnded,
      ]),
    Case(
      name: "messages of one kind are parted",
      output: "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>analysis<|message|>b<|end|>"
        + "<|start|>assistant<|channel|>commentary<|message|>c<|end|><|start|>assistant<|channel|>final<|message|>d",
      pieces: [.reasoning("a\n\nb"), .text("c\n\nd")]),
    Case(
      name: "a message whose beginning was forgotten",
      output: "<|channel|>analysis<|message|>a<|channel|>final<|message|>b", pieces: [.reasoning("a"), .text("b")]),
    Case(name: "a text without any mark", output: "Hello", pieces: [.text("Hello")]),
    Case(name: "a header without a message", output: "<|channel|>final", pieces: []),
    Case(
      name: "a stop string in the text, and not in the thoughts",
      output: "<|channel|>analysis<|message|>one stop two<|end|><|start|>assistant<|channel|>final<|message|>"
        + "three stop four",
      pieces: [.reasoning("one stop two"), .text("three ")], stops: ["stop"]),
    Case(
      name: "the beginning of a stop string at the end is text",
      output: "<|channel|>final<|message|>to st<|return|>", pieces: [.text("to st")], stops: ["stop"]),
    Case(
      name: "a call that is cut and can be made whole",
      output: "<|channel|>commentary to=functions.f<|message|>{\"a\": [\"b",
      pieces: [
        .callBegan("f"), .callArguments("{\"a\": [\"b"),
        .callCut(
          closing: "\"]}",
          raw: "<|channel|>commentary to=functions.f<|message|>{\"a\": [\"b"),
      ], isCut: true),
    Case(
      name: "a call that is cut where nothing makes it whole",
      output: "<|channel|>commentary to=functions.f<|message|>{\"a\":",
      pieces: [
        .callBegan("f"), .callArguments("{\"a\":"),
        .callCut(closing: nil, raw: "<|channel|>commentary to=functions.f<|message|>{\"a\":"),
      ], isCut: true),
    Case(
      name: "arguments that are no object",
      output: "<|channel|>commentary to=functions.f <|constrain|>json<|message|>Oslo<|call|>",
      pieces: [
        .callBegan("f"), .callArguments("Oslo"),
        .callCut(closing: nil, raw: "<|channel|>commentary to=functions.f <|constrain|>json<|message|>Oslo"),
      ]),
    Case(
      name: "calls are text where none are looked for",
      output: "<|channel|>commentary to=functions.f<|message|>{}<|call|>", pieces: [.text("{}")], parsesCalls: false),
    Case(
      name: "characters of several bytes", output: "<|channel|>final<|message|>é€𝄞 ü<|return|>",
      pieces: [.text("é€𝄞 ü")], stops: ["X"]),
  ]

  /// The marks of a text, and what is between them.
  private func parts(_ text: String) -> [String] {
    var parts: [String] = []
    var rest = text[...]
    while !rest.isEmpty {
      if let mark = Self.marks.first(where: { rest.hasPrefix($0) }) {
        parts.append(mark)
        rest = rest.dropFirst(mark.count)
      } else {
        let end = Self.marks.compactMap { rest.firstRange(of: $0)?.lowerBound }.min() ?? rest.endIndex
        parts.append(String(rest[..<end]))
        rest = rest[end...]
      }
    }
    return parts
  }

  private func parse(_ ids: [Int], _ example: Case, _ tokenizer: Tokenizer) -> [OutputPiece] {
    var parser = OutputParser(
      tokenizer, marks: OutputMarks(tokenizer), tools: Self.tools, parsesCalls: example.parsesCalls,
      stops: example.stops)
    var pieces: [OutputPiece] = []
    for id in ids { pieces += parser.append(id) }
    return OutputPiece.joined(pieces + parser.finish(isCut: example.isCut))
  }

  @Test(arguments: cases) func `channels mean the same whatever the tokens are`(_ example: Case) throws {
    let tokenizer = try Self.tokenizer()
    #expect(parse(tokenizer.encode(example.output), example, tokenizer) == example.pieces)
    for seed in 0..<40 {
      var random = SplitMix(seed: UInt64(seed))
      let ids = parts(example.output).flatMap { part -> [Int] in
        guard !Self.marks.contains(part) else { return tokenizer.encode(part) }
        var ids: [Int] = []
        var piece = ""
        for scalar in part.unicodeScalars {
          piece.unicodeScalars.append(scalar)
          if random.below(3) == 0 {
            ids += tokenizer.encode(piece, special: false)
            piece = ""
          }
        }
        return ids + tokenizer.encode(piece, special: false)
      }
      #expect(parse(ids, example, tokenizer) == example.pieces, "seed \(seed)")
    }
  }

  @Test(arguments: cases) func `no cut into two changes what channels mean`(_ example: Case) throws {
    let tokenizer = try Self.tokenizer()
    let parts = parts(example.output)
    for (number, part) in parts.enumerated() where !Self.marks.contains(part) {
      for cut in 1..<max(2, part.unicodeScalars.count) {
        let scalars = part.unicodeScalars
        let middle = scalars.index(scalars.startIndex, offsetBy: cut, limitedBy: scalars.endIndex) ?? scalars.endIndex
        let texts =
          parts[..<number] + [String(scalars[..<middle]), String(scalars[middle...])] + parts[(number + 1)...]
        let ids = texts.flatMap { tokenizer.encode($0, special: Self.marks.contains($0)) }
        #expect(parse(ids, example, tokenizer) == example.pieces, "\(number) at \(cut)")
      }
    }
  }

  @Test func `a text that only looks like a mark is none, and thoughts are counted`() throws {
    let tokenizer = try Self.tokenizer()
    let head = "<|channel|>analysis<|message|>"
    let inside = tokenizer.encode("<|end|><|start|>", special: false)
    var parser = OutputParser(tokenizer, marks: OutputMarks(tokenizer))
    var pieces = (tokenizer.encode(head) + inside).flatMap { parser.append($0) }
    #expect(!parser.isInText && parser.reasoningTokens == inside.count)
    pieces += parser.finish(isCut: true)
    #expect(OutputPiece.joined(pieces) == [.reasoning("<|end|><|start|>")])
  }

  @Test func `arguments of a channel go out before they are whole`() throws {
    let tokenizer = try Self.tokenizer()
    var parser = OutputParser(tokenizer, marks: OutputMarks(tokenizer), tools: Self.tools)
    let text = "<|channel|>commentary to=functions.f<|message|>{\"a\": \"Saint-"
    let pieces = tokenizer.encode(text).flatMap { parser.append($0) }
    #expect(OutputPiece.joined(pieces) == [.callBegan("f"), .callArguments("{\"a\": \"Saint-")])
  }
}
