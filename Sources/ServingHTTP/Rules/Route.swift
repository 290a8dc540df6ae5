import Serving

/// What a path asks for.
package enum Route: Sendable, Equatable {
  /// Answers of a dialect.
  case generate(Dialect)
  /// The length of a prompt, in the words of `/v1/messages` and of `/v1/responses`.
  case countTokens
  case countInput
  /// The list of models, and one of them.
  case models
  case model(String)
  /// Whether the server is there.
  case health
  /// Counts, in three forms.
  case metrics
  case drafting
  case status
  /// Texts as tokens, tokens as texts, messages as a text.
  case tokenize
  case detokenize
  case template
  /// The page for people.
  case page

  /// The route of a path, with and without `/v1` and however often a client repeats it; nil for what there is none of. A
  /// step without a name makes another path, as it does for whatever is in front of this server; after the last, it does not.
  package init?(_ path: String) {
    var steps = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard path.hasPrefix("/") else { return nil }
    steps.removeFirst()
    if steps.last?.isEmpty == true { steps.removeLast() }
    guard !steps.contains("") else { return nil }
    while steps.first == "v1" { steps.removeFirst() }
    switch steps {
    case []: self = .page
    case ["chat", "completions"]: self = .generate(.chat)
    case ["completions"]: self = .generate(.completions)
    case ["responses"]: self = .generate(.responses)
    case ["messages"]: self = .generate(.messages)
    case ["messages", "count_tokens"]: self = .countTokens
    case ["responses", "input_tokens"]: self = .countInput
    case ["models"]: self = .models
    case ["health"], ["healthz"]: self = .health
    case ["metrics"]: self = .metrics
    case ["mtp", "stats"]: self = .drafting
    case ["status"]: self = .status
    case ["tokenize"]: self = .tokenize
    case ["detokenize"]: self = .detokenize
    case ["apply-template"]: self = .template
    default:
      guard steps.first == "models", steps.count > 1 else { return nil }
      // Names of models may hold slashes.
      self = .model(steps.dropFirst().joined(separator: "/"))
    }
  }

  /// The method that it is asked by.
  package var method: String {
    switch self {
    case .generate, .countTokens, .countInput, .tokenize, .detokenize, .template: "POST"
    case .models, .model, .health, .metrics, .drafting, .status, .page: "GET"
    }
  }

  /// Whether it is answered without a key: it says nothing that could be kept from anybody.
  package var isOpen: Bool { self == .health || self == .page }

  /// Whether a model answers it.
  package var isGeneration: Bool { if case .generate = self { true } else { false } }

  /// The dialect of its errors.
  package var dialect: Dialect {
    switch self {
    case .generate(let dialect): dialect
    case .countTokens: .messages
    case .countInput: .responses
    default: .chat
    }
  }
}
