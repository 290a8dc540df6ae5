import Inference
import OutputParsing
import StrictJSON

/// One event of a stream, as browsers define it.
package struct ServerSentEvent: Sendable, Equatable {
  /// Its name; nil where the dialect has none.
  package var name: String?
  /// One line.
  package var data: String

  /// A JSON document with a name.
  package init(_ name: String, _ value: JSONValue) {
    self.name = name
    data = JSONText.compact(value)
  }

  /// A JSON document.
  package init(_ value: JSONValue) { self.init(text: JSONText.compact(value)) }

  /// A text of one line.
  package init(text: String) {
    name = nil
    data = text
  }

  /// What ends a stream of OpenAI's interface.
  package static let done = ServerSentEvent(text: "[DONE]")
  /// A comment, which keeps a connection alive and says nothing.
  package static let ping = ": ping\n\n"

  /// Its bytes.
  package var bytes: [UInt8] { Array(((name.map { "event: \($0)\n" } ?? "") + "data: \(data)\n\n").utf8) }
}

/// Writes answers in the form of a dialect.
package protocol AnswerEncoder: Sendable {
  /// - Parameter context: What all events say.
  init(_ context: AnswerContext)
  /// The events of a stream that one step makes.
  mutating func events(_ event: AnswerEvent) -> [ServerSentEvent]
  /// The body of a whole answer.
  func body(_ answer: WholeAnswer) -> JSONValue
}

extension Dialect {
  /// What writes its answers.
  package func encoder(_ context: AnswerContext) -> any AnswerEncoder {
    switch self {
    case .chat: ChatEncoder(context)
    case .completions: CompletionEncoder(context)
    case .responses: ResponsesEncoder(context)
    case .messages: MessagesEncoder(context)
    }
  }
}

/// Parts that answers of OpenAI's interface share.
enum AnswerParts {
  static func usage(_ usage: AnswerUsage) -> JSONValue {
    var completion: [(String, JSONValue)] = [("reasoning_tokens", .int(usage.reasoning))]
    if let predicted = usage.predicted {
      completion += [
        ("accepted_prediction_tokens", .int(predicted.accepted)),
        ("rejected_prediction_tokens", .int(predicted.rejected)),
      ]
    }
    return .object([
      ("prompt_tokens", .int(usage.prompt)), ("completion_tokens", .int(usage.completion)),
      ("total_tokens", .int(usage.total)),
      (
        "prompt_tokens_details",
        .object([("cached_tokens", .int(usage.cached)), ("image_tokens", .int(usage.image))])
      ),
      ("completion_tokens_details", .object(completion)),
    ])
  }

  /// The counts so far, for requests that want them in each event of a stream.
  static func running(_ context: AnswerContext, _ completion: Int) -> [(String, JSONValue)] {
    guard context.request.tellsUsageAlways else { return [] }
    let counts: [(String, JSONValue)] = [
      ("prompt_tokens", .int(context.promptTokens)), ("completion_tokens", .int(completion)),
      ("total_tokens", .int(context.promptTokens + completion)),
    ]
    return [("usage", .object(counts))]
  }

  /// How an answer was decoded: in vLLM's form, and in that of llama-server.
  static func statistics(_ decoder: String, _ statistics: DecodingStatistics?) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [("decoder", .string(decoder))]
    guard let statistics else { return members }
    let milliseconds = { (time: Duration) -> JSONValue in
      .number((Double(time.components.seconds) * 1e3 + Double(time.components.attoseconds) * 1e-15).rounded(to: 3))
    }
    members.append(
      (
        "metrics",
        .object([
          (
            "speculative_decoding",
            .object([
              ("mean_acceptance_length", .number(statistics.meanAcceptedLength.rounded(to: 6))),
              ("draft_acceptance_rate", .number(statistics.acceptanceRate.rounded(to: 6))),
              ("acceptance_histogram", .array(histogram(statistics).map(JSONValue.int))),
              ("num_spec_steps", .int(statistics.rounds)), ("num_draft_tokens", .int(statistics.drafted)),
              ("num_accepted_draft_tokens", .int(statistics.accepted)),
            ])
          )
        ])
      ))
    members.append(
      (
        "timings",
        .object([
          ("cache_n", .int(statistics.reusedRows)), ("prompt_n", .int(statistics.promptRows)),
          ("prompt_ms", milliseconds(statistics.promptTime)), ("predicted_n", .int(statistics.tokens)),
          (
            "predicted_ms",
            milliseconds(
              statistics.draftTime + statistics.verifyTime + statistics.samplingTime + statistics.rollbackTime)
          ), ("draft_n", .int(statistics.drafted)), ("draft_n_accepted", .int(statistics.accepted)),
        ])
      ))
    return members
  }

  /// Rounds by the number of drafts that were accepted: those in which place k was accepted and place k + 1 was not.
  private static func histogram(_ statistics: DecodingStatistics) -> [Int] {
    let accepted = [statistics.rounds] + statistics.acceptedByPlace
    return accepted.indices.map { accepted[$0] - (accepted.indices.contains($0 + 1) ? accepted[$0 + 1] : 0) }
  }
}

extension Double {
  /// The number with so many decimals.
  func rounded(to places: Int) -> Double {
    var factor = 1.0
    for _ in 0..<places { factor *= 10 }
    return (self * factor).rounded() / factor
  }
}
