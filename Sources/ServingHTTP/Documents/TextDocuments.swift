import Serving
import StrictJSON

/// What `/tokenize`, `/detokenize`, `/apply-template` and `count_tokens` answer: they decode nothing.
package struct TextDocuments: Sendable {
  private let service: Service

  /// - Parameter service: Has the tokenizer and the template.
  package init(_ service: Service) { self.service = service }

  private func fields(_ body: [UInt8]) throws(APIError) -> RequestFields {
    try RequestFields(body: body, limits: service.options.limits)
  }

  private func checked(_ conversation: Conversation, _ body: [UInt8]) throws(APIError) -> Conversation {
    try service.options.limits.check(body: body.count, pictures: conversation.images.map(\.bytes))
    return conversation
  }

  /// The tokens of a text (`content` or `prompt`) or of messages.
  package func tokens(_ body: [UInt8]) throws(APIError) -> JSONValue {
    let fields = try fields(body)
    let tokens: [Int]
    if fields["messages"] != nil {
      let conversation = try checked(service.reader.conversation(fields), body)
      tokens = try service.prompts.tokens(of: conversation)
    } else {
      try service.options.limits.check(body: body.count, pictures: [])
      let text = try fields.string("content")
      let other = try fields.string("prompt")
      guard let text = text ?? other else { throw fields.wrong("content", "a text") }
      let special = try fields.bool("parse_special") ?? true
      tokens = service.model.tokenizer.encode(text, special: special)
    }
    var members: [(String, JSONValue)] = [
      ("tokens", .array(tokens.map(JSONValue.int))), ("count", .int(tokens.count)),
      ("max_model_len", .int(service.model.context)),
    ]
    let withPieces = try fields.bool("with_pieces")
    let withTexts = try fields.bool("return_token_strs")
    if withPieces ?? withTexts ?? false {
      members.append(("token_strs", .array(tokens.map { .string(service.model.tokenizer.decode([$0])) })))
    }
    return .object(members)
  }

  /// The text of tokens.
  package func text(_ body: [UInt8]) throws(APIError) -> JSONValue {
    let fields = try fields(body)
    let ids = 0...max(0, service.model.vocabulary - 1)
    guard let tokens = try fields.ints("tokens", most: service.options.limits.values, in: ids) else {
      throw fields.wrong("tokens", "a list of token ids")
    }
    let text = JSONValue.string(service.model.tokenizer.decode(tokens))
    return .object([("content", text), ("prompt", text)])
  }

  /// The text that the template makes of messages.
  package func rendered(_ body: [UInt8]) throws(APIError) -> JSONValue {
    let conversation = try checked(service.reader.conversation(fields(body)), body)
    return .object([("prompt", .string(try service.prompts.text(conversation)))])
  }

  /// The length of a prompt of `/v1/responses`, exactly.
  package func countInput(_ body: [UInt8]) throws(APIError) -> JSONValue {
    let conversation = try checked(service.reader.responsesConversation(fields(body)), body)
    let count = try service.prompts.tokens(of: conversation).count
    return .object([("object", "response.input_tokens"), ("input_tokens", .int(count))])
  }

  /// The length of a prompt of `/v1/messages`, exactly.
  package func count(_ body: [UInt8]) throws(APIError) -> JSONValue {
    let conversation = try checked(service.reader.anthropicConversation(fields(body)), body)
    return .object([("input_tokens", .int(try service.prompts.tokens(of: conversation).count))])
  }
}
