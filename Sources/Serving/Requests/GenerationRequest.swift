import Constraints
import OutputParsing
import StrictJSON

/// What a prompt is made of.
package enum RequestInput: Sendable, Equatable {
  /// Messages, through the model's template.
  case chat(Conversation)
  /// A text as it is.
  case text(String)
  /// A text with a gap, which is filled.
  case gap(before: String, after: String)
  /// Token ids as they are.
  case tokens([Int])
}

/// How tokens are chosen, as far as the request says so.
package struct SamplingWishes: Sendable, Equatable {
  /// 0 for the likeliest token.
  package var temperature: Double?
  package var topP: Double?
  package var topK: Int?
  package var minP: Double?
  package var frequencyPenalty: Double?
  package var presencePenalty: Double?
  package var repetitionPenalty: Double?
  /// What is added to logits, by token id.
  package var bias: [Int: Double] = [:]
  package var seed: UInt64?

  /// Creates wishes that say nothing.
  package init() {}

  /// The penalties that change logits, by their names.
  package var penalties: [(name: String, value: Double)] {
    let all: [(String, Double?, Double)] = [
      ("repetition_penalty", repetitionPenalty, 1), ("frequency_penalty", frequencyPenalty, 0),
      ("presence_penalty", presencePenalty, 0),
    ]
    return all.compactMap { name, value, none in value.flatMap { $0 == none ? nil : (name, $0) } }
  }
}

/// A form that a request wants its answers in.
package struct FormWish: Sendable, Equatable {
  /// The form.
  package var form: AnswerShape.Form
  /// Where the request says so, and where it has the schema.
  package var place: String
  package var schemaPlace: String

  /// Creates a form.
  package init(_ form: AnswerShape.Form, place: String, schemaPlace: String) {
    self.form = form
    self.place = place
    self.schemaPlace = schemaPlace
  }
}

/// The constraint on a request's answers.
package enum HeldForm: String, Sendable {
  case none
  /// Any JSON object.
  case object = "json_object"
  /// A value of a schema.
  case schema = "json_schema"
  /// Calls alone.
  case calls = "tool_calls"
}

/// A request of any dialect, checked as far as it can be without the model.
package struct GenerationRequest: Sendable, Equatable {
  /// How the answer is written.
  package var dialect: Dialect
  /// The name that the client calls the model by.
  package var model: String
  /// What the prompts are made of: one, except for completions.
  package var inputs: [RequestInput]
  /// How tokens are chosen.
  package var sampling = SamplingWishes()
  /// Tokens at most; nil for what fits.
  package var limit: Int?
  /// Tokens before an end of the text is taken; only 0 unless the engine can.
  package var least = 0
  /// Answers to each prompt.
  package var choices = 1
  /// Texts that end the answer; they are not part of it.
  package var stops: [String] = []
  /// Token ids that end the answer.
  package var stopIDs: [Int] = []
  /// Whether the model's own end of text does not end the answer.
  package var ignoresEnd = false
  /// How many of the likeliest tokens are told with each token; nil for no probabilities at all.
  package var logprobs: Int?
  /// Whether the answer comes piece by piece.
  package var streams = false
  /// Whether a stream ends with the counts, and whether each of its events has them.
  package var tellsUsage = false
  package var tellsUsageAlways = false
  /// The form of the answer; nil for any text.
  package var form: FormWish?
  /// How to decode; nil for what the server does.
  package var decoder: String?
  /// A text that the answer may well repeat.
  package var prediction: String?
  /// Requests with different ones share nothing of their prompts, so that none can learn by its time what others asked.
  package var cacheSalt = ""
  /// Whether the answer has the token ids.
  package var tellsTokens = false
  /// Whether the answer of completions begins with the prompt.
  package var echoes = false
  /// Fields of the request that have no effect, of which the client is told.
  package var ignored: [String] = []
  /// Members of the answer that repeat the request, where the dialect wants them.
  package var repeated: [JSONValue.Member] = []

  /// Creates a request with what every request has.
  package init(_ dialect: Dialect, model: String, inputs: [RequestInput]) {
    self.dialect = dialect
    self.model = model
    self.inputs = inputs
  }

  /// The conversation; nil for completions.
  package var conversation: Conversation? {
    if case .chat(let conversation)? = inputs.first { conversation } else { nil }
  }

  /// Whether the tokens of the prompt are told with their probabilities.
  package var scoresPrompt: Bool { echoes && logprobs != nil }

  /// The tools of a conversation.
  package var tools: [ToolDeclaration] { conversation?.tools ?? [] }
}
