import OutputParsing
import Serving
import StrictJSON
import Testing

@Suite struct RequestReaderTests {
  private let reader = RequestReader()

  private func read(_ body: JSONValue, _ dialect: Dialect = .chat) throws -> GenerationRequest {
    try reader.request(JSONWriter.compact(body), dialect)
  }

  private func param(_ body: JSONValue, _ dialect: Dialect = .chat) -> String? {
    refused { _ = try read(body, dialect) }?.param
  }

  private func chat(_ more: [(String, JSONValue)]) -> JSONValue {
    .object([("messages", [["role": "user", "content": "Hi"]])] + more)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let param: String
    let field: (String, JSONValue)
    var testDescription: String { "\(param) \(JSONWriter.compact(field.1).count)" }

    init(_ param: String, _ key: String, _ value: JSONValue) {
      self.param = param
      field = (key, value)
    }
  }

  static let bad: [Bad] = [
    Bad("messages", "messages", []), Bad("messages", "messages", "Hi"), Bad("messages[0]", "messages", ["Hi"]),
    Bad("messages[0].role", "messages", [["content": "Hi"]]),
    Bad("messages[0].role", "messages", [["role": "robot", "content": "Hi"]]),
    Bad("messages[0].content", "messages", [["role": "user"]]),
    Bad("messages[0].content", "messages", [["role": "user", "content": 5]]),
    Bad("messages[0].content[0].type", "messages", [["role": "user", "content": [["type": "audio"]]]]),
    Bad("messages[0].content[0].text", "messages", [["role": "user", "content": [["type": "text"]]]]),
    Bad(
      "messages[0].content[0].image_url.url", "messages",
      [["role": "user", "content": [["type": "image_url", "image_url": ["url": "http://169.254.169.254/"]]]]]),
    Bad(
      "messages[0].content[0].image_url.url", "messages",
      [["role": "user", "content": [["type": "image_url", "image_url": ["url": "file:///etc/passwd"]]]]]),
    Bad(
      "messages[0].content[0].image_url", "messages",
      [["role": "user", "content": [["type": "image_url", "image_url": "data:image/svg+xml;base64,AAAA"]]]]),
    Bad(
      "messages[0].content[0].image_url", "messages",
      [["role": "user", "content": [["type": "image_url", "image_url": "data:image/png;base64,A*=="]]]]),
    Bad("messages[0].tool_call_id", "messages", [["role": "tool", "content": "5"]]),
    Bad("temperature", "temperature", 3), Bad("temperature", "temperature", "warm"),
    Bad("temperature", "temperature", JSONValue(.number("0.0001"))), Bad("top_p", "top_p", 0),
    Bad("top_p", "top_p", JSONValue(.number("1e-320"))), Bad("max_tokens", "max_tokens", -2),
    Bad("max_tokens", "max_tokens", JSONValue(.number("1.5"))), Bad("n", "n", 0), Bad("n", "n", 1_000),
    Bad("stop", "stop", .array(Array(repeating: "a", count: 65))),
    Bad("stop[1]", "stop", ["a", 5]), Bad("top_logprobs", "top_logprobs", 21), Bad("top_logprobs", "top_logprobs", 5),
    Bad("logit_bias.x", "logit_bias", ["x": 1]), Bad("logit_bias.5", "logit_bias", ["5": 1_000]),
    Bad("tools[0].type", "tools", [["type": "retrieval"]]), Bad("tools[0].function", "tools", [["type": "function"]]),
    Bad("tools[0].function.name", "tools", [["type": "function", "function": ["name": "a b"]]]),
    Bad("tools[0].function.name", "tools", [["type": "function", "function": ["name": "</function>"]]]),
    Bad("tool_choice", "tool_choice", "required"), Bad("tool_choice", "tool_choice", "perhaps"),
    Bad("tool_choice.function.name", "tool_choice", ["type": "function", "function": ["name": "none"]]),
    Bad("response_format", "response_format", ["type": "xml"]),
    Bad("response_format.type", "response_format", [:]),
    Bad(
      "response_format.json_schema.schema", "response_format", ["type": "json_schema", "json_schema": ["name": "a"]]),
    Bad("stream", "stream", "yes"),
    Bad("prediction.content", "prediction", ["type": "content"]),
  ]

