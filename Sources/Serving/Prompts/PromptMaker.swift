import Checking
import Constraints
import Inference
import OutputParsing
import StrictJSON
import Templates
import Tokenization

/// Makes the prompts of requests.
package struct PromptMaker: Sendable {
  private let model: TextModel
  private let vision: VisionPrompts?
  private let limits: RequestLimits
  private let defaults: [JSONValue.Member]

  /// - Parameters:
  ///   - model: The model's texts.
  ///   - vision: Takes pictures; nil for a model that sees none.
  ///   - limits: Bounds on pictures.
  ///   - defaults: Variables of the template for conversations that do not set them.
  package init(
    _ model: TextModel, vision: VisionPrompts? = nil, limits: RequestLimits = RequestLimits(),
    defaults: [JSONValue.Member] = []
  ) {
    self.model = model
    self.vision = vision
    self.limits = limits
    self.defaults = defaults
  }

  /// The prompt of an input.
  /// - Throws: ``APIError``: what the template refuses, what has no tokens, what does not fit.
  package func prompt(_ input: RequestInput) throws(APIError) -> PreparedPrompt {
    let prepared: PreparedPrompt
    switch input {
    case .chat(let conversation): prepared = try prompt(conversation)
    case .text(let text): prepared = PreparedPrompt(Prompt(model.tokenizer.encode(text)), isChat: false)
    case .gap(let before, let after): prepared = PreparedPrompt(Prompt(try filling(before, after)), isChat: false)
    case .tokens(let ids):
      for (index, id) in ids.enumerated() where !(0..<model.vocabulary).contains(id) {
        throw .field("prompt[\(index)]", "must be a token id from 0 to \(model.vocabulary - 1), and is \(id)")
      }
      prepared = PreparedPrompt(Prompt(ids), isChat: false)
    }
    guard !prepared.prompt.tokens.isEmpty else {
      throw .field("prompt", "has no tokens, and a model goes on from at least one", code: "empty_prompt")
    }
    return prepared
  }

  /// The tokens of a conversation's prompt, for who counts or reads them: no picture goes through the tower.
  /// - Throws: ``APIError``.
  package func tokens(of conversation: Conversation) throws(APIError) -> [Int] {
    try prompt(conversation, seen: false).prompt.tokens
  }

  /// The text of a conversation, as the template renders it.
  package func text(_ conversation: Conversation) throws(APIError) -> String {
    let template = try template()
    do {
      return try template.render(
        messages: TemplateMessages.json(conversation.messages), tools: tools(conversation), addGenerationPrompt: true,
        extra: variables(conversation))
    } catch {
      throw refusal(error, conversation)
    }
  }

  private func template() throws(APIError) -> ChatTemplate {
    guard let template = model.template else {
      throw APIError(.invalid, "this model has no chat template: it answers completions only", code: "no_chat_template")
    }
    return template
  }

  private func tools(_ conversation: Conversation) -> JSONValue? {
    guard !conversation.tools.isEmpty else { return Optional.none }
    return .array(conversation.tools.map(\.declaration))
  }

  private func variables(_ conversation: Conversation) -> [(String, JSONValue)] {
    var variables: [(String, JSONValue)] = []
    func set(_ key: String, _ value: JSONValue) {
      variables.removeAll { UTF8Name($0.0) == UTF8Name(key) }
      variables.append((key, value))
    }
    for member in defaults { set(member.key, member.value) }
    if let thinks = conversation.thinks { set("enable_thinking", .bool(thinks)) }
    if let effort = conversation.effort { set("reasoning_effort", .string(effort)) }
    for member in conversation.variables { set(member.key, member.value) }
    return variables
  }

  private func prompt(_ given: Conversation, seen: Bool = true) throws(APIError) -> PreparedPrompt {
    let template = try template()
    var conversation = given
    var last: ChatMessage?
    if conversation.continuesLast {
      guard let message = conversation.messages.popLast(), message.role == .assistant, message.calls.isEmpty else {
        throw .field("continue_final_message", "needs a last message of the assistant without calls")
      }
      last = message
    }
    let forced = forcedCall(conversation, template)
    guard model.marks.channels == nil || forced == nil && last == nil else {
      throw .unsupported(
        last == nil ? "tool_choice" : "continue_final_message",
        "the answers of this model have headers, and cannot be begun for it yet")
    }
    // What is to be said or called next leaves no room for thoughts.
    if forced != nil || last != nil { conversation.thinks = conversation.thinks ?? false }
    var tokens: [Int]
    var prompt: Prompt?
    var imageTokens = 0
    let images = conversation.images
    if images.isEmpty {
      do {
        tokens = try template.encode(
          messages: TemplateMessages.json(conversation.messages), tools: tools(conversation),
          addGenerationPrompt: true, extra: variables(conversation), sanitized: true, keysToo: true,
          with: model.tokenizer)
      } catch {
        throw refusal(error, conversation)
      }
    } else {
      guard last == nil, forced == nil else {
        throw .unsupported(
          last?.place ?? "tool_choice", "a call or an answer that is begun cannot be asked for beside pictures yet")
      }
      let visual = try see(conversation, images, seen: seen)
      (prompt, imageTokens, tokens) = (visual.prompt, visual.imageTokens, visual.prompt.tokens)
    }
    var isThinking = model.marks.isThinking(after: tokens)
    if forced != nil || last != nil {
      if isThinking { tokens += model.tokenizer.encode("</think>\n\n") }
      isThinking = false
      if let forced { tokens += model.tokenizer.encode(forced) }
      if let last { tokens += model.tokenizer.encode(last.text, special: false) }
    }
    return PreparedPrompt(
      prompt ?? Prompt(tokens), imageTokens: imageTokens, isThinking: isThinking,
      forced: forced.map { String($0.dropFirst("<tool_call>".count)) }, isChat: true)
  }

  private func see(
    _ conversation: Conversation, _ images: [(bytes: [UInt8], place: String)], seen: Bool
  ) throws(APIError) -> (prompt: Prompt, imageTokens: Int) {
    guard let vision else {
      throw .field(images.first?.place ?? "messages", "this model sees no pictures", code: "unsupported_value")
    }
    guard images.count <= limits.images else {
      throw .field(images[limits.images].place, "is a picture too many: at most \(limits.images) are taken")
    }
    let chat = ChatRequest(
      messages: TemplateMessages.json(conversation.messages), tools: tools(conversation),
      extra: variables(conversation))
    return try vision.prompt(chat, images, limits: limits, seen: seen) { (rows) throws(APIError) in
      guard rows < model.context else { throw tooLong(rows) }
    }
  }

  /// The error that a prompt leaves no room for an answer.
  package func tooLong(_ tokens: Int) -> APIError {
    // Agents look for the vendors' words, and shorten the conversation by the numbers in them.
    var error = APIError(
      .invalid,
      "This model's maximum context length is \(model.context) tokens. However, your messages resulted in \(tokens) tokens, which leaves no room for an answer. Please reduce the length of the messages.",
      param: "messages", code: "context_length_exceeded",
      extra: [("n_prompt_tokens", .int(tokens)), ("n_ctx", .int(model.context))])
    // An answer has a token at least.
    error.anthropicMessage = "prompt is too long: \(tokens) tokens > \(model.context - 1) maximum"
    return error
  }

  /// The beginning of a call that must be made, in the form that the template teaches.
  private func forcedCall(_ conversation: Conversation, _ template: ChatTemplate) -> String? {
    let name: String
    switch conversation.toolChoice {
    case .auto, .none: return nil
    case .required:
      // The name of a single tool is known.
      guard conversation.tools.count == 1, let tool = conversation.tools.first else {
        return isXML(conversation, template) ? "<tool_call>\n<function=" : "<tool_call>\n{\"name\": \""
      }
      name = tool.name
    case .named(let tool): name = tool
    }
    return isXML(conversation, template)
      ? "<tool_call>\n<function=\(name)>\n" : "<tool_call>\n{\"name\": \(JSONText.quoted(name)), \"arguments\": "
  }

  /// How the model writes its calls.
  package func callStyle(_ conversation: Conversation) throws(APIError) -> AnswerShape.CallStyle {
    isXML(conversation, try template()) ? .functions : .objects
  }

  private func isXML(_ conversation: Conversation, _ template: ChatTemplate) -> Bool {
    template.writesOut("<function=", tools: tools(conversation))
  }

  private func filling(_ before: String, _ after: String) throws(APIError) -> [Int] {
    let id = { (name: String) in model.tokenizer.id(of: name) }
    guard let prefix = id("<|fim_prefix|>"), let suffix = id("<|fim_suffix|>"), let middle = id("<|fim_middle|>") else {
      throw .unsupported("suffix", "this model has no tokens for filling a gap")
    }
    return [prefix] + model.tokenizer.encode(before, special: false) + [suffix]
      + model.tokenizer.encode(after, special: false) + [middle]
  }

  /// What the template says of the messages, with the first message that it refuses.
  private func refusal(_ error: any Error, _ conversation: Conversation) -> APIError {
    guard case ChatTemplateError.raised(_, let message) = error, let template = model.template else {
      var refusal = APIError(error, param: "messages")
      // A template that cannot render what both vendors allow is no fault of the server.
      if error is ChatTemplateError { refusal.kind = .invalid }
      return refusal
    }
    var place = "messages"
    for count in 1...max(1, min(64, conversation.messages.count)) {
      let part = TemplateMessages.json(Array(conversation.messages.prefix(count)))
      do {
        _ = try template.render(
          messages: part, tools: tools(conversation), addGenerationPrompt: true, extra: variables(conversation))
      } catch ChatTemplateError.raised(_, let found) where found == message {
        place = conversation.messages.prefix(count).last?.place ?? place
        break
      } catch {
        continue
      }
    }
    return .field(place, "the model's template refuses the messages: \(message)", code: "template_error")
  }
}
