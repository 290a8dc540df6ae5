import Inference
import Serving
import StrictJSON
import TestSupport
import Testing
import Threads
import Tokenization

/// A service whose engine gives what was written down.
struct ScriptedService {
  let service: Service
  let engine: ScriptedEngine
  let model: TextModel

  /// - Parameters:
  ///   - outputs: What the model writes, each with its end of turn.
  ///   - burst: Tokens of one event.
  ///   - seed: Cuts the outputs into tokens; nil for the tokenizer's own tokens.
  init(
    _ outputs: [String], burst: Int = 1, seed: Int? = nil, context: Int = 4_096, failure: InferenceError? = nil,
    isGivenUp: Bool = false,
    adjustsLogits: Bool = false, change: (inout ServiceOptions) -> Void = { _ in }
  ) throws {
    model = try DemoModel.text(context: context)
    var random = SplitMix(seed: UInt64(seed ?? 0))
    let tokenizer = model.tokenizer
    let scripts = outputs.map { output in
      seed == nil ? tokenizer.encode(output) : DemoModel.ids(output, tokenizer, cuts: &random)
    }
    engine = ScriptedEngine(scripts, burst: burst, failure: failure, isGivenUp: isGivenUp, adjustsLogits: adjustsLogits)
    var options = ServiceOptions(names: ModelNames(["demo", "claude-*"]))
    options.fingerprint = "fp_test"
    change(&options)
    service = Service(model, engine: engine, options: options, seed: { 1 }) {
      (name) throws(APIError) -> DecodingMethod in
      guard let method = name == "auto" ? .vanilla : DecodingMethod(name: name) else {
        throw APIError.field("decoder", "there is no decoder \(name)")
      }
      return method
    }
  }

  /// All events of the answers to a request.
  func events(_ body: JSONValue, _ dialect: Dialect) async throws -> (PreparedRequest, [AnswerEvent]) {
    let request = try service.reader.request(JSONWriter.compact(body), dialect)
    let prepared = try service.prepare(request)
    var events: [AnswerEvent] = []
    for await event in try service.answer(prepared) { events.append(event) }
    return (prepared, events)
  }

  private func context(_ prepared: PreparedRequest, _ names: NameSource) -> AnswerContext {
    AnswerContext(
      request: prepared.request, created: 5, model: "demo", fingerprint: "fp_test", decoder: prepared.decoder,
      promptTokens: prepared.promptTokens, tokenizer: model.tokenizer, names: names)
  }

  /// The whole answer to a request, and the events of its stream.
  func answer(_ body: JSONValue, _ dialect: Dialect) async throws -> (body: JSONValue, stream: [ServerSentEvent]) {
    let (prepared, events) = try await events(body, dialect)
    let names = NameSource { 7 }
    var whole = WholeAnswer(prepared.jobs.count, names: names)
    for event in events { whole.add(event) }
    var encoder = dialect.encoder(context(prepared, names))
    let stream = events.flatMap { encoder.events($0) }
    return (dialect.encoder(context(prepared, names)).body(whole), stream)
  }
}

extension ServerSentEvent {
  /// The document of an event; nil for what is none.
  var json: JSONValue? { try? JSONValue.parse(Array(data.utf8), file: "event") }
}

/// A value deep in a document: names of members and numbers of elements.
func at(_ value: JSONValue?, _ path: any Sendable...) -> JSONValue? {
  path.reduce(value) { value, step in
    if let key = step as? String { return value?[key] }
    guard let index = step as? Int, let list = value?.arrayValue, list.indices.contains(index) else { return nil }
    return list[index]
  }
}

/// The refusal of what a closure does.
func refused(_ body: () throws -> Void) -> APIError? {
  do {
    try body()
    return nil
  } catch {
    return error as? APIError
  }
}
