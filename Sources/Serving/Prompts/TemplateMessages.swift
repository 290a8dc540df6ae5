import StrictJSON

/// Messages as a chat template reads them, in the order that the templates of the family accept: one system message, at the
/// beginning.
package enum TemplateMessages {
  /// A line that some agents put before their system prompt, and change with each request: it would take every request
  /// for a new conversation, and tells the model nothing.
  private static let billing = "x-anthropic-billing-header:"
  /// What is written before a system message that comes later, where it becomes a user's.
  package static let laterSystem = "[System message]"

  /// The messages of a conversation.
  package static func json(_ messages: [ChatMessage]) -> JSONValue {
    let leading = messages.prefix { $0.role == .system }
    let system = leading.map { withoutBilling($0.text) }.filter { !$0.isEmpty }.joined(separator: "\n\n")
    var list: [JSONValue] = []
    if !system.isEmpty { list.append(.object([("role", "system"), ("content", .string(system))])) }
    for message in messages.dropFirst(leading.count) { list.append(json(message)) }
    return .array(list)
  }

  private static func withoutBilling(_ text: String) -> String {
    guard text.contains(billing) else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix(billing) }
      .joined(separator: "\n")
  }

  private static func json(_ message: ChatMessage) -> JSONValue {
    var members: [(String, JSONValue)] = []
    switch message.role {
    case .system:
      let text = laterSystem + "\n" + withoutBilling(message.text)
      return .object([("role", "user"), ("content", .string(text))])
    case .user, .assistant, .tool: members.append(("role", .string(message.role.rawValue)))
    }
    members.append(("content", content(message)))
    if let reasoning = message.reasoning, message.role == .assistant {
      members.append(("reasoning_content", .string(reasoning)))
    }
    if !message.calls.isEmpty { members.append(("tool_calls", .array(message.calls.map(call)))) }
    if let id = message.callID { members.append(("tool_call_id", .string(id))) }
    if let name = message.name { members.append(("name", .string(name))) }
    return .object(members)
  }

  /// Text where there is nothing else, as not every template reads parts.
  private static func content(_ message: ChatMessage) -> JSONValue {
    let hasImages = message.parts.contains { if case .image = $0 { true } else { false } }
    guard hasImages else { return .string(message.text) }
    return .array(
      message.parts.map { part in
        switch part {
        case .text(let text): .object([("type", "text"), ("text", .string(text))])
        case .image: .object([("type", "image")])
        }
      })
  }

  /// A call with its arguments as an object. An agent may have kept a call that was cut: what is no object is one
  /// argument of that text, and never an error, or the conversation could not go on.
  private static func call(_ call: PastCall) -> JSONValue {
    let parsed = try? JSONValue.parse(Array(call.arguments.utf8), file: "arguments", maxValues: 1 << 16)
    let arguments: JSONValue
    if let parsed, parsed.members != nil {
      arguments = parsed
    } else if call.arguments.utf8.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
      arguments = .object([])
    } else {
      arguments = .object([("arguments", .string(call.arguments))])
    }
    return .object([
      ("id", .string(call.id)), ("type", "function"),
      ("function", .object([("name", .string(call.name)), ("arguments", arguments)])),
    ])
  }
}
