import Serving
import StrictJSON
import Testing

/// Rules that keep a server standing, each by the name of its topic. Those that need a connection are in ServingHTTPTests and
/// in `tools/serve_attack.py`.
@Suite struct HardeningTests {
  private func refusal(_ body: [UInt8], _ dialect: Dialect = .chat) -> APIError? {
    refused { _ = try RequestReader().request(body, dialect) }
  }

  private func refusal(_ body: JSONValue, _ dialect: Dialect = .chat) -> APIError? {
    refusal(JSONWriter.compact(body), dialect)
  }

  private static func chat(_ more: [(String, JSONValue)]) -> JSONValue {
    .object([("messages", [["role": "user", "content": "Hi"]])] + more)
  }

  private static func many(_ value: JSONValue, _ count: Int) -> JSONValue {
    .array(Array(repeating: value, count: count))
  }

  private static func tools(_ count: Int) -> JSONValue {
    .array((0..<count).map { ["type": "function", "function": ["name": .string("f\($0)")]] })
  }

  /// A schema whose JSON has so many bytes.
  private static func schema(_ bytes: Int) -> JSONValue {
    // {"title":"…"} has twelve bytes besides the title.
    let schema: JSONValue = ["title": .string(String(repeating: "a", count: bytes - 12))]
    return [["type": "function", "function": ["name": "f", "parameters": schema]]]
  }

  struct Size: Sendable, CustomTestStringConvertible {
    let param: String
    let limit: Int
    let body: @Sendable (Int) -> JSONValue
    var testDescription: String { param }
  }

  static let sizes = [
    Size(param: "messages", limit: 2_048) { ["messages": HardeningTests.many(["role": "user", "content": "a"], $0)] },
    Size(param: "messages[0].content", limit: 256) {
      ["messages": [["role": "user", "content": HardeningTests.many(["type": "text", "text": "a"], $0)]]]
    },
    Size(param: "tools", limit: 128) { HardeningTests.chat([("tools", HardeningTests.tools($0))]) },
    Size(param: "tools[0].function.parameters", limit: 64 << 10) {
      HardeningTests.chat([("tools", HardeningTests.schema($0))])
    },
    Size(param: "stop", limit: 64) { HardeningTests.chat([("stop", HardeningTests.many("a", $0))]) },
    Size(param: "stop", limit: 256) { HardeningTests.chat([("stop", .string(String(repeating: "a", count: $0)))]) },
    Size(param: "model", limit: 512) { HardeningTests.chat([("model", .string(String(repeating: "a", count: $0)))]) },
    Size(param: "n", limit: 8) { HardeningTests.chat([("n", .int($0))]) },
    Size(param: "top_logprobs", limit: 20) { HardeningTests.chat([("logprobs", true), ("top_logprobs", .int($0))]) },
    Size(param: "logit_bias", limit: 300) { count in
      HardeningTests.chat([("logit_bias", .object((0..<count).map { ("\($0)", .int(1)) }))])
    },
  ]

  @Test(arguments: sizes) func `sizes: each limit is taken, and one more is refused by name`(_ size: Size) {
    #expect(refusal(size.body(size.limit)) == nil)
    let found = refusal(size.body(size.limit + 1))
    #expect(found?.kind == .invalid && found?.param == size.param)
  }

  @Test func `json: containers in each other are 64 at most`() {
    let deep = { (depth: Int) -> [UInt8] in
      let inside = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      return Array("{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"x\": \(inside)}".utf8)
    }
    // The request itself is one.
    #expect(refusal(deep(63)) == nil)
    #expect(refusal(deep(64))?.status == 400 && refusal(deep(100_000))?.status == 400)
  }

  @Test(arguments: [
    #"{"messages": [], "messages": []}"#, #"{"temperature": NaN}"#, #"{"temperature": Infinity}"#,
    #"{"temperature": 01}"#, #"{"temperature": +1}"#, #"{"temperature": .5}"#, #"{"temperature": 1.}"#,
    #"{"temperature": 0x1}"#, "{\"a\": 'b'}", "{\"a\": 1,}", "{\"a\": 1} x", "\u{FEFF}\u{FEFF}{}", "{}\u{FEFF}",
    "{\"a\": \"\t\"}",
  ])
  func `json: what is not strict is refused`(_ text: String) {
    let found = refusal(Array(text.utf8))
    #expect(found?.status == 400 && found?.code?.hasPrefix("E_JSON") == true)
  }

