import Inference
import OutputParsing
import Serving
import StrictJSON
import Testing

@Suite struct ChatAnswerTests {
  static let output =
    "I think.\n</think>\n\nHello.\n\n<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n"
    + "<parameter=days>\n2\n</parameter>\n</function>\n</tool_call><|im_end|>"

  static func request(_ more: [(String, JSONValue)] = []) -> JSONValue {
    .object(
      [
        ("model", "demo"), ("messages", [["role": "user", "content": "Hi"]]),
        ("tools", [["type": "function", "function": DemoModel.function]]),
      ] + more)
  }

  @Test func `a whole answer has thoughts, text, calls and counts`() async throws {
    let service = try ScriptedService([Self.output])
    let body = try await service.answer(Self.request(), .chat).body
    let message = at(body, "choices", 0, "message")
    #expect(at(message, "content") == "Hello.\n\n")
    #expect(at(message, "reasoning_content") == "I think." && at(message, "reasoning") == "I think.")
    #expect(at(message, "tool_calls", 0, "function", "name") == "get_weather")
    #expect(at(message, "tool_calls", 0, "function", "arguments") == #"{"city":"Paris","days":2}"#)
    #expect(at(body, "choices", 0, "finish_reason") == "tool_calls")
    let count = service.model.tokenizer.encode(Self.output).count
    #expect(at(body, "usage", "completion_tokens") == .int(count))
    #expect(at(body, "usage", "prompt_tokens_details", "cached_tokens") == 0)
    #expect(at(body, "system_fingerprint") == "fp_test" && at(body, "decoder") == "vanilla")
    #expect(at(body, "usage", "completion_tokens_details", "accepted_prediction_tokens") == nil)
  }

  /// What a client puts together of a stream.
  private func collect(_ stream: [ServerSentEvent]) -> [String: String] {
    var parts: [String: String] = [:]
    for event in stream {
      guard let choice = at(event.json, "choices", 0), let delta = choice["delta"] else { continue }
      for key in ["content", "reasoning_content"] { parts[key, default: ""] += delta[key]?.stringValue ?? "" }
      for call in delta["tool_calls"]?.arrayValue ?? [] {
        let number = call["index"]?.intValue ?? -1
        parts["call \(number)", default: ""] += at(call, "function", "arguments")?.stringValue ?? ""
        if let name = at(call, "function", "name")?.stringValue { parts["name \(number)", default: ""] += name }
      }
      if let reason = choice["finish_reason"]?.stringValue { parts["finish", default: ""] += reason }
    }
    return parts
  }

