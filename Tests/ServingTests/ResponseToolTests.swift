import OutputParsing
import Serving
import StrictJSON
import Testing

/// Tools that Codex sends in groups and in items of its input.
@Suite struct ResponseToolTests {
  private static let shell: JSONValue = ["type": "function", "name": "shell", "parameters": ["type": "object"]]
  private static let patch: JSONValue = ["type": "custom", "name": "apply_patch"]
  private static let open: JSONValue = ["type": "function", "name": "open", "parameters": ["type": "object"]]
  private static let hi: JSONValue = ["type": "message", "role": "user", "content": "Hi"]

  private static func group(_ name: String, _ tools: [JSONValue]) -> JSONValue {
    .object([("type", "namespace"), ("name", .string(name)), ("description", "D"), ("tools", .array(tools))])
  }

  private func read(_ members: [(String, JSONValue)]) throws -> GenerationRequest {
    try RequestReader().request(JSONWriter.compact(.object(members)), .responses)
  }

  private func refusal(_ members: [(String, JSONValue)]) -> APIError? { refused { _ = try read(members) } }

  @Test func `an item of additional tools has tools, and the common group is none`() throws {
    let item: JSONValue = .object([
      ("type", "additional_tools"), ("role", "developer"),
      ("tools", .array([Self.group("functions", [Self.patch, Self.shell]), ["type": "web_search"]])),
    ])
    let request = try read([("input", .array([item, Self.hi]))])
    #expect(request.tools.map(\.name) == ["apply_patch", "shell"] && request.tools.map(\.isFreeText) == [true, false])
    #expect(request.tools.allSatisfy { $0.group == nil })
    #expect(request.conversation?.messages.map(\.role) == [.user])
    #expect(request.ignored == ["input[0].tools[1]"])
  }

  @Test func `a tool of a group has one name for the model, made of both`() throws {
    let request = try read([
      ("input", "Hi"), ("tools", .array([Self.group("mcp__idea__", [Self.open]), Self.group("web", [Self.open])])),
    ])
    #expect(request.tools.map(\.name) == ["mcp__idea__open", "web__open"] && request.ignored == [])
    #expect(at(request.tools.first?.declaration, "function", "name") == "mcp__idea__open")
    #expect(request.tools.last?.group == ToolGroup("web", "open"))
  }

