import Serving
import StrictJSON
import Testing

/// The words that clients have for thoughts.
@Suite struct ThinkingWishTests {
  struct Wish: Sendable, CustomTestStringConvertible {
    let key: String
    let value: JSONValue
    let thinks: Bool?
    var effort: String?
    var testDescription: String { "\(key) \(value)" }
  }

  static let wishes = [
    Wish(key: "enable_thinking", value: false, thinks: false), Wish(key: "enable_thinking", value: true, thinks: true),
    Wish(key: "think", value: false, thinks: false), Wish(key: "think", value: true, thinks: true),
    Wish(key: "think", value: "high", thinks: nil, effort: "high"), Wish(key: "think", value: "none", thinks: false),
    Wish(key: "thinking", value: ["type": "disabled"], thinks: false),
    Wish(key: "thinking", value: ["type": "enabled"], thinks: true),
    Wish(key: "thinking", value: ["type": "adaptive"], thinks: nil), Wish(key: "thinking", value: false, thinks: false),
    Wish(key: "reasoning", value: ["enabled": false], thinks: false),
    Wish(key: "reasoning", value: ["enabled": true], thinks: true),
    Wish(key: "reasoning", value: ["effort": "none"], thinks: false),
    Wish(key: "reasoning", value: ["effort": "low"], thinks: nil, effort: "low"),
    Wish(key: "reasoning_effort", value: "none", thinks: false),
    Wish(key: "reasoning_effort", value: "xhigh", thinks: nil, effort: "xhigh"),
  ]

  private static func body(_ dialect: Dialect, _ members: [(String, JSONValue)]) -> JSONValue {
    let input: (String, JSONValue) =
      dialect == .responses ? ("input", "Hi") : ("messages", [["role": "user", "content": "Hi"]])
    return .object([input] + members)
  }

  private func read(_ dialect: Dialect, _ members: [(String, JSONValue)]) throws -> GenerationRequest {
    try RequestReader().request(JSONWriter.compact(Self.body(dialect, members)), dialect)
  }

  @Test(arguments: wishes, [Dialect.chat, .responses])
  func `each word is honoured, and none is passed over`(_ wish: Wish, _ dialect: Dialect) throws {
    let request = try read(dialect, [(wish.key, wish.value)])
    #expect(request.conversation?.thinks == wish.thinks && request.conversation?.effort == wish.effort)
    #expect(request.ignored == [])
  }

  struct Conflict: Sendable {
    let param: String
    let members: [(String, JSONValue)]
  }

  static let conflicts = [
    Conflict(param: "enable_thinking", members: [("reasoning_effort", "none"), ("enable_thinking", true)]),
    Conflict(param: "thinking.type", members: [("enable_thinking", true), ("thinking", ["type": "disabled"])]),
    Conflict(param: "think", members: [("think", false), ("reasoning", ["enabled": true])]),
    Conflict(param: "reasoning.effort", members: [("reasoning", ["effort": "low"]), ("reasoning_effort", "high")]),
    Conflict(param: "reasoning.enabled", members: [("reasoning", ["effort": "none", "enabled": true])]),
  ]

  @Test(arguments: conflicts) func `two words that contradict each other are refused by name`(_ conflict: Conflict) {
    let refusal = refused { _ = try read(.chat, conflict.members) }
    #expect(refusal?.status == 400 && refusal?.param == conflict.param && refusal?.code == "conflicting_values")
  }

  @Test func `two words that agree are taken, and a measure is no contradiction`() throws {
    let request = try read(
      .chat, [("enable_thinking", false), ("think", false), ("reasoning_effort", "low")])
    #expect(request.conversation?.thinks == false && request.conversation?.effort == "low")
    #expect(refused { _ = try read(.chat, [("thinking", ["type": "often"])]) }?.param == "thinking.type")
    #expect(refused { _ = try read(.chat, [("enable_thinking", "no")]) }?.param == "enable_thinking")
    let ignored = try read(.chat, [("reasoning", ["max_tokens": 5, "exclude": true])]).ignored
    #expect(ignored == ["reasoning.max_tokens", "reasoning.exclude"])
  }

  private func thinks(_ service: ScriptedService, _ members: [(String, JSONValue)]) throws -> Bool? {
    let body = JSONWriter.compact(Self.body(.chat, members))
    return try service.service.prepare(service.service.reader.request(body, .chat)).prompts.first?.isThinking
  }

  @Test func `the operator's variables hold for requests that do not set them`() throws {
    let plain = try ScriptedService([""])
    #expect(try thinks(plain, []) == true && thinks(plain, [("enable_thinking", false)]) == false)
    let service = try ScriptedService([""]) { options in
      options.templateVariables = [JSONValue.Member(key: "enable_thinking", value: false)]
    }
    #expect(try thinks(service, []) == false)
    #expect(try thinks(service, [("think", true)]) == true)
    #expect(try thinks(service, [("chat_template_kwargs", ["enable_thinking": true])]) == true)
  }
}
