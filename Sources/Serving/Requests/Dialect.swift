/// The protocols that clients speak.
package enum Dialect: String, Sendable, CaseIterable {
  /// `POST /v1/chat/completions`
  case chat
  /// `POST /v1/completions`
  case completions
  /// `POST /v1/responses`
  case responses
  /// `POST /v1/messages`
  case messages

  /// Whether errors and identifiers have the form of Anthropic's interface; OpenAI's else.
  package var isAnthropic: Bool { self == .messages }

  /// The field that has what the answer goes on from.
  var promptField: String {
    switch self {
    case .chat, .messages: "messages"
    case .completions: "prompt"
    case .responses: "input"
    }
  }
}
