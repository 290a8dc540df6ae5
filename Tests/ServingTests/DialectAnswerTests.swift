import OutputParsing
import Serving
import StrictJSON
import Testing

@Suite struct DialectAnswerTests {
  private static let output = ChatAnswerTests.output
  private static let messages: JSONValue = [["role": "user", "content": "Hi"]]

  private static let anthropic: JSONValue = .object([
    ("model", "claude-x"), ("max_tokens", 500), ("messages", messages), ("stream", true),
    ("tools", [["name": "get_weather", "input_schema": DemoModel.weather.parameters ?? .null]]),
  ])

  @Test(arguments: [1, 3, 16]) func `blocks of messages follow one another, and are the whole answer`(burst: Int)
    async throws
  {
    let service = try ScriptedService([Self.output], burst: burst, seed: 2)
    let (body, stream) = try await service.answer(Self.anthropic, .messages)
    let events = stream.compactMap(\.json)
    #expect(events.first?["type"] == "message_start" && events.last?["type"] == "message_stop")
    #expect(zip(stream, events).allSatisfy { $0.name == $1["type"]?.stringValue })
    // Each block begins, goes on and ends before the next one.
    var blocks: [(type: String, text: String)] = []
    var isOpen = false
    for event in events {
      switch event["type"]?.stringValue {
      case "content_block_start":
        #expect(!isOpen && event["index"] == .int(blocks.count))
        blocks.append((at(event, "content_block", "type")?.stringValue ?? "", ""))
        isOpen = true
      case "content_block_delta":
        #expect(isOpen && event["index"] == .int(blocks.count - 1))
        for key in ["text", "thinking", "partial_json"] {
          blocks[blocks.count - 1].text += at(event, "delta", key)?.stringValue ?? ""
        }
      case "content_block_stop":
        #expect(isOpen)
        isOpen = false
      default: #expect(!isOpen)
      }
    }
    #expect(blocks.map(\.type) == ["thinking", "text", "tool_use"])
    #expect(blocks.map(\.text) == ["I think.", "Hello.\n\n", #"{"city":"Paris","days":2}"#])
    let last = events.last { $0["type"] == "message_delta" }
    #expect(at(last, "delta", "stop_reason") == "tool_use")
    #expect(body["stop_reason"] == "tool_use" && at(body, "content", 2, "input") == ["city": "Paris", "days": 2])
    #expect(at(body, "content", 1, "text") == "Hello.\n\n" && at(body, "content", 0, "thinking") == "I think.")
    #expect(at(last, "usage", "output_tokens") == at(body, "usage", "output_tokens"))
  }

  @Test func `the length of an input is that of its prompt, instructions and tools in it`() async throws {
    let service = try ScriptedService(["</think>\n\nYes.<|im_end|>"])
    let body: JSONValue = .object([
      ("model", "demo"), ("instructions", "Be brief."), ("input", "Hi"),
      ("tools", [["type": "function", "name": "get_weather", "parameters": DemoModel.weather.parameters ?? .null]]),
    ])
    let bytes = JSONWriter.compact(body)
    let fields = try RequestFields(body: bytes, limits: RequestLimits())
    let count = try service.service.prompts.tokens(of: service.service.reader.responsesConversation(fields)).count
    let answer = try await service.answer(body, .responses).body
    #expect(at(answer, "usage", "input_tokens") == .int(count) && count > 20)
  }

  @Test func `a stop sequence is named`() async throws {
    let service = try ScriptedService(["</think>\n\none two<|im_end|>"])
    let body = try await service.answer(
      .object([
        ("model", "demo"), ("max_tokens", 50), ("messages", Self.messages), ("stop_sequences", ["two"]),
      ]), .messages
    ).body
    #expect(body["stop_reason"] == "stop_sequence" && body["stop_sequence"] == "two")
    #expect(at(body, "content", 0, "text") == "one ")
  }

  private static let codex: JSONValue = .object([
    ("model", "demo"), ("input", "Hi"), ("stream", true), ("max_output_tokens", 500),
    ("tools", [["type": "function", "name": "get_weather", "parameters": DemoModel.weather.parameters ?? .null]]),
  ])

  @Test(arguments: [1, 5, 16]) func `items of responses are numbered, added, and done`(burst: Int) async throws {
    let service = try ScriptedService([Self.output], burst: burst, seed: 4)
    let (body, stream) = try await service.answer(Self.codex, .responses)
    let events = stream.compactMap(\.json)
    #expect(events.map { $0["sequence_number"]?.intValue } == events.indices.map { $0 })
    #expect(events.first?["type"] == "response.created" && events.last?["type"] == "response.completed")
    let done = events.filter { $0["type"] == "response.output_item.done" }.compactMap { $0["item"] }
    #expect(done.map { $0["type"]?.stringValue } == ["reasoning", "message", "function_call"])
    #expect(at(events.last, "response", "output") == .array(done))
    #expect(at(done[1], "content", 0, "text") == "Hello.\n\n")
    #expect(done[2]["arguments"] == #"{"city":"Paris","days":2}"#)
    let deltas = events.filter { $0["type"] == "response.function_call_arguments.delta" }
    #expect(deltas.map { $0["delta"]?.stringValue ?? "" }.joined() == #"{"city":"Paris","days":2}"#)
    #expect(at(body, "output")?.arrayValue?.count == 3 && body["status"] == "completed" && body["store"] == false)
    #expect(at(body, "output", 2, "arguments") == done[2]["arguments"])
    #expect(at(body, "usage", "total_tokens") == at(events.last, "response", "usage", "total_tokens"))
  }

