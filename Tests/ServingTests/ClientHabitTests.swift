import Inference
import Serving
import StrictJSON
import Testing

/// What clients of one interface or another send and expect.
@Suite struct ClientHabitTests {
  private static let hi: JSONValue = [["role": "user", "content": "Hi"]]

  private func anthropic(_ more: [(String, JSONValue)]) -> JSONValue {
    .object([("model", "claude-x")] + more + (more.contains { $0.0 == "max_tokens" } ? [] : [("max_tokens", 5)]))
  }

  private func prepare(
    _ service: ScriptedService, _ body: JSONValue, _ dialect: Dialect
  ) throws -> PreparedRequest {
    try service.service.prepare(service.service.reader.request(JSONWriter.compact(body), dialect))
  }

  private func refusal(_ body: JSONValue, _ dialect: Dialect) -> APIError? {
    refused { _ = try RequestReader().request(JSONWriter.compact(body), dialect) }
  }

  @Test func `a last message of the assistant begins the answer, as it does where the client says so`() throws {
    let service = try ScriptedService([""])
    let messages: JSONValue = [["role": "user", "content": "Hi"], ["role": "assistant", "content": "The answer"]]
    let begun = try prepare(service, anthropic([("messages", messages)]), .messages)
    let told = try prepare(
      service, .object([("messages", messages), ("continue_final_message", true)]), .chat)
    #expect(begun.prompts.first?.prompt.tokens == told.prompts.first?.prompt.tokens)
    let text = service.model.tokenizer.decode(begun.prompts.first?.prompt.tokens ?? [])
    #expect(text.hasSuffix("The answer") && begun.prompts.first?.isThinking == false)
    // In a list of blocks, too.
    let blocks: JSONValue = [
      ["role": "user", "content": "Hi"], ["role": "assistant", "content": [["type": "text", "text": "The answer"]]],
    ]
    #expect(
      try prepare(service, anthropic([("messages", blocks)]), .messages).prompts.first?.prompt.tokens
        == begun.prompts.first?.prompt.tokens)
  }

  @Test(arguments: ["abc ", "abc\n", "\t"])
  func `an answer that is begun with white space at its end is refused`(_ text: String) {
    let messages: JSONValue = [
      ["role": "user", "content": "Hi"], .object([("role", "assistant"), ("content", .string(text))]),
    ]
    let found = refusal(anthropic([("messages", messages)]), .messages)
    #expect(found?.status == 400 && found?.param == "messages[1].content")
    #expect(found?.message.contains("final assistant content cannot end with trailing whitespace") == true)
  }

  @Test func `a last message that says nothing or calls a tool begins no answer`() throws {
    let empty: JSONValue = [["role": "user", "content": "Hi"], ["role": "assistant", "content": ""]]
    let request = try RequestReader().request(JSONWriter.compact(anthropic([("messages", empty)])), .messages)
    #expect(request.conversation?.continuesLast == false && request.conversation?.messages.count == 1)
    let call: JSONValue = ["type": "tool_use", "id": "t", "name": "f", "input": [:]]
    let called: JSONValue = [
      ["role": "user", "content": "Hi"], .object([("role", "assistant"), ("content", .array([call]))]),
    ]
    let other = try RequestReader().request(JSONWriter.compact(anthropic([("messages", called)])), .messages)
    #expect(other.conversation?.continuesLast == false && other.conversation?.messages.count == 2)
  }

  @Test func `a prompt that is too long is told in each vendor's words, with both numbers`() throws {
    let service = try ScriptedService([""], context: 64)
    let long = JSONValue.string(String(repeating: "word ", count: 200))
    let messages: JSONValue = .array([.object([("role", "user"), ("content", long)])])
    let bodies: [(Dialect, JSONValue, String)] = [
      (.chat, .object([("messages", messages)]), "messages"), (.responses, .object([("input", long)]), "input"),
      (.completions, .object([("prompt", long)]), "prompt"),
      (.messages, anthropic([("messages", messages)]), "messages"),
    ]
    for (dialect, body, param) in bodies {
      let error = refused { _ = try prepare(service, body, dialect) }
      let tokens = error?.extra.first?.1.intValue ?? 0
      #expect(tokens > 63 && error?.code == "context_length_exceeded" && error?.param == param)
      let document = error?.body(for: dialect)
      let message = at(document, "error", "message")?.stringValue ?? ""
      #expect(at(document, "error", "type") == "invalid_request_error")
      #expect(
        message.hasPrefix(
          dialect == .messages
            ? "prompt is too long: \(tokens) tokens > 63 maximum"
            : "This model's maximum context length is 64 tokens. However, your messages resulted in \(tokens) tokens"),
        "\(message)")
    }
  }

  private func text(_ blocks: JSONValue) throws -> String? {
    let messages: JSONValue = .array([.object([("role", "user"), ("content", blocks)])])
    let request = try RequestReader().request(JSONWriter.compact(anthropic([("messages", messages)])), .messages)
    return request.conversation?.messages.first?.text
  }

  @Test func `a document of text is text, behind its title`() throws {
    let plain: JSONValue = ["type": "text", "media_type": "text/plain", "data": "abc"]
    #expect(
      try text([
        .object([("type", "document"), ("source", plain), ("title", "T"), ("context", "C")]),
        ["type": "text", "text": "x"],
      ]) == "T\nC\nabc\nx")
    let content: JSONValue = ["type": "content", "content": [["type": "text", "text": "a"]]]
    #expect(try text([.object([("type", "document"), ("source", content)])]) == "a")
    let file: JSONValue = ["type": "base64", "media_type": "application/pdf", "data": "JVBERi0="]
    let refusal = refused { _ = try text([.object([("type", "document"), ("source", file)])]) }
    #expect(refusal?.status == 400 && refusal?.param == "messages[0].content[0].source.type")
    #expect(refusal?.message.contains("base64") == true)
  }

  @Test func `a tool that a search found is named in the tool's answer`() throws {
    let result: JSONValue = [
      "type": "tool_result", "tool_use_id": "t", "content": [["type": "tool_reference", "tool_name": "Read"]],
    ]
    #expect(try text([result]) == "The tool Read can be called.")
  }

  @Test func `no limit is a limit of minus one, and not of any other negative number`() throws {
    for (dialect, body, key) in [
      (Dialect.chat, [("messages", Self.hi)], "max_tokens"), (.chat, [("messages", Self.hi)], "max_completion_tokens"),
      (.completions, [("prompt", "Hi")], "max_tokens"), (.responses, [("input", "Hi")], "max_output_tokens"),
    ] as [(Dialect, [(String, JSONValue)], String)] {
      let bytes = JSONWriter.compact(.object(body + [(key, -1)]))
      #expect(try RequestReader().request(bytes, dialect).limit == nil, "\(key)")
      #expect(refusal(.object(body + [(key, -2)]), dialect)?.param == key)
    }
    #expect(refusal(.object([("input", "Hi"), ("max_output_tokens", 0)]), .responses)?.param == "max_output_tokens")
    #expect(refusal(anthropic([("messages", Self.hi), ("max_tokens", -1)]), .messages)?.param == "max_tokens")
  }

  @Test func `a request for no token makes the prompt ready, and has an empty answer`() async throws {
    let service = try ScriptedService(["</think>\n\nYes.<|im_end|>"])
    let (body, stream) = try await service.answer(anthropic([("messages", Self.hi), ("max_tokens", 0)]), .messages)
    #expect(body["content"] == .array([]) && body["stop_reason"] == "max_tokens")
    #expect(at(body, "usage", "output_tokens") == 0)
    #expect(stream.map(\.name) == ["message_start", "message_delta", "message_stop"])
  }

  @Test func `a mark of byte order before the body is passed over`() throws {
    let body = JSONWriter.compact(.object([("messages", Self.hi)]))
    #expect(try RequestReader().request([0xEF, 0xBB, 0xBF] + body, .chat) == RequestReader().request(body, .chat))
  }
}
