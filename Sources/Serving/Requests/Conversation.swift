import OutputParsing
import StrictJSON

/// Who says a message, after the dialects' words have become one.
package enum Role: String, Sendable {
  case system, user, assistant, tool
}

/// A part of a message.
package enum ContentPart: Sendable, Equatable {
  /// Text.
  case text(String)
  /// A picture, as bytes of a PNG or JPEG file, and its place in the request.
  case image([UInt8], place: String)
}

/// A call that the model made earlier.
package struct PastCall: Sendable, Equatable {
  /// The call's name in its conversation.
  package var id: String
  /// The tool's name.
  package var name: String
  /// The arguments as they were sent: usually JSON, and sometimes a text that was cut before its end.
  package var arguments: String

  /// Creates a call.
  package init(id: String, name: String, arguments: String) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// One message, whatever dialect it came in.
package struct ChatMessage: Sendable, Equatable {
  /// Who says it.
  package var role: Role
  /// What is said.
  package var parts: [ContentPart]
  /// What an assistant thought.
  package var reasoning: String?
  /// The calls of an assistant.
  package var calls: [PastCall]
  /// The call that a tool answers.
  package var callID: String?
  /// The name of a tool, or of who speaks.
  package var name: String?
  /// Its path in the request, for errors.
  package var place: String

  /// Creates a message.
  package init(
    _ role: Role, _ parts: [ContentPart], reasoning: String? = nil, calls: [PastCall] = [], callID: String? = nil,
    name: String? = nil, place: String = ""
  ) {
    self.role = role
    self.parts = parts
    self.reasoning = reasoning
    self.calls = calls
    self.callID = callID
    self.name = name
    self.place = place
  }

  /// A message of text.
  package init(_ role: Role, _ text: String, place: String = "") {
    self.init(role, [.text(text)], place: place)
  }

  /// All text of the message.
  package var text: String {
    parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
  }
}

/// Whether, and which, tools are to be called.
package enum ToolChoice: Sendable, Equatable {
  /// The model may call tools or not.
  case auto
  /// The tools are told to the model, and calls are not looked for.
  case none
  /// Some tool must be called.
  case required
  /// This tool must be called.
  case named(String)
}

/// Messages, tools, and what the template is told besides.
package struct Conversation: Sendable, Equatable {
  /// The messages in their order.
  package var messages: [ChatMessage]
  /// The tools in their order.
  package var tools: [ToolDeclaration]
  /// Whether tools are to be called.
  package var toolChoice: ToolChoice
  /// Whether an answer ends after its first call.
  package var callsOnce = false
  /// Whether the model thinks first; nil as the template has it.
  package var thinks: Bool?
  /// How much it thinks, for templates that know `reasoning_effort`.
  package var effort: String?
  /// Further variables of the template.
  package var variables: [JSONValue.Member]
  /// Whether the answer goes on with the last message, which is the assistant's.
  package var continuesLast: Bool

  /// Creates a conversation.
  package init(
    _ messages: [ChatMessage], tools: [ToolDeclaration] = [], toolChoice: ToolChoice = .auto, thinks: Bool? = nil,
    effort: String? = nil, variables: [JSONValue.Member] = [], continuesLast: Bool = false
  ) {
    self.messages = messages
    self.tools = tools
    self.toolChoice = toolChoice
    self.thinks = thinks
    self.effort = effort
    self.variables = variables
    self.continuesLast = continuesLast
  }

  /// The pictures of all messages in their order.
  package var images: [(bytes: [UInt8], place: String)] {
    messages.flatMap(\.parts).compactMap { if case .image(let bytes, let place) = $0 { (bytes, place) } else { nil } }
  }
}
