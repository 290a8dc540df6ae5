import Inference
import Serving
import StrictJSON
import Testing

/// Penalties that a model's `generation_config.json` recommends.
@Suite struct StandingPenaltyTests {
  private func service(_ config: JSONValue, adjustsLogits: Bool = true) throws -> Service {
    var model = try DemoModel.text()
    model.defaults = TextModel.defaults(config)
    return Service(
      model, engine: ScriptedEngine([[1]], adjustsLogits: adjustsLogits),
      options: ServiceOptions(names: ModelNames(["demo"]))
    ) { _ in .vanilla }
  }

  private func adjustment(_ service: Service, _ more: [(String, JSONValue)] = []) throws -> LogitAdjustment? {
    let body = JSONWriter.compact(.object([("prompt", "Hi")] + more))
    return try service.prepare(service.reader.request(body, .completions)).jobs.first?.adjustment
  }

  private static let config: JSONValue = [
    "repetition_penalty": JSONValue(.number("1.05")), "presence_penalty": JSONValue(.number("1.5")),
  ]

  @Test func `they hold for a request that does not say, and a request's own word counts`() throws {
    let service = try service(Self.config)
    let standing = try adjustment(service)
    #expect(standing?.repetitionPenalty == 1.05 && standing?.presencePenalty == 1.5)
    let own = try adjustment(service, [("repetition_penalty", 1), ("presence_penalty", 0)])
    #expect(own?.isNone == true)
    #expect(at(service.samplingDefaults, "repetition_penalty")?.doubleValue == 1.05)
    #expect(service.penaltyNote?.contains("repetition_penalty 1.05, presence_penalty 1.5") == true)
  }

  @Test func `an engine that changes no logits leaves them out, and the operator is told`() throws {
    let service = try service(Self.config, adjustsLogits: false)
    #expect(try adjustment(service)?.isNone == true)
    #expect(at(service.samplingDefaults, "repetition_penalty") == nil)
    #expect(service.penaltyNote?.contains("no effect") == true)
  }

  @Test(
    arguments: [
      ["repetition_penalty": 1, "presence_penalty": 0], ["repetition_penalty": 0], ["repetition_penalty": "much"],
      ["presence_penalty": JSONValue(.number("1e999"))], [:],
    ] as [JSONValue])
  func `a penalty of nothing, or one that no request may ask for, is none`(_ config: JSONValue) throws {
    let service = try service(config)
    #expect(try adjustment(service)?.isNone == true)
    #expect(service.penaltyNote == nil)
  }
}
