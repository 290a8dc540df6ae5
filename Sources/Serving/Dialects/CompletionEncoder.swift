import OutputParsing
import StrictJSON

/// Answers of `/v1/completions`.
package struct CompletionEncoder: AnswerEncoder {
  private let context: AnswerContext
  /// Bytes of text before the next token, by answer.
  private var offsets: [Int]
  private var hasEchoed: [Bool]
  private var count = 0

  package init(_ context: AnswerContext) {
    self.context = context
    let count = context.request.choices * context.request.inputs.count
    offsets = Array(repeating: 0, count: count)
    hasEchoed = Array(repeating: !context.request.echoes, count: count)
  }

  package mutating func events(_ event: AnswerEvent) -> [ServerSentEvent] {
    switch event {
    case .started: return []
    case .delta(let index, let pieces, let tokens, let ids):
      count += ids.count
      guard offsets.indices.contains(index) else { return [] }
      let text = echo(index) + Self.text(pieces)
      guard !text.isEmpty || !tokens.isEmpty || context.request.tellsTokens && !ids.isEmpty else { return [] }
      defer { offsets[index] += tokens.reduce(0) { $0 + context.tokenizer.bytes(of: $1.id).count } }
      return [
        ServerSentEvent(
          document([choice(index, text, tokens, offset: offsets[index], nil, ids)], AnswerParts.running(context, count))
        )
      ]
    case .ended(let index, let finish):
      guard offsets.indices.contains(index) else { return [] }
      return [
        ServerSentEvent(
          document(
            [choice(index, echo(index), [], offset: offsets[index], finish, [])], AnswerParts.running(context, count)))
      ]
    case .finished(let usage, let statistics):
      guard context.request.tellsUsage else { return [.done] }
      return [
        ServerSentEvent(
          document(
            [], [("usage", AnswerParts.usage(usage))] + AnswerParts.statistics(context.decoder, statistics))), .done,
      ]
    // This ends as in chats, without the mark of a whole answer.
    case .failed(let error): return [ServerSentEvent(error.body(for: .completions))]
    }
  }

  private mutating func echo(_ index: Int) -> String {
    guard !hasEchoed[index] else { return "" }
    hasEchoed[index] = true
    return prompt(index)
  }

  private func prompt(_ index: Int) -> String {
    switch context.request.inputs[index / max(1, context.request.choices)] {
    case .text(let text), .gap(let text, _): text
    case .tokens(let ids): context.tokenizer.decode(ids)
    case .chat: ""
    }
  }

  private static func text(_ pieces: [OutputPiece]) -> String {
    pieces.map { if case .text(let text) = $0 { text } else { "" } }.joined()
  }

  private func choice(
    _ index: Int, _ text: String, _ tokens: [GeneratedToken], offset: Int, _ finish: AnswerFinish?, _ ids: [Int]
  ) -> JSONValue {
    let reason: JSONValue =
      switch finish {
      case .length: "length"
      case .end, .stop: "stop"
      case nil: .null
      }
    var members: [(String, JSONValue)] = [
      ("index", .int(index)), ("text", .string(text)), ("logprobs", logprobs(tokens, offset: offset)),
      ("finish_reason", reason),
    ]
    if context.request.tellsTokens, !ids.isEmpty { members.append(("token_ids", .array(ids.map(JSONValue.int)))) }
    return .object(members)
  }

  private func logprobs(_ tokens: [GeneratedToken], offset: Int) -> JSONValue {
    guard context.request.logprobs != nil, !tokens.isEmpty else { return .null }
    let text = { (id: Int) in context.tokenizer.decode([id]) }
    var offsets: [JSONValue] = []
    var place = offset
    for token in tokens {
      offsets.append(.int(place))
      place += context.tokenizer.bytes(of: token.id).count
    }
    return .object([
      ("tokens", .array(tokens.map { .string(text($0.id)) })),
      // The first token of a prompt has none.
      ("token_logprobs", .array(tokens.map { $0.logprob.map(JSONValue.number) ?? .null })),
      (
        "top_logprobs",
        .array(
          tokens.map { token in
            token.logprob == nil ? .null : .object(token.likeliest.map { (text($0.id), .number($0.logprob)) })
          })
      ), ("text_offset", .array(offsets)),
    ])
  }

  private func document(_ choices: [JSONValue], _ members: [(String, JSONValue)] = []) -> JSONValue {
    .object(
      [
        ("id", .string(context.id)), ("object", "text_completion"), ("created", .int(context.created)),
        ("model", .string(context.model)), ("system_fingerprint", .string(context.fingerprint)),
        ("choices", .array(choices)),
      ] + members)
  }

  package func body(_ answer: WholeAnswer) -> JSONValue {
    let choices = answer.choices.enumerated().map { index, answer in
      let echo = context.request.echoes ? prompt(index) : ""
      return choice(
        index, echo + answer.text, answer.tokens, offset: context.request.scoresPrompt ? 0 : echo.utf8.count,
        answer.finish ?? .end, answer.ids)
    }
    return document(
      choices,
      [("usage", AnswerParts.usage(answer.usage))] + AnswerParts.statistics(context.decoder, answer.statistics))
  }
}
