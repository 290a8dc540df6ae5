import Batching
import Inference
import Serving
import StrictJSON
import TestSupport
import Testing

/// Answers of a form, and calls that must be made.
@Suite struct HeldAnswersTests {
  private static let schema: JSONValue = [
    "type": "object",
    "properties": [
      "color": ["enum": ["red", "green"]], "n": ["type": "integer", "minimum": 0, "maximum": 99],
      "s": ["type": "string", "maxLength": 6], "ok": ["type": "boolean"],
    ],
    "required": ["color", "n", "s", "ok"], "additionalProperties": false,
  ]
  private static let form: JSONValue = ["type": "json_schema", "json_schema": ["name": "a", "schema": schema]]

  private static func chat(_ more: [(String, JSONValue)]) -> JSONValue {
    .object([("model", "demo"), ("messages", [["role": "user", "content": "Hi"]])] + more)
  }

  /// How many tokens of a written output the answer's constraint allows; nil for a job without one.
  private func allowed(_ output: String, _ body: JSONValue, _ dialect: Dialect = .chat) throws -> (
    allowed: Int, of: Int
  )? {
    let service = try ScriptedService([output])
    let prepared = try service.service.prepare(service.service.reader.request(JSONWriter.compact(body), dialect))
    guard let text = prepared.jobs.first?.constraint?.begin() else { return nil }
    let tokens = service.model.tokenizer.encode(output)
    for (index, token) in tokens.enumerated() {
      guard text.allows(token) else { return (index, tokens.count) }
      text.take(token)
    }
    return (tokens.count, tokens.count)
  }

  private func accepts(_ output: String, _ body: JSONValue, _ dialect: Dialect = .chat) throws -> Bool {
    let found = try #require(try allowed(output, body, dialect))
    return found.allowed == found.of
  }

  private static let value = #"{"color": "red", "n": 5, "s": "é", "ok": true}"#

  @Test func `the tokens of an answer of the form are allowed behind the thoughts, and no others`() throws {
    let body = Self.chat([("response_format", Self.form)])
    #expect(try accepts("Hm.\n</think>\n\n" + Self.value + "<|im_end|>", body))
    for wrong in [
      "</think>\n\nHello<|im_end|>", "Hm.<|im_end|>", "</think>\n\n{}<|im_end|>", "</think>\n\n" + Self.value + "\nx",
      "</think>\n\n" + Self.value.replacing("5", with: "500"), "</think>\n\n<tool_call>",
    ] { #expect(try !accepts(wrong, body), "\(wrong)") }
    let quick = Self.chat([("response_format", Self.form), ("reasoning_effort", "none")])
    #expect(try accepts(Self.value + "<|im_end|>", quick) && !accepts("Hm.</think>", quick))
    #expect(try accepts("[]</think>{\"a\": []}<|im_end|>", Self.chat([("response_format", ["type": "json_object"])])))
  }

  @Test func `a form is held to in every dialect`() throws {
    let flat: JSONValue = ["type": "json_schema", "name": "a", "schema": Self.schema]
    let output = "</think>" + Self.value + "<|im_end|>"
    let responses: JSONValue = ["model": "demo", "input": "Hi", "text": ["format": flat]]
    let messages: JSONValue = [
      "model": "demo", "max_tokens": 50, "messages": [["role": "user", "content": "Hi"]],
      "output_config": ["format": flat],
    ]
    let completion: JSONValue = ["model": "demo", "prompt": "Hi", "response_format": Self.form]
    #expect(try accepts(output, responses, .responses) && !accepts("</think>x", responses, .responses))
    #expect(try accepts(output, messages, .messages) && !accepts("</think>x", messages, .messages))
    #expect(try accepts(Self.value + "<|im_end|>", completion, .completions) && !accepts("x", completion, .completions))
    #expect(try allowed("x", Self.chat([])) == nil)
  }

  @Test func `a call that must be made goes on as the prompt begins it, and strict ones follow their schema`() throws {
    var function = DemoModel.function
    let tools: (JSONValue) -> (String, JSONValue) = { ("tools", [["type": "function", "function": $0]]) }
    let named = Self.chat([
      tools(function), ("tool_choice", ["type": "function", "function": ["name": "get_weather"]]),
    ])
    let rest =
      "<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call><|im_end|>"
    #expect(try accepts(rest, named) && !accepts("Hello", named))
    #expect(try !accepts(rest.replacing("\n3\n", with: "\nx\n"), named))
    #expect(try accepts(rest, Self.chat([tools(function), ("tool_choice", "required")])))
    // Free without a choice, and held to when the tool is strict.
    #expect(try allowed(rest, Self.chat([tools(function)])) == nil)
    function = JSONValue(.object((function.members ?? []) + [JSONValue.Member(key: "strict", value: .bool(true))]))
    let strict = Self.chat([tools(function)])
    let call = "<tool_call>\n<function=get_weather>\n" + rest
    #expect(try accepts("Hm.</think>\n\nWell: " + call, strict) && accepts("</think>\n\nHello.<|im_end|>", strict))
    #expect(try !accepts("</think>\n\n" + call.replacing("\n3\n", with: "\nx\n"), strict))
  }

  @Test(
    arguments: [
      (
        [("response_format", ["type": "json_schema", "json_schema": ["schema": ["not": [:]]]])],
        "response_format.json_schema.schema"
      ),
      ([("response_format", ["type": "json_object"]), ("ignore_eos", true)], "ignore_eos"),
      ([("response_format", ["type": "json_object"]), ("decoder", "optimistic")], "decoder"),
      (
        [
          ("response_format", ["type": "json_object"]), ("tool_choice", "required"),
          ("tools", [["type": "function", "function": ["name": "f"]]]),
        ], "response_format"
      ),
      (
        [
          (
            "tools",
            [
              [
                "type": "function",
                "function": ["name": "f", "strict": true, "parameters": ["type": "object", "if": [:]]],
              ]
            ]
          )
        ], "tools[0].function.parameters"
      ),
    ] as [([(String, JSONValue)], String)])
  func `what does not go together, or is not held to, is refused by name`(
    _ fields: [(String, JSONValue)], _ param: String
  ) throws {
    let service = try ScriptedService([""]) { $0.allowsOptimistic = true }.service
    let found = refused {
      _ = try service.prepare(service.reader.request(JSONWriter.compact(Self.chat(fields)), .chat))
    }
    #expect(
      found?.status == 400 && found?.param == param && found?.code == "unsupported_value", "\(found?.message ?? "")")
  }