  @Test(arguments: bad) func `a wrong field is named`(_ example: Bad) {
    let body =
      example.field.0 == "messages"
      ? JSONValue.object([("messages", example.field.1)]) : chat([example.field])
    let refusal = refused { _ = try read(body) }
    #expect(refusal?.param == example.param && refusal?.status == 400, "\(refusal?.message ?? "no refusal")")
  }

  @Test(
    arguments: [
      ("tool_choice.allowed_tools", ["type": "allowed_tools"]),
      ("tool_choice.allowed_tools.tools", ["type": "allowed_tools", "allowed_tools": ["mode": "auto"]]),
      ("tool_choice.allowed_tools.tools", ["type": "allowed_tools", "allowed_tools": ["mode": "auto", "tools": []]]),
      (
        "tool_choice.allowed_tools.mode",
        ["type": "allowed_tools", "allowed_tools": ["mode": "perhaps", "tools": [["type": "function", "name": "f"]]]]
      ),
      (
        "tool_choice.allowed_tools.tools[0].function.name",
        [
          "type": "allowed_tools",
          "allowed_tools": ["mode": "auto", "tools": [["type": "function", "function": ["name": "g"]]]],
        ]
      ),
      ("tool_choice.tools[0].name", ["type": "allowed_tools", "tools": [["type": "function", "name": "g"]]]),
    ] as [(String, JSONValue)])
  func `tools that are allowed and are not there are refused by name`(_ name: String, _ choice: JSONValue) throws {
    let tools: (String, JSONValue) = ("tools", [["type": "function", "function": ["name": "f"]]])
    let refusal = refused { _ = try read(chat([tools, ("tool_choice", choice)])) }
    #expect(refusal?.param == name && refusal?.status == 400, "\(refusal?.message ?? "no refusal")")
    let good: JSONValue = [
      "type": "allowed_tools",
      "allowed_tools": ["mode": "required", "tools": [["type": "function", "function": ["name": "f"]]]],
    ]
    #expect(try read(chat([tools, ("tool_choice", good)])).conversation?.toolChoice == .required)
  }

