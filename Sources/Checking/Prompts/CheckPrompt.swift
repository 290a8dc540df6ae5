import Inference
import StrictJSON
import Templates
import Tokenization

/// A prompt of a check, before it is tokens.
public struct CheckPrompt: Sendable {
  /// The form of a prompt.
  public enum Content: Sendable {
    /// Text as it is, without a template.
    case text(String)
    /// Token ids.
    case ids([Int])
    /// A chat, and the text that replaces it where a model has no chat template.
    case chat(ChatRequest, text: String?)
  }

  /// Name in reports; each prompt of a set has its own.
  public var id: String
  /// Kind of text, by which acceptance is reported: `prose`, `code`, `chat`, `tool`, …
  public var kind: String
  /// What is decoded from.
  public var content: Content

  /// A prompt under a name that no other of its set has.
  public init(id: String, kind: String, _ content: Content) {
    self.id = id
    self.kind = kind
    self.content = content
  }
}

/// A prompt of a check as token ids.
public struct EncodedPrompt: Sendable, Hashable {
  /// The prompt's id.
  public var id: String
  /// The class of the prompt, such as `chat`.
  public var kind: String
  /// The prompt as token ids, with images if it has some.
  public var prompt: Prompt

  /// The prompt as token ids.
  public var tokens: [Int] { prompt.tokens }

  /// A prompt of text.
  public init(id: String, kind: String, tokens: [Int]) { self.init(id: id, kind: kind, Prompt(tokens)) }

  /// A prompt that may have images, with their rows in place.
  public init(id: String, kind: String, _ prompt: Prompt) {
    self.id = id
    self.kind = kind
    self.prompt = prompt
  }
}

extension JSONValue {
  /// A member that is there and not null.
  func present(_ key: String) -> JSONValue? {
    guard let value = self[key], !value.isNull else { return Optional.none }
    return value
  }
}

/// A chat as a template takes it.
public struct ChatRequest: Sendable {
  /// A list of messages.
  public var messages: JSONValue
  /// A list of tools, or nil.
  public var tools: JSONValue?
  /// Further variables of the template (`enable_thinking`).
  public var extra: [(String, JSONValue)]

  /// - Parameters:
  ///   - messages: A list of objects with a role.
  ///   - tools: A list of functions; nil for none.
  ///   - extra: Further variables of the template.
  public init(messages: JSONValue, tools: JSONValue? = nil, extra: [(String, JSONValue)] = []) {
    self.messages = messages
    self.tools = tools
    self.extra = extra
  }

  /// One message of a user.
  public init(user text: String) {
    self.init(messages: .array([.object([("role", "user"), ("content", .string(text))])]))
  }

  /// Reads a list of messages, or an object with `messages`, `tools` and further variables.
  public init(_ value: JSONValue) {
    guard let members = value.members, let messages = value["messages"] else {
      self.init(messages: value)
      return
    }
    self.init(
      messages: messages, tools: value.present("tools"),
      extra: members.filter { !["messages", "tools"].contains($0.key) }.map { ($0.key, $0.value) })
  }

  /// The ids of the chat, the beginning of the answer at their end.
  public func encode(_ template: ChatTemplate, _ tokenizer: Tokenizer) throws -> [Int] {
    try template.encode(
      messages: messages, tools: tools, addGenerationPrompt: true, extra: extra, with: tokenizer)
  }
}