  @Test func `two tools that the model could not tell apart are refused`() {
    let taken: JSONValue = ["type": "function", "name": "a__open"]
    #expect(
      refusal([("input", "Hi"), ("tools", .array([taken, Self.group("a", [Self.open])]))])?.param == "tools[1].tools[0]"
    )
    #expect(
      refusal([("input", "Hi"), ("tools", .array([Self.group("a b", [Self.open])]))])?.param == "tools[0].name")
    let item: JSONValue = .object([
      ("type", "additional_tools"), ("tools", .array([Self.group("a", [Self.open])])),
    ])
    #expect(
      refusal([("input", .array([item, Self.hi])), ("tools", .array([taken]))])?.param == "input[0].tools[0].tools[0]")
  }

  @Test func `sizes: tools of all groups are 512 at most`() throws {
    func groups(_ last: Int) -> [(String, JSONValue)] {
      let counts = [128, 128, 128, last]
      let groups = counts.indices.map { group in
        Self.group("g\(group)", (0..<counts[group]).map { ["type": "function", "name": .string("f\($0)")] })
      }
      return [("input", "Hi"), ("tools", .array(groups + (last < 128 ? [] : [Self.shell])))]
    }
    #expect(try read(groups(127)).tools.count == 511)
    let refusal = refusal(groups(128))
    #expect(refusal?.param == "tools[4]" && refusal?.code == "array_above_max_length")
  }

  @Test func `an input that repeats a tool has it once, as it was declared last`() throws {
    func found(_ description: String) -> JSONValue {
      let tool: JSONValue = .object([
        ("type", "function"), ("name", "open"), ("description", .string(description)),
      ])
      return .object([
        ("type", "tool_search_output"), ("call_id", "t"), ("tools", .array([Self.group("a", [tool])])),
      ])
    }
    let request = try read([("input", .array([Self.hi, found("old"), found("new")])), ("tools", .array([Self.shell]))])
    #expect(request.tools.map(\.name) == ["shell", "a__open"])
    #expect(at(request.tools.last?.declaration, "function", "description") == "new")
  }

  @Test(arguments: [
    "tool_search_call", "compaction", "compaction_summary", "web_search_call", "image_generation_call",
    "ghost_snapshot",
  ]) func `an item that is not for the model is passed over, and named`(_ type: String) throws {
    let item: JSONValue = .object([("type", .string(type)), ("id", "x"), ("encrypted_content", "zz")])
    let request = try read([("input", .array([Self.hi, item]))])
    #expect(request.conversation?.messages.count == 1 && request.ignored == ["input[1]"])
    #expect(refusal([("input", .array([["type": "unheard_of"]]))])?.param == "input[0].type")
  }

  @Test func `a call of the past has the name that the model knows`() throws {
    let call: JSONValue = [
      "type": "function_call", "namespace": "mcp__idea__", "name": "open", "arguments": "{}", "call_id": "c",
    ]
    let other: JSONValue = [
      "type": "function_call", "namespace": "functions", "name": "shell", "arguments": "{}", "call_id": "d",
    ]
    let output: JSONValue = [
      "type": "function_call_output", "call_id": "c", "output": ["content": "done", "success": true],
    ]
    let request = try read([("input", .array([Self.hi, call, other, output]))])
    let messages = request.conversation?.messages ?? []
    #expect(messages.map(\.role) == [.user, .assistant, .tool])
    #expect(messages[1].calls.map(\.name) == ["mcp__idea__open", "shell"] && messages[2].text == "done")
  }

  @Test func `a choice finds a tool by its group, or by a name that one tool alone has`() throws {
    func choice(_ choice: JSONValue, _ groups: [String] = ["a", "b"]) throws -> GenerationRequest {
      try read([
        ("input", "Hi"), ("tool_choice", choice),
        ("tools", .array(groups.map { Self.group($0, [Self.open]) } + [Self.shell])),
      ])
    }
    let named = try choice(["type": "function", "namespace": "b", "name": "open"])
    #expect(named.conversation?.toolChoice == .named("b__open"))
    #expect(try choice(["type": "function", "name": "open"], ["b"]).conversation?.toolChoice == .named("b__open"))
    #expect(refused { _ = try choice(["type": "function", "name": "open"]) }?.param == "tool_choice.name")
    #expect(
      refused { _ = try choice(["type": "function", "namespace": "c", "name": "open"]) }?.param == "tool_choice.name")
    let allowed = try choice([
      "type": "allowed_tools", "mode": "auto", "tools": [["type": "namespace", "name": "a"]],
    ])
    #expect(allowed.tools.map(\.name) == ["a__open"])
  }

  @Test func `a call is given back under the names that the client declared`() async throws {
    let service = try ScriptedService([
      "</think>\n\n<tool_call>\n<function=mcp__idea__open>\n</function>\n</tool_call><|im_end|>"
    ])
    let request: JSONValue = .object([
      ("model", "demo"), ("input", "Hi"), ("tools", .array([Self.group("mcp__idea__", [Self.open])])),
    ])
    let (body, stream) = try await service.answer(request, .responses)
    #expect(at(body, "output", 0, "type") == "function_call")
    #expect(at(body, "output", 0, "name") == "open" && at(body, "output", 0, "namespace") == "mcp__idea__")
    let events = stream.compactMap(\.json)
    for type in ["response.output_item.added", "response.output_item.done"] {
      let item = events.first { $0["type"] == .string(type) }?["item"]
      #expect(item?["name"] == "open" && item?["namespace"] == "mcp__idea__", "\(type)")
    }
    #expect(events.first { $0["type"] == "response.function_call_arguments.done" }?["name"] == "open")
  }

  @Test func `a call of a tool in no group says no group`() async throws {
    let service = try ScriptedService([
      "</think>\n\n<tool_call>\n<function=shell>\n</function>\n</tool_call><|im_end|>"
    ])
    let request: JSONValue = .object([
      ("model", "demo"), ("input", "Hi"), ("tools", .array([Self.group("functions", [Self.shell])])),
    ])
    let body = try await service.answer(request, .responses).body
    #expect(at(body, "output", 0, "name") == "shell" && at(body, "output", 0, "namespace") == nil)
  }
}
