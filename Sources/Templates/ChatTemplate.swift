import StrictJSON

/// The template that turns the messages of a chat into the text that a model was trained on.
///
/// Templates are written in Jinja; this interpreter has what chat templates use of it, and refuses other features by
/// name: inheritance, inclusion, escaping, the clock, and keys of mappings that are no strings. What it renders is what
/// `apply_chat_template` of the transformers package renders: same white space rules, same `tojson`, same treatment of
/// messages.
public struct ChatTemplate: Sendable {
  /// Bounds on a template and on its renderings.
  public typealias Limits = TemplateLimits

  /// What messages call the template.
  public let file: String
  /// Bounds on what a rendering may cost.
  public let limits: Limits

  /// The template for every chat that no other one is for; nil where a model has only one for chats with tools.
  private let general: TemplateSource?
  /// The template for chats with tools, where a model has a separate one.
  private let forTools: TemplateSource?
  /// Variables that every rendering has: the model's special tokens.
  private let tokens: [(String, String)]

  /// Reads the source of a template.
  /// - Parameters:
  ///   - source: The source.
  ///   - file: The path that messages name.
  ///   - limits: Bounds on the source, and on every rendering.
  /// - Throws: ``ChatTemplateError``: `E_TEMPLATE_SYNTAX`, `E_TEMPLATE_UNSUPPORTED`, `E_TEMPLATE_LIMIT`.
  public init(source: String, file: String = "the chat template", limits: Limits = Limits()) throws {
    try self.init(source: source, toolSource: nil, tokens: [], file: file, limits: limits)
  }

  init(
    source: String?, toolSource: String?, tokens: [(String, String)], file: String, limits: Limits
  ) throws {
    do {
      general = try source.map { try TemplateParser.parse($0, limits: limits) }
      forTools = try toolSource.map { try TemplateParser.parse($0, limits: limits) }
    } catch let failure as TemplateFailure {
      throw failure.error(file: file)
    }
    self.file = file
    self.limits = limits
    self.tokens = tokens
  }

  /// The text of a chat.
  /// - Parameters:
  ///   - messages: A list of objects with `role`, `content` (a string, or a list of parts with `type` `text`, `image` or
  ///     `video`), and what the template reads besides (`reasoning_content`, `tool_calls`, …). At least one.
  ///   - tools: A list of the tools' descriptions.
  ///   - addGenerationPrompt: Whether the beginning of the model's answer is at the end.
  ///   - extra: Further variables (`enable_thinking`).
  /// - Throws: ``ChatTemplateError``: `E_TEMPLATE_MESSAGES` for what is no chat, `E_TEMPLATE_RAISED` when the template
  ///   refuses it, `E_TEMPLATE_VALUE`, `E_TEMPLATE_UNSUPPORTED`, `E_TEMPLATE_LIMIT`.
  public func render(
    messages: JSONValue, tools: JSONValue? = nil, addGenerationPrompt: Bool, extra: [(String, JSONValue)] = []
  ) throws -> String {
    var variables = tokens.map { ($0.0, TemplateValue.string($0.1)) }
    variables += [
      ("messages", try ChatInput.messages(messages, limits)),
      ("tools", try tools.map { try ChatInput.tools($0, limits) } ?? .none),
      ("documents", .none),
      ("add_generation_prompt", .bool(addGenerationPrompt)),
    ]
    variables += try ChatInput.extra(extra, limits)
    guard let chosen = source(for: tools) else { throw ChatTemplateError.choice(file: file, names: ["tool_use"]) }
    do {
      return try TemplateRenderer(limits).render(chosen.statements, variables: variables)
    } catch let failure as TemplateFailure {
      throw failure.error(file: file)
    }
  }

  private func source(for tools: JSONValue?) -> TemplateSource? {
    let hasTools = tools.map { !$0.isNull } ?? false
    return hasTools ? forTools ?? general : general
  }

  /// Whether the template for a chat with these tools writes out a text, in one of its texts or strings. White space
  /// does not count: every template has some.
  package func writesOut(_ text: String, tools: JSONValue?) -> Bool {
    guard !text.unicodeScalars.allSatisfy(PythonSpace.contains) else { return false }
    let pattern = BytePattern(text)
    return source(for: tools)?.literals.contains { pattern.firstMatch(in: Array($0.utf8), from: 0) != nil } ?? false
  }

  /// Refuses a chat whose values are nested too deep, as ``render(messages:tools:addGenerationPrompt:extra:)``
  /// does: for what goes through them before.
  /// - Throws: ``ChatTemplateError``: `E_TEMPLATE_MESSAGES`.
  package func checkDepth(messages: JSONValue, tools: JSONValue?, extra: [(String, JSONValue)]) throws {
    try ChatInput.checkDepth(messages, "the messages", limits)
    if let tools { try ChatInput.checkDepth(tools, "the tools", limits) }
    for (name, value) in extra { try ChatInput.checkDepth(value, name, limits) }
  }
}