  @Test func `json: bytes that are no UTF-8 are refused, and so is what is no finite number`() {
    for bytes: [UInt8] in [[0xFF], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xE2, 0x82]] {
      let found = refusal(Array("{\"a\": \"".utf8) + bytes + Array("\"}".utf8))
      #expect(found?.status == 400 && found?.code?.hasPrefix("E_JSON") == true)
    }
    #expect(refusal(Self.chat([("temperature", JSONValue(.number("1e999")))]))?.param == "temperature")
  }

  @Test(arguments: [
    "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "https://example.org/a.png",
    "file:///etc/passwd", "/etc/passwd", "ftp://a/b.png", "data:image/png,AAAA", "data:image/gif;base64,AAAA",
    "data:image/svg+xml;base64,AAAA", "data:text/html;base64,AAAA", "data:image/png;base64,A\nAA", "data:", "",
  ])
  func `images: nothing is fetched, and nothing but a PNG or a JPEG in base64 is taken`(_ address: String) {
    let part: JSONValue = ["type": "image_url", "image_url": ["url": .string(address)]]
    let found = refusal(["messages": [["role": "user", "content": [part]]]])
    #expect(found?.status == 400 && found?.param == "messages[0].content[0].image_url.url")
    let block: JSONValue = ["type": "image", "source": ["type": "url", "url": .string(address)]]
    let other = refusal(["max_tokens": 1, "messages": [["role": "user", "content": [block]]]], .messages)
    #expect(other?.status == 400 && other?.param == "messages[0].content[0].source.url")
    let item: JSONValue = ["type": "input_image", "image_url": .string(address)]
    let third = refusal(["input": [["role": "user", "content": [item]]]], .responses)
    #expect(third?.status == 400 && third?.param == "input[0].content[0].image_url")
  }

  @Test(arguments: [9, 10, 11], [true, false])
  func `images: a picture may have as many bytes as it may, whatever fills its base64 up`(
    _ most: Int, _ isPadded: Bool
  ) throws {
    // base64 of bytes 0, by its definition: four digits for three bytes, two or three for the rest.
    let spelled = { (count: Int) in
      String(repeating: "A", count: count / 3 * 4 + [0, 2, 3][count % 3])
        + (isPadded ? ["", "==", "="][count % 3] : "")
    }
    var limits = RequestLimits()
    limits.imageBytes = most
    let bytes = { (count: Int) throws in
      try ImageSource.bytes(of: "data:image/png;base64," + spelled(count), place: "a", limits: limits).count
    }
    #expect(try bytes(most) == most)
    #expect(refused { _ = try bytes(most + 1) }?.code == "image_too_large")
  }

  @Test(
    arguments: [
      ("response_format", ["type": "grammar"]), ("guided_json", [:]), ("structured_outputs", ["json": [:]]),
      ("grammar", "root ::= \"a\""), ("thinking_token_budget", 5), ("n_predict", 5), ("mirostat", 2), ("audio", [:]),
      ("modalities", ["audio"]), ("functions", [[:]]), ("prompt_logprobs", 1), ("best_of", 3), ("echo", true),
      ("add_generation_prompt", false), ("web_search_options", [:]), ("chat_template", "{{ 5 }}"),
    ] as [(String, JSONValue)])
  func `grammar: what an answer cannot be held to is refused by name`(_ name: String, _ value: JSONValue) {
    let found = refusal(Self.chat([(name, value)]))
    #expect(found?.status == 400 && found?.param == name && found?.code == "unsupported_value")
    // In the words of the other vendor, too.
    #expect(found?.body(for: .messages)["error"]?["type"] == "invalid_request_error")
  }

  @Test func `grammar: a form is read in the words of every dialect`() throws {
    let schema: JSONValue = ["type": "object"]
    let reader = RequestReader()
    let form = { (body: JSONValue, dialect: Dialect) in try reader.request(JSONWriter.compact(body), dialect).form }
    let chat: JSONValue = ["type": "json_schema", "json_schema": ["name": "a", "schema": schema, "strict": true]]
    #expect(
      try form(Self.chat([("response_format", chat)]), .chat)
        == FormWish(
          .schema(schema, isStrict: true), place: "response_format", schemaPlace: "response_format.json_schema.schema"))
    let flat: JSONValue = ["type": "json_schema", "name": "a", "schema": schema]
    #expect(
      try form(["input": "Hi", "text": ["format": flat]], .responses)
        == FormWish(.schema(schema, isStrict: false), place: "text.format", schemaPlace: "text.format.schema"))
    let messages: JSONValue = ["max_tokens": 5, "messages": [["role": "user", "content": "Hi"]]]
    for (key, value, place) in [
      ("output_config", ["format": flat], "output_config.format"), ("output_format", flat, "output_format"),
    ] as [(String, JSONValue, String)] {
      let body = JSONValue(.object((messages.members ?? []) + [JSONValue.Member(key: key, value: value)]))
      #expect(
        try form(body, .messages)
          == FormWish(.schema(schema, isStrict: true), place: place, schemaPlace: place + ".schema"))
    }
    #expect(
      try form(Self.chat([("response_format", ["type": "json_object"])]), .chat)
        == FormWish(.object, place: "response_format", schemaPlace: "response_format"))
    #expect(try form(Self.chat([("response_format", ["type": "text"])]), .chat) == nil)
  }

  @Test func `grammar: what says what is done anyway is taken, and what has no effect is told`() throws {
    let body = Self.chat([
      ("best_of", 1), ("modalities", ["text"]), ("mirostat", 0), ("repeat_penalty", JSONValue(.number("1.0"))),
      ("store", false), ("service_tier", "auto"), ("functions", .null), ("user", "somebody"), ("frobnicate", true),
      ("tools", [["type": "function", "function": ["name": "f", "strict": true]]]), ("tool_choice", "none"),
      ("seed", 5),
    ])
    let request = try RequestReader().request(JSONWriter.compact(body), .chat)
    #expect(request.ignored == ["user", "frobnicate", "tools.strict"])
    let messages: JSONValue = [
      "max_tokens": 2_048, "messages": [["role": "user", "content": "Hi"]], "stop": "a", "metadata": ["user_id": "x"],
      "thinking": ["type": "enabled", "budget_tokens": 1_024],
      "tools": [["name": "f", "input_schema": [:]], ["type": "web_search_20250305", "name": "web_search"]],
    ]
    let other = try RequestReader().request(JSONWriter.compact(messages), .messages)
    #expect(other.ignored == ["stop", "metadata", "tools[1]", "thinking.budget_tokens"])
    let response: JSONValue = [
      "input": "Hi", "include": ["reasoning.encrypted_content"], "truncation": "auto", "max_tokens": 5,
      "tools": [["type": "local_shell"], ["type": "function", "name": "f", "strict": true]],
    ]
    let third = try RequestReader().request(JSONWriter.compact(response), .responses)
    #expect(third.ignored == ["truncation", "max_tokens", "tools[0]", "include"])
  }
}