  @Test func `a beginning of the answer that cannot be one of the form is named as its dialect has it`() throws {
    let service = try ScriptedService([""]).service
    let list: JSONValue = [["role": "user", "content": "Hi"], ["role": "assistant", "content": "Well"]]
    let format: JSONValue = ["type": "json_schema", "name": "a", "schema": Self.schema]
    let messages: JSONValue = .object([
      ("model", "demo"), ("max_tokens", 50), ("messages", list), ("output_config", .object([("format", format)])),
    ])
    let chat: JSONValue = .object([
      ("model", "demo"), ("messages", list), ("continue_final_message", true), ("response_format", Self.form),
    ])
    for (body, dialect, name) in [(messages, .messages, "messages[1]"), (chat, .chat, "continue_final_message")]
      as [(JSONValue, Dialect, String)]
    {
      let found = refused { _ = try service.prepare(service.reader.request(JSONWriter.compact(body), dialect)) }
      #expect(found?.status == 400 && found?.param == name, "\(found?.message ?? "no refusal")")
    }
  }

  // MARK: With a model

  private func service() throws -> (Service, BatchedAnswers) {
    let model = try LoadedModel.open(Repository.demoTrunk, head: Repository.demoDonor)
    let engine = try BatchedAnswers(model, BatchOptions(sequences: 16, pace: .rows(48), threads: 1))
    let options = ServiceOptions(names: ModelNames(["demo"]))
    let service = Service(try DemoModel.text(), engine: engine, options: options, seed: { 1 }) {
      (name) throws(APIError) -> DecodingMethod in
      guard let method = name == "auto" ? .vanilla : DecodingMethod(name: name) else {
        throw APIError.field("decoder", "there is no decoder \(name)")
      }
      return method
    }
    return (service, engine)
  }

  private func tokens(_ body: JSONValue, _ service: Service, _ engine: BatchedAnswers) async throws -> [Int] {
    let prepared = try service.prepare(service.reader.request(JSONWriter.compact(body), .chat))
    let job = try #require(prepared.jobs.first)
    var ids: [Int] = []
    for await event in try engine.events(of: job) {
      if case .tokens(let tokens) = event { ids += tokens.map(\.id) }
    }
    return ids
  }

