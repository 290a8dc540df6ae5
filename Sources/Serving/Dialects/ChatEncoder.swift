import OutputParsing
import StrictJSON

/// Answers of `/v1/chat/completions`.
package struct ChatEncoder: AnswerEncoder {
  private let context: AnswerContext
  /// Calls that were begun, by answer.
  private var calls: [Int]
  private var hasBegun = false
  private var count = 0

  package init(_ context: AnswerContext) {
    self.context = context
    calls = Array(repeating: 0, count: context.request.choices)
  }

  package mutating func events(_ event: AnswerEvent) -> [ServerSentEvent] {
    switch event {
    case .started: return begin()
    case .delta(let index, let pieces, let tokens, let ids):
      count += ids.count
      var events = begin()
      var tokens = tokens
      var ids = ids
      for piece in pieces {
        guard let delta = delta(piece, index) else { continue }
        events.append(chunk(index, delta, tokens: tokens, ids: ids))
        (tokens, ids) = ([], [])
      }
      // A character that is not whole yet has tokens and no text.
      if !tokens.isEmpty || context.request.tellsTokens && !ids.isEmpty {
        events.append(chunk(index, [("content", "")], tokens: tokens, ids: ids))
      }
      return events
    case .ended(let index, let finish):
      return begin() + [
        chunk(index, [], finish: reason(finish, hasCalls: calls.indices.contains(index) && calls[index] > 0))
      ]
    case .finished(let usage, let statistics):
      guard context.request.tellsUsage else { return [.done] }
      let members: [(String, JSONValue)] = [("choices", .array([])), ("usage", AnswerParts.usage(usage))]
      return [
        ServerSentEvent(document(members + AnswerParts.statistics(context.decoder, statistics))), .done,
      ]
    // No mark after it: clients raise at the error, and what ends without the mark was no whole answer.
    case .failed(let error): return [ServerSentEvent(error.body(for: .chat))]
    }
  }

  /// The role comes first, once for each answer.
  private mutating func begin() -> [ServerSentEvent] {
    guard !hasBegun else { return [] }
    hasBegun = true
    return (0..<context.request.choices).map { chunk($0, [("role", "assistant"), ("content", "")]) }
  }

  /// The members of a delta; nil for what changes nothing. There are no empty ones: clients take them for a new part.
  private mutating func delta(_ piece: OutputPiece, _ index: Int) -> [(String, JSONValue)]? {
    switch piece {
    case .text(let text): return [("content", .string(text))]
    case .reasoning(let text): return [("reasoning_content", .string(text)), ("reasoning", .string(text))]
    case .callBegan(let name):
      guard calls.indices.contains(index) else { return nil }
      calls[index] += 1
      return call(
        index,
        [
          ("id", .string(context.names.name("call_"))), ("type", "function"),
          ("function", .object([("name", .string(name)), ("arguments", "")])),
        ])
    case .callArguments(let text): return call(index, [("function", .object([("arguments", .string(text))]))])
    case .callEnded, .callCut: return nil
    }
  }

  private func call(_ index: Int, _ members: [(String, JSONValue)]) -> [(String, JSONValue)] {
    [("tool_calls", .array([.object([("index", .int(max(0, calls[index] - 1)))] + members)]))]
  }

  private func chunk(
    _ index: Int, _ delta: [(String, JSONValue)], tokens: [GeneratedToken] = [], ids: [Int] = [], finish: String? = nil
  ) -> ServerSentEvent {
    var choice: [(String, JSONValue)] = [
      ("index", .int(index)), ("delta", .object(delta)),
      (
        "logprobs",
        tokens.isEmpty ? .null : .object([("content", .array(tokens.map(context.logprob))), ("refusal", .null)])
      ), ("finish_reason", finish.map(JSONValue.string) ?? .null),
    ]
    if context.request.tellsTokens, !ids.isEmpty { choice.append(("token_ids", .array(ids.map(JSONValue.int)))) }
    return ServerSentEvent(document([("choices", .array([.object(choice)]))] + AnswerParts.running(context, count)))
  }

  private func document(_ members: [(String, JSONValue)], object: String = "chat.completion.chunk") -> JSONValue {
    .object(
      [
        ("id", .string(context.id)), ("object", .string(object)), ("created", .int(context.created)),
        ("model", .string(context.model)), ("system_fingerprint", .string(context.fingerprint)),
      ] + members)
  }

  private func reason(_ finish: AnswerFinish?, hasCalls: Bool) -> String {
    switch finish {
    case .length: "length"
    case .end, .stop, nil: hasCalls ? "tool_calls" : "stop"
    }
  }

  package func body(_ answer: WholeAnswer) -> JSONValue {
    let choices = answer.choices.enumerated().map { index, choice -> JSONValue in
      var message: [(String, JSONValue)] = [
        ("role", "assistant"),
        ("content", choice.text.isEmpty && !choice.calls.isEmpty ? .null : .string(choice.text)), ("refusal", .null),
      ]
      if !choice.reasoning.isEmpty {
        message += [("reasoning_content", .string(choice.reasoning)), ("reasoning", .string(choice.reasoning))]
      }
      if !choice.calls.isEmpty {
        message.append(
          (
            "tool_calls",
            .array(
              choice.calls.map { call in
                .object([
                  ("id", .string(call.id)), ("type", "function"),
                  ("function", .object([("name", .string(call.name)), ("arguments", .string(call.arguments))])),
                ])
              })
          ))
      }
      var members: [(String, JSONValue)] = [
        ("index", .int(index)), ("message", .object(message)),
        (
          "logprobs",
          context.request.logprobs == nil
            ? .null : .object([("content", .array(choice.tokens.map(context.logprob))), ("refusal", .null)])
        ), ("finish_reason", .string(reason(choice.finish, hasCalls: !choice.calls.isEmpty))),
      ]
      if context.request.tellsTokens { members.append(("token_ids", .array(choice.ids.map(JSONValue.int)))) }
      return .object(members)
    }
    return document(
      [("choices", .array(choices)), ("usage", AnswerParts.usage(answer.usage))]
        + AnswerParts.statistics(context.decoder, answer.statistics), object: "chat.completion")
  }
}
