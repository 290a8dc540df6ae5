import OutputParsing
import StrictJSON

extension RequestReader {
  /// A request of `/v1/responses`. Nothing is stored: each request brings its whole input.
  func response(_ fields: RequestFields) throws(APIError) -> GenerationRequest {
    let conversation = try responsesConversation(fields)
    var request = GenerationRequest(.responses, model: try model(fields), inputs: [.chat(conversation)])
    try shared(fields, &request)
    request.choices = 1
    request.limit = try limit(fields, "max_output_tokens", from: 1)
    if let count = try fields.int("top_logprobs", in: 0...limits.topLogprobs) { request.logprobs = count }
    if try fields.list("include", most: 32)?.contains("message.output_text.logprobs") == true {
      request.logprobs = request.logprobs ?? 0
    }
    if let text = try fields.object("text") { request.form = try form(text.object("format")) }
    request.prediction = try prediction(fields)
    request.repeated = repeated(fields)
    return request
  }

  /// The conversation of a request of `/v1/responses`, or of `/v1/responses/input_tokens`.
  package func responsesConversation(_ fields: RequestFields) throws(APIError) -> Conversation {
    for key in ["previous_response_id", "conversation", "prompt"] where fields[key] != nil {
      throw .unsupported(key, "this server keeps no responses: send the whole input")
    }
    if try fields.bool("background") == true {
      throw .unsupported("background", "this server keeps no responses")
    }
    var messages: [ChatMessage] = []
    if let text = try fields.string("instructions") {
      messages.append(ChatMessage(.system, text, place: "instructions"))
    }
    messages += try input(fields)
    // A client that looks whether anybody is there sends nothing at all.
    if !messages.contains(where: { $0.role == .user }) { messages.append(ChatMessage(.user, "", place: "input")) }
    var conversation = Conversation(messages)
    conversation.tools = try responseTools(fields)
    conversation.toolChoice = try toolChoice(fields, &conversation.tools)
    conversation.callsOnce = try fields.bool("parallel_tool_calls") == false
    try setThinking(fields, &conversation)
    if let more = try fields.object("chat_template_kwargs") { conversation.variables = more.value.members ?? [] }
    return conversation
  }

  /// What an answer repeats of its request.
  private func repeated(_ fields: RequestFields) -> [JSONValue.Member] {
    let defaults: [(String, JSONValue)] = [
      ("instructions", .null), ("max_output_tokens", .null), ("metadata", .object([])), ("parallel_tool_calls", true),
      ("previous_response_id", .null), ("reasoning", .object([("effort", .null), ("summary", .null)])),
      ("store", false),
      ("temperature", .number(1)), ("text", .object([("format", .object([("type", "text")]))])),
      ("tool_choice", "auto"), ("tools", .array([])), ("top_p", .number(1)), ("truncation", "disabled"),
      ("background", false),
    ]
    // Whatever was asked for, nothing is stored, and nothing cut away.
    return defaults.map { key, value in
      JSONValue.Member(key: key, value: key == "store" || key == "truncation" ? value : fields[key] ?? value)
    }
  }

  private func input(_ fields: RequestFields) throws(APIError) -> [ChatMessage] {
    guard let value = fields["input"] else { return [] }
    if let text = value.stringValue { return text.isEmpty ? [] : [ChatMessage(.user, text, place: "input")] }
    guard value.arrayValue != nil else { throw fields.wrong("input", "a text or a list of items") }
    var messages: [ChatMessage] = []
    for item in try fields.objects("input", most: limits.messages) ?? [] { try add(item, to: &messages) }
    return messages
  }

  /// Adds an item: calls and thoughts are separate items there, and parts of the assistant's turn for a template.
  private func add(_ item: RequestFields, to messages: inout [ChatMessage]) throws(APIError) {
    let type = try item.string("type", bytes: 64) ?? "message"
    switch type {
    case "message":
      let word = try item.required("role", bytes: 64)
      guard let role: Role = word == "developer" ? .system : Role(rawValue: word), role != .tool else {
        throw .field(item.name("role"), "must be system, developer, user or assistant")
      }
      let parts = try parts(item, "content")
      if role == .assistant, let last = messages.last, last.role == .assistant, last.parts.isEmpty, last.calls.isEmpty {
        messages[messages.count - 1].parts = parts
      } else {
        messages.append(ChatMessage(role, parts, place: item.path))
      }
    case "function_call", "custom_tool_call", "local_shell_call":
      var arguments: String
      switch type {
      case "function_call": arguments = try item.required("arguments")
      case "custom_tool_call":
        arguments = JSONText.compact(.object([("input", .string(try item.required("input")))]))
      default: arguments = item["action"].map(JSONText.compact) ?? "{}"
      }
      var name = try item.string("name", bytes: limits.nameBytes) ?? "local_shell"
      // The model reads of its calls what it was offered.
      let namespace = try item.string("namespace", bytes: limits.nameBytes)
      if let group = ToolGroup(namespace, name) { name = group.flatName }
      let call = PastCall(
        id: try item.required("call_id", bytes: limits.nameBytes), name: name, arguments: arguments)
      assistant(&messages, item.path)
      messages[messages.count - 1].calls.append(call)
    case "function_call_output", "custom_tool_call_output", "local_shell_call_output":
      var message = ChatMessage(.tool, try output(item), place: item.path)
      message.callID = try item.required("call_id", bytes: limits.nameBytes)
      messages.append(message)
    case "reasoning":
      var text = ""
      for key in ["content", "summary"] where text.isEmpty {
        for part in try item.objects(key, most: limits.parts) ?? [] { text += try part.string("text") ?? "" }
      }
      messages.append(ChatMessage(.assistant, [], reasoning: text, place: item.path))
    case _ where ResponseItems.bringTools.contains(type) || ResponseItems.passedOver.contains(type): break
    default: throw .unsupported(item.name("type"), "items of the type \(type) are not read here")
    }
  }

  /// What a tool answered: some clients send an object that has it as its content.
  private func output(_ item: RequestFields) throws(APIError) -> [ContentPart] {
    guard item["output"]?.members != nil, let output = try item.object("output") else {
      return try parts(item, "output")
    }
    return output["content"] == nil ? [.text(JSONText.compact(output.value))] : try parts(output, "content")
  }

  private func assistant(_ messages: inout [ChatMessage], _ place: String) {
    if messages.last?.role != .assistant { messages.append(ChatMessage(.assistant, [], place: place)) }
  }
}