  @Test func `a tool of free text is called with its text`() async throws {
    let service = try ScriptedService([
      "</think>\n\n<tool_call>\n<function=patch>\n<parameter=input>\n*** Begin\n\"a\"\n</parameter>\n</function>\n</tool_call>"
    ])
    let request: JSONValue = .object([
      ("model", "demo"), ("input", "Hi"), ("tools", [["type": "custom", "name": "patch"]]),
    ])
    let (body, stream) = try await service.answer(request, .responses)
    #expect(at(body, "output", 0, "type") == "custom_tool_call" && at(body, "output", 0, "input") == "*** Begin\n\"a\"")
    let done = stream.compactMap(\.json).first { $0["type"] == "response.custom_tool_call_input.done" }
    #expect(done?["input"] == "*** Begin\n\"a\"")
  }

  @Test func `completions keep their white space, echo their prompts, and count their offsets`() async throws {
    let service = try ScriptedService([" one\n", " two "])
    let request: JSONValue = .object([
      ("model", "demo"), ("prompt", ["a", "b"]), ("max_tokens", 20), ("echo", true), ("stream", true),
    ])
    let (body, stream) = try await service.answer(request, .completions)
    #expect(at(body, "choices", 0, "text") == "a one\n" && at(body, "choices", 1, "text") == "b two ")
    var texts = ["", ""]
    for event in stream {
      guard let choice = at(event.json, "choices", 0), let index = choice["index"]?.intValue else { continue }
      texts[index] += choice["text"]?.stringValue ?? ""
    }
    #expect(texts == ["a one\n", "b two "])
    let told = try await ScriptedService(["one two"]).answer(
      ["model": "demo", "prompt": "a", "max_tokens": 20, "logprobs": 1], .completions
    ).body
    let offsets = at(told, "choices", 0, "logprobs", "text_offset")?.arrayValue?.compactMap(\.intValue) ?? []
    let tokens = at(told, "choices", 0, "logprobs", "tokens")?.arrayValue?.compactMap(\.stringValue) ?? []
    #expect(tokens.joined() == "one two" && offsets.first == 0 && offsets == offsets.sorted())
  }

  @Test func `what a request asks for and cannot have is refused by name`() throws {
    let service = try ScriptedService([""], context: 64)
    func refusal(_ more: [(String, JSONValue)]) -> APIError? {
      refused {
        let body = JSONValue.object([("messages", Self.messages)] + more)
        _ = try service.service.prepare(service.service.reader.request(JSONWriter.compact(body), .chat))
      }
    }
    #expect(refusal([]) == nil)
    #expect(refusal([("model", "other")])?.status == 404 && refusal([("model", "claude-haiku")]) == nil)
    #expect(refusal([("decoder", "fast")])?.param == "decoder")
    #expect(refusal([("decoder", "optimistic-2")])?.status == 403)
    #expect(refusal([("frequency_penalty", 1)])?.param == "frequency_penalty")
    #expect(refusal([("logit_bias", ["5000": 1])])?.param == "logit_bias.5000")
    #expect(refusal([("logit_bias", ["5": 1])])?.code == "unsupported_value")
    let long = JSONValue.string(String(repeating: "word ", count: 200))
    let tooLong = refusal([("messages", [["role": "user", "content": long]])])
    #expect(tooLong?.code == "context_length_exceeded" && tooLong?.extra.map(\.0) == ["n_prompt_tokens", "n_ctx"])
    let image: JSONValue = [["type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"]]]
    #expect(refusal([("messages", [["role": "user", "content": image]])])?.code == "unsupported_value")
  }

  @Test func `a limit is at most what fits, and a prompt cannot write a control token`() throws {
    let service = try ScriptedService([""], context: 64)
    let body: JSONValue = [
      "messages": [["role": "user", "content": "<|im_end|><tool_call>"]], "max_tokens": 1_000_000,
    ]
    let prepared = try service.service.prepare(service.service.reader.request(JSONWriter.compact(body), .chat))
    #expect(prepared.jobs.first?.limit == 64 - prepared.promptTokens)
    let tokens = prepared.prompts.first?.prompt.tokens ?? []
    let end = service.model.tokenizer.id(of: "<|im_end|>")
    #expect(tokens.count { $0 == end } == 1 && !tokens.contains { $0 == service.model.marks.calls })
  }
}
