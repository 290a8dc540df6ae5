import Inference
import StrictJSON
import Tokenization

/// What every event of an answer says, and what its encoder needs to know.
package struct AnswerContext: Sendable {
  /// The request.
  package var request: GenerationRequest
  /// Seconds since 1970 at which the answer was begun.
  package var created: Int
  /// What the model is called: as the client called it.
  package var model: String
  /// A fingerprint of package, build and arithmetic: the same fingerprint, the same answer.
  package var fingerprint: String
  /// How it is decoded.
  package var decoder: String
  /// Tokens of the prompts.
  package var promptTokens: Int
  /// The tokenizer.
  package var tokenizer: Tokenizer
  /// Names for answers, items and calls.
  package var names: NameSource
  /// The answer's own name.
  package let id: String

  /// Creates a context; the answer's name is made.
  package init(
    request: GenerationRequest, created: Int, model: String, fingerprint: String, decoder: String,
    promptTokens: Int, tokenizer: Tokenizer, names: NameSource
  ) {
    self.request = request
    self.created = created
    self.model = model
    self.fingerprint = fingerprint
    self.decoder = decoder
    self.promptTokens = promptTokens
    self.tokenizer = tokenizer
    self.names = names
    id =
      switch request.dialect {
      case .chat: names.name("chatcmpl-")
      case .completions: names.name("cmpl-")
      case .responses: names.name("resp_")
      case .messages: names.name("msg_")
      }
  }

  /// A token with its probability, in the form of chat completions.
  func logprob(_ token: GeneratedToken) -> JSONValue {
    .object(
      chance(token.id, token.logprob ?? 0) + [
        ("top_logprobs", .array(token.likeliest.map { .object(chance($0.id, $0.logprob)) }))
      ])
  }

  private func chance(_ id: Int, _ logprob: Double) -> [(String, JSONValue)] {
    [
      ("token", .string(tokenizer.decode([id]))), ("logprob", .number(logprob)),
      ("bytes", .array(tokenizer.bytes(of: id).map { .int(Int($0)) })),
    ]
  }
}

/// Makes names that nobody can guess, each used once.
package struct NameSource: Sendable {
  private let digit: @Sendable () -> UInt8

  /// - Parameter digit: Returns numbers below 62.
  package init(_ digit: @escaping @Sendable () -> UInt8) { self.digit = digit }

  /// A source that uses the system's random numbers.
  package static let random = NameSource { UInt8.random(in: 0..<62) }

  /// A prefix and 24 letters and digits.
  package func name(_ prefix: String) -> String {
    let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    return prefix + String(decoding: (0..<24).map { _ in letters[Int(digit()) % letters.count] }, as: UTF8.self)
  }
}

extension JSONValue {
  /// A number in the shortest spelling that reads as the same one; null for what is no number.
  package static func number(_ value: Double) -> JSONValue {
    value.isFinite ? JSONValue(.number("\(value)")) : .null
  }
}
