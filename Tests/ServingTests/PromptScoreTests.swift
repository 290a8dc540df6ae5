import Inference
import Serving
import StrictJSON
import Testing

/// Probabilities of a prompt's tokens, as evaluation tools ask for them: `echo` with `logprobs`.
@Suite struct PromptScoreTests {
  private static func body(_ more: [(String, JSONValue)]) -> JSONValue {
    .object([("model", "demo"), ("echo", true), ("logprobs", 2)] + more)
  }

  private func refusal(_ more: [(String, JSONValue)]) -> APIError? {
    refused { _ = try RequestReader().request(JSONWriter.compact(Self.body(more)), .completions) }
  }

  /// The engine gives what it is forced to: all tokens of the prompt but the first, and one of its own.
  private func service(_ tokens: [Int], then more: String) throws -> ScriptedService {
    let tokenizer = try DemoModel.text().tokenizer
    return try ScriptedService([tokenizer.decode(Array(tokens.dropFirst())) + more])
  }

  @Test func `a prompt's tokens come first, the first of them without a probability`() async throws {
    let tokenizer = try DemoModel.text().tokenizer
    let tokens = tokenizer.encode("one two three")
    let engine = ScriptedEngine([Array(tokens.dropFirst()) + tokenizer.encode(" x")])
    let service = Service(
      try DemoModel.text(), engine: engine, options: ServiceOptions(names: ModelNames(["demo"]))
    ) { _ in .vanilla }
    let request = try service.reader.request(
      JSONWriter.compact(
        Self.body([("prompt", .array([.array(tokens.map(JSONValue.int))])), ("max_tokens", 1)])), .completions)
    let prepared = try service.prepare(request)
    var whole = WholeAnswer(1, names: NameSource { 7 })
    let context = AnswerContext(
      request: prepared.request, created: 5, model: "demo", fingerprint: "f", decoder: prepared.decoder,
      promptTokens: prepared.promptTokens, tokenizer: tokenizer, names: NameSource { 7 })
    var encoder = Dialect.completions.encoder(context)
    var streamed: [JSONValue] = []
    for await event in try service.answer(prepared) {
      whole.add(event)
      streamed += encoder.events(event).compactMap {
        at($0.json, "choices", 0, "logprobs", "token_logprobs")?.arrayValue
      }
      .flatMap(\.self)
    }
    let choice = at(Dialect.completions.encoder(context).body(whole), "choices", 0)
    let chances = at(choice, "logprobs", "token_logprobs")?.arrayValue ?? []
    #expect(chances.count == tokens.count + 1 && chances.first == .null)
    #expect(chances.dropFirst().allSatisfy { $0.doubleValue == -0.5 })
    #expect(streamed == chances)
    let likeliest = at(choice, "logprobs", "top_logprobs")?.arrayValue ?? []
    #expect(likeliest.count == tokens.count + 1 && likeliest.first == .null && likeliest.last?.members?.count == 2)
    let offsets = at(choice, "logprobs", "text_offset")?.arrayValue?.compactMap(\.intValue) ?? []
    #expect(offsets.first == 0 && offsets == offsets.sorted() && offsets.last == "one two three".utf8.count)
    #expect(choice?["text"]?.stringValue?.hasPrefix("one two three") == true && choice?["finish_reason"] == "length")
    #expect(whole.usage.prompt == tokens.count && whole.usage.completion == 1)
    // What is decoded: the first token, and the rest by force.
    let job = try #require(engine.submitted.first)
    #expect(job.prompt.tokens == [tokens[0]] && job.limit == tokens.count && job.prediction == tokens)
    #expect(job.stops.isEmpty && job.sampling == .greedy && job.adjustment.isNone)
    let text = try #require(job.constraint?.begin())
    for token in tokens.dropFirst() {
      #expect(text.allows(token) && !text.allows(token + 1))
      var logits = [Float](repeating: 1, count: 4_096)
      logits.withUnsafeMutableBufferPointer { text.forbid(in: $0) }
      #expect(logits.indices.filter { logits[$0] > -.infinity } == [token])
      text.take(token)
    }
    #expect(text.allows(0) && text.allows(4_095))
  }

  @Test func `no token of an answer is as good as one`() async throws {
    let tokens = try DemoModel.text().tokenizer.encode("one two three")
    let service = try service(tokens, then: "")
    let body = try await service.answer(Self.body([("prompt", "one two three"), ("max_tokens", 0)]), .completions).body
    #expect(at(body, "choices", 0, "text") == "one two three")
    #expect(at(body, "choices", 0, "logprobs", "tokens")?.arrayValue?.count == tokens.count)
    #expect(at(body, "usage", "completion_tokens") == 0)
  }

  @Test func `what would change the probabilities is refused by name`() {
    #expect(refusal([("prompt", "a"), ("max_tokens", 1)]) == nil)
    #expect(
      refusal([("prompt", "a")])?.param == "echo" && refusal([("prompt", "a"), ("max_tokens", 2)])?.param == "echo")
    for (param, value) in [
      ("suffix", "b"), ("response_format", ["type": "json_object"]), ("logit_bias", ["5": 1]), ("min_tokens", 1),
      ("presence_penalty", 1),
    ] as [(String, JSONValue)] {
      #expect(refusal([("prompt", "a"), ("max_tokens", 1), (param, value)])?.param == param)
    }
  }
}