  @Test(arguments: ["", "{", "[]", "5", #"{"messages": [], "messages": []}"#, #"{"a": NaN}"#, "{\"a\": \"\u{1}\"}"])
  func `a body that is no JSON object is refused, and never a fault`(_ text: String) {
    for dialect in Dialect.allCases {
      #expect(refused { _ = try reader.request(Array(text.utf8), dialect) }?.status == 400)
    }
    let deep = Array((String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).utf8)
    #expect(refused { _ = try reader.request(deep, .chat) }?.code == "E_JSON_DEPTH")
    #expect(refused { _ = try reader.request([0x7B, 0xFF, 0x7D], .chat) }?.status == 400)
  }

  @Test(
    arguments: [
      (Dialect.chat, "messages", [["role": "user", "content": "Hi"]]), (.completions, "prompt", "Hi"),
      (.responses, "input", "Hi"),
    ] as [(Dialect, String, JSONValue)])
  func `a salt of the cache reaches the engine`(_ dialect: Dialect, _ key: String, _ input: JSONValue) async throws {
    let service = try ScriptedService(["Yes.<|im_end|>"])
    _ = try await service.answer(.object([("model", "demo"), (key, input), ("cache_salt", "mine")]), dialect)
    #expect(service.engine.submitted.map(\.cacheSalt) == ["mine"])
    _ = try await service.answer(.object([("model", "demo"), (key, input)]), dialect)
    #expect(service.engine.submitted.map(\.cacheSalt) == ["mine", ""])
  }

  @Test func `null is as good as no field, and fields that nobody knows are ignored by name`() throws {
    let request = try read(
      chat([
        ("temperature", .null), ("stop", .null), ("tools", .null), ("tool_choice", .null), ("max_tokens", .null),
        ("user", "me"), ("store", true), ("service_tier", "auto"), ("unheard_of", [1, 2]),
      ]))
    var expected = try read(chat([]))
    expected.ignored = ["user", "store", "unheard_of"]
    #expect(request == expected)
  }

  @Test func `the later name of a limit wins`() throws {
    #expect(try read(chat([("max_tokens", 5), ("max_completion_tokens", 7)])).limit == 7)
    #expect(try read(chat([])).limit == nil)
  }

  @Test func `errors have the form of their dialect`() {
    let error = APIError.field("stop", "is wrong")
    #expect(at(error.body(for: .chat), "error", "param") == "stop")
    #expect(at(error.body(for: .responses), "error", "type") == "invalid_request_error")
    let other = error.body(for: .messages)
    #expect(at(other, "type") == "error" && at(other, "error", "type") == "invalid_request_error")
    #expect(at(other, "error", "param") == nil)
    for kind in APIError.Kind.allCases { #expect((400..<600).contains(APIError(kind, "").status)) }
  }

  @Test func `messages of Claude Code become what a template reads`() throws {
    let body: JSONValue = [
      "model": "claude-x", "max_tokens": 50,
      "system": [
        ["type": "text", "text": "x-anthropic-billing-header: cc_version=1; cch=ab12"],
        ["type": "text", "text": "You are an agent.", "cache_control": ["type": "ephemeral"]],
      ],
      "messages": [
        ["role": "user", "content": "Read it."],
        [
          "role": "assistant",
          "content": [
            ["type": "thinking", "thinking": "Hm", "signature": "s"], ["type": "text", "text": "Yes."],
            ["type": "tool_use", "id": "toolu_1", "name": "read", "input": ["path": "a"]],
          ],
        ],
        [
          "role": "user",
          "content": [
            ["type": "tool_result", "tool_use_id": "toolu_1", "content": [["type": "text", "text": "42"]]],
            ["type": "text", "text": "And now?"],
          ],
        ], ["role": "system", "content": "# Environment"],
      ],
      "tools": [
        ["name": "read", "input_schema": ["type": "object"]], ["type": "web_search_20250305", "name": "web_search"],
      ],
    ]
    let request = try read(body, .messages)
    guard case .chat(let conversation)? = request.inputs.first else {
      Issue.record("no conversation")
      return
    }
    let json = TemplateMessages.json(conversation.messages)
    #expect(
      json == [
        ["role": "system", "content": "You are an agent."], ["role": "user", "content": "Read it."],
        [
          "role": "assistant", "content": "Yes.", "reasoning_content": "Hm",
          "tool_calls": [
            ["id": "toolu_1", "type": "function", "function": ["name": "read", "arguments": ["path": "a"]]]
          ],
        ],
        ["role": "tool", "content": "42", "tool_call_id": "toolu_1"], ["role": "user", "content": "And now?"],
        ["role": "user", "content": "[System message]\n# Environment"],
      ])
    #expect(request.tools.map(\.name) == ["read"] && request.limit == 50)
    #expect(param(["max_tokens": 5, "messages": [["role": "robot", "content": ""]]], .messages) == "messages[0].role")
    #expect(param(["messages": [["role": "user", "content": ""]]], .messages) == "max_tokens")
  }

  @Test func `a call that was cut stays in the conversation as a text`() {
    let messages = [
      ChatMessage(.assistant, [], calls: [PastCall(id: "1", name: "f", arguments: "{\"path\": \"a")])
    ]
    #expect(
      at(TemplateMessages.json(messages), 0, "tool_calls", 0, "function", "arguments", "arguments") == "{\"path\": \"a")
  }

  @Test func `items of Codex become the turns of a conversation`() throws {
    let body: JSONValue = [
      "model": "m", "instructions": "Be brief.",
      "input": [
        ["type": "message", "role": "developer", "content": [["type": "input_text", "text": "Rules."]]],
        ["type": "message", "role": "user", "content": [["type": "input_text", "text": "Go."]]],
        ["type": "reasoning", "summary": [], "content": [["type": "reasoning_text", "text": "Hm"]]],
        ["type": "function_call", "call_id": "c1", "name": "ls", "arguments": "{}"],
        ["type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "*** a"],
        ["type": "function_call_output", "call_id": "c1", "output": "a b"],
        ["type": "custom_tool_call_output", "call_id": "c2", "output": "ok"],
      ],
      "tools": [
        ["type": "custom", "name": "patch", "format": ["type": "grammar", "definition": "start: x"]],
        ["type": "web_search"], ["type": "function", "name": "ls", "parameters": ["type": "object"]],
      ], "store": true, "stream": true,
    ]
    let request = try read(body, .responses)
    guard case .chat(let conversation)? = request.inputs.first else {
      Issue.record("no conversation")
      return
    }
    #expect(conversation.messages.map(\.role) == [.system, .system, .user, .assistant, .tool, .tool])
    #expect(
      conversation.messages[3].calls.map(\.name) == ["ls", "patch"] && conversation.messages[3].reasoning == "Hm")
    #expect(conversation.tools.map(\.isFreeText) == [true, false])
    #expect(request.repeated.first { $0.key == "store" }?.value == false)
    #expect(param(["input": [["type": "item_reference", "id": "x"]]], .responses) == "input[0].type")
    #expect(param(["input": "x", "previous_response_id": "r"], .responses) == "previous_response_id")
    #expect(try read(["input": [], "max_output_tokens": 1], .responses).limit == 1)
  }

  @Test func `prompts of completions are texts and tokens, alone and in lists`() throws {
    #expect(try read(["prompt": "a"], .completions).inputs == [.text("a")])
    #expect(try read(["prompt": ["a", "b"]], .completions).inputs == [.text("a"), .text("b")])
    #expect(try read(["prompt": [1, 2]], .completions).inputs == [.tokens([1, 2])])
    #expect(try read(["prompt": [[1], [2]]], .completions).inputs == [.tokens([1]), .tokens([2])])
    #expect(try read(["prompt": "a", "suffix": "b"], .completions).inputs == [.gap(before: "a", after: "b")])
    #expect(param(["prompt": [1, "a"]], .completions) == "prompt[1]")
  }

  @Test(arguments: [
    ("demo", true), ("", true), ("claude-haiku-4-5", true), ("claude-", true), ("Demo", false), ("../../x", false),
    ("xclaude-a", false),
  ]) func `a model is known by its names alone`(name: String, isKnown: Bool) {
    #expect(ModelNames(["demo", "claude-*"]).contains(name) == isKnown)
    #expect(ModelNames(["*"]).contains(name) && ModelNames(["a*b*c"]).contains("a-b-b-c"))
  }

  @Test func `a text has a limit of its own, and pictures do not count`() throws {
    var limits = RequestLimits()
    limits.textBytes = 400
    let reader = RequestReader(limits)
    let long = String(repeating: "word ", count: 100)
    let messages: JSONValue = .array([.object([("role", "user"), ("content", .string(long))])])
    let bodies: [(Dialect, [(String, JSONValue)])] = [
      (.chat, [("messages", messages)]), (.completions, [("prompt", .string(long))]),
      (.responses, [("input", .string(long))]), (.messages, [("max_tokens", 5), ("messages", messages)]),
    ]
    for (dialect, members) in bodies {
      let body = JSONWriter.compact(.object(members))
      let refusal = refused { _ = try reader.request(body, dialect) }
      #expect(refusal?.kind == .tooLarge, "\(dialect)")
    }
    let picture = JSONValue.string("data:image/png;base64," + String(repeating: "AAAA", count: 200))
    let part: JSONValue = .object([("type", "image_url"), ("image_url", .object([("url", picture)]))])
    let body: JSONValue = .object([("messages", [.object([("role", "user"), ("content", .array([part]))])])])
    let request = try reader.request(JSONWriter.compact(body), .chat)
    #expect(request.conversation?.images.first?.bytes.count == 600)
  }
}
