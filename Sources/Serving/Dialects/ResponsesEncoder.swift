import OutputParsing
import StrictJSON

/// Answers of `/v1/responses`: items one after the other, each event with the next number.
package struct ResponsesEncoder: AnswerEncoder {
  private enum Kind { case reasoning, message, call, custom }

  /// The item that is written.
  private struct Item {
    let kind: Kind
    let id: String
    var callID = ""
    var name = ""
    var text = ""
    var tokens: [GeneratedToken] = []
  }

  private let context: AnswerContext
  private var open: Item?
  private var output: [JSONValue] = []
  private var sequence = 0
  private var hasBegun = false
  private var finish: AnswerFinish?

  package init(_ context: AnswerContext) { self.context = context }

  package mutating func events(_ event: AnswerEvent) -> [ServerSentEvent] {
    switch event {
    case .started: return begin()
    case .delta(_, let pieces, let tokens, _):
      var events = begin()
      for piece in pieces { events += add(piece) }
      open?.tokens += tokens
      return events
    case .ended(_, let finish):
      self.finish = finish
      return begin() + close(finish == .length ? "incomplete" : "completed")
    case .finished(let usage, let statistics):
      let name = finish == .length ? "response.incomplete" : "response.completed"
      let more = AnswerParts.statistics(context.decoder, statistics)
      return [self.event(name, [("response", response(output, finish: finish, usage: usage, more: more))])]
    case .failed(let error):
      var members = begin()
      members.append(
        self.event(
          "response.failed", [("response", response(output, finish: nil, usage: nil, error: error))]))
      return members
    }
  }

  private mutating func event(_ name: String, _ members: [(String, JSONValue)]) -> ServerSentEvent {
    defer { sequence += 1 }
    return ServerSentEvent(
      name, .object([("type", .string(name)), ("sequence_number", .int(sequence))] + members))
  }

  private mutating func begin() -> [ServerSentEvent] {
    guard !hasBegun else { return [] }
    hasBegun = true
    let response = response([], finish: nil, usage: nil)
    return [
      event("response.created", [("response", response)]), event("response.in_progress", [("response", response)]),
    ]
  }

  private mutating func add(_ piece: OutputPiece) -> [ServerSentEvent] {
    switch piece {
    case .reasoning(let text):
      let events = enter(.reasoning, "rs_")
      return events + [delta("response.reasoning_text.delta", text, content: true)]
    case .text(let text):
      let events = enter(.message, "msg_")
      return events + [delta("response.output_text.delta", text, content: true, [("logprobs", .array([]))])]
    case .callBegan(let name):
      let isCustom = context.request.tools.contains { $0.name == name && $0.isFreeText }
      let closed = close("completed")
      return closed + enter(isCustom ? .custom : .call, isCustom ? "ctc_" : "fc_", name: name)
    case .callArguments(let text):
      guard open?.kind == .call else {
        // Free text is known when the call is whole: it is one string of its arguments.
        if open?.kind == .custom { open?.text += text }
        return []
      }
      return [delta("response.function_call_arguments.delta", text, content: false)]
    case .callEnded: return close("completed")
    case .callCut: return close("incomplete")
    }
  }

  private mutating func delta(
    _ name: String, _ text: String, content: Bool, _ more: [(String, JSONValue)] = []
  ) -> ServerSentEvent {
    open?.text += text
    return event(name, place(content: content) + [("delta", .string(text))] + more)
  }

  private func place(content: Bool) -> [(String, JSONValue)] {
    [("item_id", .string(open?.id ?? "")), ("output_index", .int(output.count))]
      + (content ? [("content_index", 0)] : [])
  }

  private mutating func enter(_ kind: Kind, _ prefix: String, name: String = "") -> [ServerSentEvent] {
    guard open?.kind != kind else { return [] }
    var events = close("completed")
    let isCall = kind == .call || kind == .custom
    let item = Item(
      kind: kind, id: context.names.name(prefix), callID: isCall ? context.names.name("call_") : "", name: name)
    open = item
    events.append(
      event(
        "response.output_item.added",
        [("output_index", .int(output.count)), ("item", json(item, "in_progress", isWhole: false))]))
    if kind == .message {
      events.append(event("response.content_part.added", place(content: true) + [("part", part(item))]))
    }
    return events
  }

  private mutating func close(_ status: String) -> [ServerSentEvent] {
    guard let item = open else { return [] }
    var events: [ServerSentEvent] = []
    switch item.kind {
    case .reasoning:
      events.append(
        event("response.reasoning_text.done", place(content: true) + [("text", .string(item.text))]))
    case .message:
      events.append(
        event(
          "response.output_text.done",
          place(content: true) + [("text", .string(item.text)), ("logprobs", .array(item.tokens.map(context.logprob)))])
      )
      events.append(event("response.content_part.done", place(content: true) + [("part", part(item))]))
    case .call:
      events.append(
        event(
          "response.function_call_arguments.done",
          place(content: false) + [("name", .string(names(item).name)), ("arguments", .string(item.text))]))
    case .custom:
      let input = Self.input(item.text)
      events.append(
        event("response.custom_tool_call_input.delta", place(content: false) + [("delta", .string(input))]))
      events.append(
        event("response.custom_tool_call_input.done", place(content: false) + [("input", .string(input))]))
    }
    let whole = json(item, status, isWhole: true)
    events.append(event("response.output_item.done", [("output_index", .int(output.count)), ("item", whole)]))
    output.append(whole)
    open = nil
    return events
  }

  /// The free text in a call's arguments.
  private static func input(_ arguments: String) -> String {
    let value = try? JSONValue.parse(Array(arguments.utf8), file: "arguments", maxValues: 1 << 16)
    return value?["input"]?.stringValue ?? value?.members?.first?.value.stringValue ?? arguments
  }

  private func part(_ item: Item) -> JSONValue {
    .object([
      ("type", "output_text"), ("text", .string(item.text)), ("annotations", .array([])),
      ("logprobs", .array(item.tokens.map(context.logprob))),
    ])
  }

  /// The tool that is called, as the client declared it: a client finds a tool of a group by both of its names alone.
  private func names(_ item: Item) -> (name: String, namespace: String?) {
    let group = context.request.tools.first { $0.name == item.name }?.group
    return (group?.name ?? item.name, group?.namespace)
  }

  private func json(_ item: Item, _ status: String, isWhole: Bool) -> JSONValue {
    let head: [(String, JSONValue)] = [("id", .string(item.id)), ("status", .string(status))]
    let (name, namespace) = names(item)
    var call: [(String, JSONValue)] = [("call_id", .string(item.callID)), ("name", .string(name))]
    if let namespace { call.append(("namespace", .string(namespace))) }
    switch item.kind {
    case .reasoning:
      let content = JSONValue.object([("type", "reasoning_text"), ("text", .string(item.text))])
      return .object(
        [("type", "reasoning")] + head + [("summary", .array([])), ("content", .array(isWhole ? [content] : []))])
    case .message:
      return .object(
        [("type", "message")] + head + [("role", "assistant"), ("content", .array(isWhole ? [part(item)] : []))])
    case .call: return .object([("type", "function_call")] + head + call + [("arguments", .string(item.text))])
    case .custom:
      return .object(
        [("type", "custom_tool_call")] + head + call + [("input", .string(isWhole ? Self.input(item.text) : ""))])
    }
  }

  private func response(
    _ output: [JSONValue], finish: AnswerFinish?, usage: AnswerUsage?, error: APIError? = nil,
    more: [(String, JSONValue)] = []
  ) -> JSONValue {
    let status = error != nil ? "failed" : usage == nil ? "in_progress" : finish == .length ? "incomplete" : "completed"
    var members: [(String, JSONValue)] = [
      ("id", .string(context.id)), ("object", "response"), ("created_at", .int(context.created)),
      ("status", .string(status)),
      (
        "error",
        error.map { .object([("code", .string($0.code ?? "server_error")), ("message", .string($0.message))]) } ?? .null
      ),
      (
        "incomplete_details",
        finish == .length && usage != nil ? .object([("reason", "max_output_tokens")]) : .null
      ), ("model", .string(context.model)), ("output", .array(output)),
    ]
    members += context.request.repeated.map { ($0.key, $0.value) }
    members.append(("usage", usage.map(Self.usage) ?? .null))
    return .object(members + more)
  }

  private static func usage(_ usage: AnswerUsage) -> JSONValue {
    .object([
      ("input_tokens", .int(usage.prompt)),
      ("input_tokens_details", .object([("cached_tokens", .int(usage.cached)), ("cache_write_tokens", 0)])),
      ("output_tokens", .int(usage.completion)),
      ("output_tokens_details", .object([("reasoning_tokens", .int(usage.reasoning))])),
      ("total_tokens", .int(usage.total)),
    ])
  }

  package func body(_ answer: WholeAnswer) -> JSONValue {
    let choice = answer.choices.first ?? AnsweredChoice()
    let status = choice.finish == .length ? "incomplete" : "completed"
    var items: [Item] = []
    if !choice.reasoning.isEmpty {
      items.append(Item(kind: .reasoning, id: context.names.name("rs_"), text: choice.reasoning))
    }
    if !choice.text.isEmpty {
      items.append(Item(kind: .message, id: context.names.name("msg_"), text: choice.text, tokens: choice.tokens))
    }
    for call in choice.calls {
      let isCustom = context.request.tools.contains { $0.name == call.name && $0.isFreeText }
      items.append(
        Item(
          kind: isCustom ? .custom : .call, id: context.names.name(isCustom ? "ctc_" : "fc_"), callID: call.id,
          name: call.name, text: call.arguments))
    }
    return response(
      items.map { json($0, status, isWhole: true) }, finish: choice.finish, usage: answer.usage,
      more: AnswerParts.statistics(context.decoder, answer.statistics))
  }
}