  @Test(arguments: 1...16) func `a stream put together is the whole answer, however many tokens come at once`(
    burst: Int
  ) async throws {
    let reference = collect(try await ScriptedService([Self.output]).answer(Self.request(), .chat).stream)
    #expect(
      reference == [
        "content": "Hello.\n\n", "reasoning_content": "I think.", "call 0": #"{"city":"Paris","days":2}"#,
        "name 0": "get_weather", "finish": "tool_calls",
      ])
    for seed in 0..<8 {
      let service = try ScriptedService([Self.output], burst: burst, seed: seed)
      let stream = try await service.answer(Self.request([("stream", true)]), .chat).stream
      #expect(collect(stream) == reference, "seed \(seed)")
      #expect(stream.last == .done && stream.count { $0 == .done } == 1)
    }
  }

  @Test func `a stream has one name, the role first, no empty lists, and counts only when they are asked for`()
    async throws
  {
    let service = try ScriptedService([Self.output])
    let plain = try await service.answer(Self.request([("stream", true)]), .chat).stream
    #expect(at(plain.first?.json, "choices", 0, "delta", "role") == "assistant")
    #expect(Set(plain.dropLast().map { at($0.json, "id")?.stringValue }).count == 1)
    #expect(!plain.contains { at($0.json, "usage") != nil || $0.data.contains(#""tool_calls":[]"#) })
    let counted = try await ScriptedService([Self.output]).answer(
      Self.request([("stream", true), ("stream_options", ["include_usage": true])]), .chat
    ).stream
    let last = counted.dropLast().last?.json
    #expect(at(last, "choices") == .array([]) && at(last, "usage", "total_tokens") != nil)
    #expect(counted.count == plain.count + 1)
    let options: JSONValue = ["include_usage": true, "continuous_usage_stats": true]
    let always = try await ScriptedService([Self.output]).answer(
      Self.request([("stream", true), ("stream_options", options)]), .chat
    ).stream.compactMap { at($0.json, "usage", "completion_tokens")?.intValue }
    #expect(always.count == counted.count - 1 && always == always.sorted() && always.last == always.dropLast().last)
  }

  @Test func `an answer that is cut says length, and a call that is cut is whole where it can be`() async throws {
    let service = try ScriptedService([Self.output])
    let prefix = "I think.\n</think>\n\nHello.\n\n<tool_call>\n<function=get_weather>\n<parameter=city>\nPar"
    let count = service.model.tokenizer.encode(prefix).count
    let script = try ScriptedService([prefix + "is is large"])
    let body = try await script.answer(Self.request([("max_tokens", .int(count))]), .chat).body
    #expect(at(body, "choices", 0, "finish_reason") == "length")
    let arguments = at(body, "choices", 0, "message", "tool_calls", 0, "function", "arguments")?.stringValue ?? ""
    #expect(arguments.hasPrefix(#"{"city":"P"#) && arguments.hasSuffix(#""}"#))
  }

  @Test func `several answers have seeds and calls of their own`() async throws {
    let service = try ScriptedService(["</think>\n\none<|im_end|>", "</think>\n\ntwo<|im_end|>"])
    let body = try await service.answer(Self.request([("n", 2), ("seed", 5)]), .chat).body
    #expect(
      at(body, "choices", 0, "message", "content") == "one" && at(body, "choices", 1, "message", "content") == "two")
    #expect(at(body, "choices", 1, "index") == 1)
    #expect(service.engine.submitted.map(\.sampling.seed) == [5, 6])
  }

  @Test func `a failure in a stream is an error, and never an end`() async throws {
    let failure = InferenceError.logits(model: "m", of: "the trunk", position: 3, token: 4)
    let service = try ScriptedService(["</think>\n\nHel"], failure: failure)
    let stream = try await service.answer(Self.request([("stream", true)]), .chat).stream
    #expect(at(stream.last?.json, "error", "type")?.stringValue != nil)
    #expect(!stream.contains(.done))
    #expect(!stream.contains { at($0.json, "choices", 0, "finish_reason")?.stringValue != nil })
  }

  @Test func `a client is told the code of a fault, and nothing of the machine`() async throws {
    let failure = InferenceError.logits(model: "/home/me/model", of: "the trunk", position: 3, token: 4)
    let service = try ScriptedService(["</think>\n\nHel"], failure: failure)
    let events = try await service.events(Self.request(), .chat).1
    guard case .failed(let error)? = events.last else {
      Issue.record("no failure")
      return
    }
    #expect(error.kind == .server && error.code == failure.diagnostic.code && error.cause != nil)
    let told = JSONText.compact(error.body(for: .chat))
    #expect(!told.contains("/home/me") && !told.contains("trunk"), "\(told)")
  }

  @Test func `an answer that the engine gives up is an error, and never an end`() async throws {
    let service = try ScriptedService(["</think>\n\nHel"], isGivenUp: true)
    let stream = try await service.answer(Self.request([("stream", true)]), .chat).stream
    #expect(at(stream.last?.json, "error", "type") == "unavailable_error")
    #expect(!stream.contains { at($0.json, "choices", 0, "finish_reason")?.stringValue != nil })
  }

  @Test func `probabilities are those of the text's tokens`() async throws {
    let service = try ScriptedService(["Hm\n</think>\n\nHello.<|im_end|>"])
    let body = try await service.answer(Self.request([("logprobs", true), ("top_logprobs", 2)]), .chat).body
    let content = at(body, "choices", 0, "logprobs", "content")?.arrayValue ?? []
    let text = content.map { $0["token"]?.stringValue ?? "" }.joined()
    #expect(text == "\n\nHello.")
    #expect(at(content.first, "logprob") == .number(-0.5) && at(content.first, "top_logprobs")?.arrayValue?.count == 2)
  }

  @Test func `a stop string ends the answer before it, and the job with it`() async throws {
    let service = try ScriptedService(["</think>\n\none two three four<|im_end|>"], burst: 16)
    let body = try await service.answer(Self.request([("stop", "three")]), .chat).body
    #expect(at(body, "choices", 0, "message", "content") == "one two ")
    #expect(at(body, "choices", 0, "finish_reason") == "stop")
    let tokens = service.model.tokenizer.encode("</think>\n\none two three").count
    #expect(at(body, "usage", "completion_tokens")?.intValue ?? 0 <= tokens + 1)
  }

  @Test func `a call that must be made is begun in the prompt`() async throws {
    let rest = "<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call><|im_end|>"
    let service = try ScriptedService([rest])
    let choice: JSONValue = ["type": "function", "function": ["name": "get_weather"]]
    let body = try await service.answer(Self.request([("tool_choice", choice)]), .chat).body
    #expect(at(body, "choices", 0, "message", "tool_calls", 0, "function", "arguments") == #"{"city":"Oslo"}"#)
    #expect(at(body, "choices", 0, "message", "content") == .null)
    let prompt = service.engine.submitted.first?.prompt.tokens ?? []
    #expect(service.model.tokenizer.decode(prompt).hasSuffix("</think>\n\n<tool_call>\n<function=get_weather>\n"))
  }
}

extension DemoModel {
  /// The declaration of `get_weather` as a client sends it.
  static let function: JSONValue = .object([
    ("name", "get_weather"), ("description", "Tells the weather."), ("parameters", weather.parameters ?? .null),
  ])
}
