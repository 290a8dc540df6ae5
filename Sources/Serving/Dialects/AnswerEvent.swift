import Inference
import OutputParsing

/// Why an answer ended.
package enum AnswerFinish: Sendable, Equatable {
  /// Ended by the model itself.
  case end
  /// Ended at a stop string of the request.
  case stop(String)
  /// Ended at the limit, or at the end of the context.
  case length
}

/// Counts of one answer.
package struct AnswerUsage: Sendable, Equatable {
  /// Tokens of the prompts.
  package var prompt = 0
  /// Tokens of the prompts whose state was there already; tokens of pictures.
  package var cached = 0
  package var image = 0
  /// Tokens of the answers; of these, tokens of thoughts.
  package var completion = 0
  package var reasoning = 0
  /// Tokens of the request's `prediction` that the answer took, and that it refused; nil without one.
  package var predicted: (accepted: Int, rejected: Int)?

  /// All 0.
  package init() {}

  package static func == (a: AnswerUsage, b: AnswerUsage) -> Bool {
    (a.prompt, a.cached, a.image, a.completion, a.reasoning) == (b.prompt, b.cached, b.image, b.completion, b.reasoning)
      && a.predicted?.accepted == b.predicted?.accepted && a.predicted?.rejected == b.predicted?.rejected
  }

  /// Tokens of prompts and answers together.
  package var total: Int { prompt + completion }
}

/// One step of the answers to a request, whatever its dialect.
package enum AnswerEvent: Sendable {
  /// The engine has begun with the prompt.
  case started
  /// More of the answer of this number: what it means, the tokens of its text with their probabilities where they were
  /// asked for, and all ids.
  case delta(Int, [OutputPiece], tokens: [GeneratedToken], ids: [Int])
  /// The answer of this number has its end.
  case ended(Int, AnswerFinish)
  /// All answers have their ends. The statistics are those of a request for a single answer.
  case finished(AnswerUsage, DecodingStatistics?)
  /// The answer goes no further: nothing comes after it.
  case failed(APIError)

  /// Whether nothing comes after it.
  package var isLast: Bool {
    switch self {
    case .started, .delta, .ended: false
    case .finished, .failed: true
    }
  }
}