  /// Every gap of the form has an end, so that so many tokens are enough for any text of it.
  private static let limit = 400

  static let samplings: [[(String, JSONValue)]] = [
    [("temperature", 0)], [("temperature", 1), ("top_k", 0), ("top_p", 1), ("seed", 3)],
    [("temperature", 1), ("top_k", 20), ("top_p", .number(0.9)), ("seed", 4)],
    [("temperature", .number(1.5)), ("top_k", 0), ("top_p", .number(0.7)), ("seed", 5)],
  ]

  @Test(arguments: samplings)
  func `an answer of a form has the same tokens with every decoder, alone and among others, and is of the form`(
    _ sampling: [(String, JSONValue)]
  ) async throws {
    let (service, engine) = try service()
    defer { engine.stop() }
    let common =
      [("response_format", Self.form), ("reasoning_effort", "none"), ("max_tokens", .int(Self.limit))] + sampling
    let decoders = ["vanilla", "lookup", "mtp", "hybrid"]
    let bodies = decoders.map { Self.chat(common + [("decoder", .string($0))]) }
    let others = (0..<4).map {
      Self.chat([("max_tokens", 40), ("seed", .int($0)), ("decoder", .string(decoders[$0]))])
    }
    let expected = try await tokens(bodies[0], service, engine)
    let found = try await withThrowingTaskGroup(of: (Int, [Int]).self) { group in
      for (index, body) in (bodies + others).enumerated() {
        group.addTask { (index, try await tokens(body, service, engine)) }
      }
      return try await group.reduce(into: [Int: [Int]]()) { $0[$1.0] = $1.1 }
    }
    for index in bodies.indices { #expect(found[index] == expected, "\(decoders[index])") }
    for index in others.indices {
      let alone = try await tokens(others[index], service, engine)
      #expect(found[bodies.count + index] == alone)
    }
    #expect(expected.count < Self.limit && expected.last.map(service.model.stops.contains) == true)
    let text = service.model.tokenizer.decode(expected.dropLast())
    let value = try JSONValue.parse(Array(text.utf8), file: "answer")
    #expect(value.members?.map(\.key) == ["color", "n", "s", "ok"], "\(text)")
    #expect(["red", "green"].contains(value["color"]?.stringValue) && value["ok"]?.boolValue != nil)
    #expect((0...99).contains(value["n"]?.intValue ?? -1) && value["s"]?.stringValue?.unicodeScalars.count ?? 7 <= 6)
  }

  @Test func `an engine that answers one after another holds answers to their form, too`() async throws {
    let (service, batched) = try service()
    defer { batched.stop() }
    let model = try LoadedModel.open(Repository.demoTrunk)
    let queue = try QueueEngine(queue: 4) { DecodingSession(model, threads: 1) }
    defer { queue.stop() }
    let body = Self.chat([
      ("response_format", Self.form), ("reasoning_effort", "none"), ("max_tokens", .int(Self.limit)),
    ])
    let prepared = try service.prepare(service.reader.request(JSONWriter.compact(body), .chat))
    var ids: [Int] = []
    for await event in try queue.events(of: try #require(prepared.jobs.first)) {
      if case .tokens(let tokens) = event { ids += tokens.map(\.id) }
    }
    #expect(try await ids == tokens(body, service, batched) && ids.count < Self.limit)
    #expect(prepared.held == .schema)
  }

  @Test func `probabilities that are told are the model's, before the form`() async throws {
    let (service, engine) = try service()
    defer { engine.stop() }
    let body = Self.chat([
      ("response_format", Self.form), ("reasoning_effort", "none"), ("max_tokens", 1), ("temperature", 0),
      ("logprobs", true), ("top_logprobs", 20),
    ])
    let prepared = try service.prepare(service.reader.request(JSONWriter.compact(body), .chat))
    var free = try #require(prepared.jobs.first)
    var found: [[GeneratedToken]] = []
    for _ in 0..<2 {
      var all: [GeneratedToken] = []
      for await event in try engine.events(of: free) { if case .tokens(let tokens) = event { all += tokens } }
      found.append(all)
      free.constraint = nil
    }
    #expect(found[0].first?.likeliest == found[1].first?.likeliest && found[0].first?.likeliest.count == 20)
    #expect(service.model.tokenizer.decode(found[0].map(\.id)).hasPrefix("{"))
  }
}
