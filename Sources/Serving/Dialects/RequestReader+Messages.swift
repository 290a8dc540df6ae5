import OutputParsing
import StrictJSON

extension RequestReader {
  /// A request of `/v1/messages`, or of `/v1/messages/count_tokens`, which has no `max_tokens`.
  func messages(_ fields: RequestFields) throws(APIError) -> GenerationRequest {
    let conversation = try anthropicConversation(fields)
    var request = GenerationRequest(.messages, model: try model(fields), inputs: [.chat(conversation)])
    guard fields["max_tokens"] != nil else { throw fields.wrong("max_tokens", "a whole number from 0") }
    try shared(fields, &request)
    // A client sends 0 to have the prompt ready before it asks.
    guard let limit = request.limit else { throw fields.wrong("max_tokens", "a whole number from 0") }
    request.stops = try stops(fields, "stop_sequences")
    request.choices = 1
    // The older name is allowed beside `output_config`, and means the same.
    request.form = try form(fields.object("output_format"), isStrict: true)
    if let output = try fields.object("output_config"), let format = try output.object("format") {
      request.form = try form(format, isStrict: true)
    }
    if let thinking = try fields.object("thinking"), try thinking.string("type", bytes: 64) == "enabled" {
      guard let budget = try thinking.int("budget_tokens", in: 1024...Int.max), budget < limit else {
        throw thinking.wrong("budget_tokens", "a whole number from 1024, below max_tokens")
      }
    }
    return request
  }

  /// The conversation of a request of `/v1/messages`.
  package func anthropicConversation(_ fields: RequestFields) throws(APIError) -> Conversation {
    guard let list = try fields.objects("messages", most: limits.messages) else {
      throw fields.wrong("messages", "a list of messages")
    }
    guard !list.isEmpty else { throw .field("messages", "is empty") }
    var messages: [ChatMessage] = []
    let system = try parts(fields, "system")
    if !system.isEmpty { messages.append(ChatMessage(.system, system, place: "system")) }
    for message in list { messages += try self.messages(of: message) }
    let continuesLast = try continuesLast(&messages)
    var conversation = Conversation(messages, continuesLast: continuesLast)
    conversation.tools = try anthropicTools(fields)
    conversation.toolChoice = try anthropicChoice(fields, conversation.tools)
    conversation.callsOnce = try fields.object("tool_choice")?.bool("disable_parallel_tool_use") == true
    if let thinking = try fields.object("thinking") {
      let type = try thinking.required("type", bytes: 64)
      switch type {
      case "enabled": conversation.thinks = true
      case "disabled": conversation.thinks = false
      case "adaptive": break
      default: throw .unsupported(thinking.name("type"), "must be enabled, adaptive or disabled")
      }
    }
    if let output = try fields.object("output_config") {
      conversation.effort = try output.string("effort", bytes: 64)
    }
    if let more = try fields.object("chat_template_kwargs") { conversation.variables = more.value.members ?? [] }
    return conversation
  }

  /// Whether the last message is the beginning of the answer: one of the assistant that calls nothing. One that says nothing
  /// begins nothing, and is left out.
  private func continuesLast(_ messages: inout [ChatMessage]) throws(APIError) -> Bool {
    guard let last = messages.last, last.role == .assistant, last.calls.isEmpty else { return false }
    let text = last.text
    guard !text.isEmpty else {
      if last.reasoning == nil { messages.removeLast() }
      return false
    }
    // A model writes a space with the word after it: after a space that is alone it would go on badly.
    guard text.last?.isWhitespace != true else {
      throw .field(
        "\(last.place).content", "final assistant content cannot end with trailing whitespace",
        code: "trailing_whitespace")
    }
    return true
  }

  /// One message may hold answers of tools and a user's words, which are separate messages for a template.
  private func messages(of fields: RequestFields) throws(APIError) -> [ChatMessage] {
    let word = try fields.required("role", bytes: 64)
    guard ["user", "assistant", "system"].contains(word), let role = Role(rawValue: word) else {
      throw .field(fields.name("role"), "must be user or assistant")
    }
    guard let content = fields["content"] else { throw fields.wrong("content", "a string or a list of blocks") }
    if let text = content.stringValue { return [ChatMessage(role, text, place: fields.path)] }
    var messages: [ChatMessage] = []
    var message = ChatMessage(role, [], place: fields.path)
    for block in try fields.objects("content", most: limits.parts) ?? [] {
      switch try block.required("type", bytes: 64) {
      case "tool_use":
        message.calls.append(
          PastCall(
            id: try block.required("id", bytes: limits.nameBytes),
            name: try block.required("name", bytes: limits.nameBytes),
            arguments: block["input"].map(JSONText.compact) ?? "{}"))
      case "tool_result":
        var result = ChatMessage(.tool, try parts(block, "content"), place: block.path)
        result.callID = try block.required("tool_use_id", bytes: limits.nameBytes)
        if try block.bool("is_error") == true { result.parts.insert(.text("Error:"), at: 0) }
        messages.append(result)
      case "thinking": message.reasoning = (message.reasoning ?? "") + (try block.required("thinking"))
      case "redacted_thinking": break
      default:
        let single = try RequestFields(.object([("block", .array([block.value]))]), path: fields.path)
        do {
          message.parts += try parts(single, "block")
        } catch {
          // The block's path, and not that of the list it was put into.
          var error = error
          let inner = single.name("block[0]")
          error.param = error.param.map { $0.replacing(inner, with: block.path) }
          error.message = error.message.replacing(inner, with: block.path)
          throw error
        }
      }
    }
    if !message.parts.isEmpty || !message.calls.isEmpty || message.reasoning != nil { messages.append(message) }
    return messages
  }

  private func anthropicTools(_ fields: RequestFields) throws(APIError) -> [ToolDeclaration] {
    var tools: [ToolDeclaration] = []
    for tool in try fields.objects("tools", most: limits.tools) ?? [] {
      // Tools that the vendor's servers run have a type with a date; nobody runs them here.
      if let type = try tool.string("type", bytes: 64), type != "custom" { continue }
      tools.append(try declared(tool, parameters: "input_schema"))
    }
    return try distinct(tools, fields)
  }

  private func anthropicChoice(
    _ fields: RequestFields, _ tools: [ToolDeclaration]
  ) throws(APIError) -> ToolChoice {
    guard let choice = try fields.object("tool_choice") else { return .auto }
    switch try choice.required("type", bytes: 64) {
    case "auto": return .auto
    case "none": return .none
    case "any":
      guard !tools.isEmpty else { throw .field(choice.path, "needs tools") }
      return .required
    case "tool":
      let name = try choice.required("name", bytes: limits.nameBytes)
      guard tools.contains(where: { $0.name == name }) else {
        throw .field(choice.name("name"), "there is no tool \(name)")
      }
      return .named(name)
    default: throw choice.wrong("type", "auto, any, tool or none")
    }
  }
}
