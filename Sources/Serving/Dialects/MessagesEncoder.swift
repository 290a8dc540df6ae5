import OutputParsing
import StrictJSON

/// Answers of `/v1/messages`: blocks one after the other, numbered from 0.
package struct MessagesEncoder: AnswerEncoder {
  private enum Block { case text, thinking, call }

  /// Clients keep thoughts with a signature and send both back; here nothing depends on it.
  private static let signature = "unsigned"

  private let context: AnswerContext
  private var open: Block?
  private var count = 0
  private var hasCalls = false
  private var hasBegun = false
  private var finish: AnswerFinish?

  package init(_ context: AnswerContext) { self.context = context }

  package mutating func events(_ event: AnswerEvent) -> [ServerSentEvent] {
    switch event {
    case .started: return begin()
    case .delta(_, let pieces, _, _): return begin() + pieces.flatMap { add($0) }
    case .ended(_, let finish):
      self.finish = finish
      return begin() + close()
    case .finished(let usage, _):
      let stop = stop(finish, hasCalls: hasCalls)
      return [
        Self.event(
          "message_delta",
          [
            ("delta", .object([("stop_reason", .string(stop.reason)), ("stop_sequence", stop.sequence)])),
            ("usage", self.usage(usage)),
          ]), Self.event("message_stop", []),
      ]
    case .failed(let error): return [ServerSentEvent("error", error.body(for: .messages))]
    }
  }

  private static func event(_ name: String, _ members: [(String, JSONValue)]) -> ServerSentEvent {
    ServerSentEvent(name, .object([("type", .string(name))] + members))
  }

  private mutating func begin() -> [ServerSentEvent] {
    guard !hasBegun else { return [] }
    hasBegun = true
    var usage = AnswerUsage()
    usage.prompt = context.promptTokens
    return [
      Self.event(
        "message_start", [("message", message([], stop: (.null, .null), usage: usage))])
    ]
  }

  private mutating func add(_ piece: OutputPiece) -> [ServerSentEvent] {
    switch piece {
    case .text(let text):
      return enter(.text, [("type", "text"), ("text", "")]) + [delta("text_delta", "text", text)]
    case .reasoning(let text):
      return enter(.thinking, [("type", "thinking"), ("thinking", ""), ("signature", "")])
        + [delta("thinking_delta", "thinking", text)]
    case .callBegan(let name):
      hasCalls = true
      return close()
        + enter(
          .call,
          [
            ("type", "tool_use"), ("id", .string(context.names.name("toolu_"))), ("name", .string(name)),
            ("input", .object([])),
          ])
    case .callArguments(let text): return open == .call ? [delta("input_json_delta", "partial_json", text)] : []
    case .callEnded, .callCut: return close()
    }
  }

  private mutating func enter(_ block: Block, _ content: [(String, JSONValue)]) -> [ServerSentEvent] {
    guard open != block else { return [] }
    let closed = close()
    open = block
    return closed + [
      Self.event("content_block_start", [("index", .int(count)), ("content_block", .object(content))])
    ]
  }

  private mutating func close() -> [ServerSentEvent] {
    guard let block = open else { return [] }
    open = nil
    defer { count += 1 }
    let signature = block == .thinking ? [delta("signature_delta", "signature", Self.signature)] : []
    return signature + [Self.event("content_block_stop", [("index", .int(count))])]
  }

  private func delta(_ type: String, _ key: String, _ text: String) -> ServerSentEvent {
    Self.event(
      "content_block_delta",
      [("index", .int(count)), ("delta", .object([("type", .string(type)), (key, .string(text))]))])
  }

  private func stop(_ finish: AnswerFinish?, hasCalls: Bool) -> (reason: String, sequence: JSONValue) {
    switch finish {
    case .length: ("max_tokens", .null)
    case .stop(let text) where !hasCalls: ("stop_sequence", .string(text))
    case .end, .stop, nil: (hasCalls ? "tool_use" : "end_turn", .null)
    }
  }

  /// Tokens that were found in a state count by themselves.
  private func usage(_ usage: AnswerUsage) -> JSONValue {
    .object([
      ("input_tokens", .int(usage.prompt - usage.cached)), ("cache_creation_input_tokens", 0),
      ("cache_read_input_tokens", .int(usage.cached)), ("output_tokens", .int(usage.completion)),
    ])
  }

  private func message(
    _ content: [JSONValue], stop: (reason: JSONValue, sequence: JSONValue), usage: AnswerUsage
  ) -> JSONValue {
    .object([
      ("id", .string(context.id)), ("type", "message"), ("role", "assistant"), ("model", .string(context.model)),
      ("content", .array(content)), ("stop_reason", stop.reason), ("stop_sequence", stop.sequence),
      ("usage", self.usage(usage)),
    ])
  }

  package func body(_ answer: WholeAnswer) -> JSONValue {
    let choice = answer.choices.first ?? AnsweredChoice()
    var blocks: [JSONValue] = []
    if !choice.reasoning.isEmpty {
      blocks.append(
        .object([
          ("type", "thinking"), ("thinking", .string(choice.reasoning)), ("signature", .string(Self.signature)),
        ]))
    }
    if !choice.text.isEmpty { blocks.append(.object([("type", "text"), ("text", .string(choice.text))])) }
    for call in choice.calls {
      let input = JSONText.written(Array(call.arguments.utf8), depth: JSONText.argumentsDepth)
      blocks.append(
        .object([
          ("type", "tool_use"), ("id", .string(call.id)), ("name", .string(call.name)), ("input", input ?? .object([])),
        ]))
    }
    let stop = stop(choice.finish, hasCalls: !choice.calls.isEmpty)
    guard
      case .object(let members) = message(
        blocks, stop: (.string(stop.reason), stop.sequence), usage: answer.usage
      ).content
    else { return .null }
    return .object(
      members.map { ($0.key, $0.value) } + AnswerParts.statistics(context.decoder, answer.statistics))
  }
}
