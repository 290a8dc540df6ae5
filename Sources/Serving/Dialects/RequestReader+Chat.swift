import OutputParsing
import StrictJSON

extension RequestReader {
  /// A request of `/v1/chat/completions`.
  func chat(_ fields: RequestFields) throws(APIError) -> GenerationRequest {
    let conversation = try conversation(fields)
    var request = GenerationRequest(.chat, model: try model(fields), inputs: [.chat(conversation)])
    try shared(fields, &request)
    if fields["max_completion_tokens"] != nil { request.limit = try limit(fields, "max_completion_tokens") }
    if try fields.bool("logprobs") ?? false {
      request.logprobs = try fields.int("top_logprobs", in: 0...limits.topLogprobs) ?? 0
    } else if fields["top_logprobs"] != nil, try fields.int("top_logprobs", in: 0...limits.topLogprobs) != 0 {
      throw .field("top_logprobs", "needs logprobs")
    }
    request.prediction = try prediction(fields)
    request.form = try form(fields.object("response_format"))
    return request
  }

  /// The conversation of a request of chat completions: also what `/apply-template` and `/tokenize` take.
  package func conversation(_ fields: RequestFields) throws(APIError) -> Conversation {
    guard let list = try fields.objects("messages", most: limits.messages) else {
      throw fields.wrong("messages", "a list of messages")
    }
    guard !list.isEmpty else { throw .field("messages", "is empty") }
    var messages: [ChatMessage] = []
    for message in list { messages.append(try self.message(message)) }
    var conversation = Conversation(messages)
    conversation.tools = try tools(fields)
    conversation.toolChoice = try toolChoice(fields, &conversation.tools)
    try setThinking(fields, &conversation)
    if let more = try fields.object("chat_template_kwargs") { conversation.variables = more.value.members ?? [] }
    conversation.callsOnce = try fields.bool("parallel_tool_calls") == false
    conversation.continuesLast = try fields.bool("continue_final_message") ?? false
    if try fields.bool("add_generation_prompt") == false, !conversation.continuesLast {
      throw .unsupported("add_generation_prompt", "needs continue_final_message: an answer is the assistant's")
    }
    return conversation
  }

  private func message(_ fields: RequestFields) throws(APIError) -> ChatMessage {
    let word = try fields.required("role", bytes: 64)
    let role: Role
    switch word {
    case "system", "developer": role = .system
    case "user": role = .user
    case "assistant": role = .assistant
    case "tool", "function": role = .tool
    default:
      throw .field(fields.name("role"), "must be system, developer, user, assistant or tool, and is \(word.prefix(40))")
    }
    var message = ChatMessage(role, try parts(fields, "content"), place: fields.path)
    message.name = try fields.string("name", bytes: limits.nameBytes)
    switch role {
    case .assistant:
      message.reasoning = try fields.string("reasoning_content")
      if message.reasoning == nil { message.reasoning = try fields.string("reasoning") }
      message.calls = try calls(fields)
    case .tool:
      message.callID = try fields.string("tool_call_id", bytes: limits.nameBytes)
      if word == "tool", message.callID == nil { throw fields.wrong("tool_call_id", "a string") }
    case .system, .user:
      guard fields["content"] != nil else { throw fields.wrong("content", "a string or a list of parts") }
    }
    return message
  }

  private func calls(_ fields: RequestFields) throws(APIError) -> [PastCall] {
    var calls: [PastCall] = []
    for call in try fields.objects("tool_calls", most: limits.tools) ?? [] {
      guard let function = try call.object("function") else { throw call.wrong("function", "an object") }
      calls.append(
        PastCall(
          id: try call.string("id", bytes: limits.nameBytes) ?? "",
          name: try function.required("name", bytes: limits.nameBytes), arguments: try arguments(function)))
    }
    if let function = try fields.object("function_call") {
      calls.append(
        PastCall(
          id: "", name: try function.required("name", bytes: limits.nameBytes), arguments: try arguments(function)))
    }
    return calls
  }

  /// Arguments are a text that holds JSON; some clients send the JSON itself.
  private func arguments(_ function: RequestFields) throws(APIError) -> String {
    guard let value = function["arguments"] else { return "" }
    return value.stringValue ?? JSONText.compact(value)
  }

  /// A text, or a list of parts, in the words of all dialects.
  func parts(_ fields: RequestFields, _ key: String) throws(APIError) -> [ContentPart] {
    guard let value = fields[key] else { return [] }
    if let text = value.stringValue { return [.text(text)] }
    guard value.arrayValue != nil else { throw fields.wrong(key, "a string or a list of parts") }
    var parts: [ContentPart] = []
    for part in try fields.objects(key, most: limits.parts) ?? [] {
      if let part = try self.part(part) { parts.append(part) }
    }
    return parts
  }

  private func part(_ part: RequestFields) throws(APIError) -> ContentPart? {
    let type = try part.required("type", bytes: 64)
    switch type {
    case "text", "input_text", "output_text": return .text(try part.required("text"))
    case "refusal": return .text(try part.required("refusal"))
    case "reasoning", "thinking", "redacted_thinking": return nil
    case "document": return .text(try document(part))
    // What a search for tools found; the tool itself is in the request's list.
    case "tool_reference":
      return .text("The tool \(try part.required("tool_name", bytes: limits.nameBytes)) can be called.")
    case "image_url", "input_image":
      guard let value = part["image_url"] else { throw part.wrong("image_url", "an address") }
      if value.stringValue != nil { return try image(part, "image_url") }
      guard let object = try part.object("image_url") else { throw part.wrong("image_url", "an address") }
      return try image(object, "url")
    case "image":
      guard let source = try part.object("source") else { throw part.wrong("source", "an object") }
      let kind = try source.required("type", bytes: 64)
      if kind == "url" { return try image(source, "url") }
      guard kind == "base64" else { throw .unsupported(source.name("type"), "must be base64 or url") }
      let place = source.name("data")
      let bytes = try ImageSource.bytes(
        base64: source.required("data"), mediaType: source.required("media_type", bytes: 64), place: place,
        limits: limits)
      return .image(bytes, place: place)
    default: throw .unsupported(part.name("type"), "parts of the type \(type) are not read here")
    }
  }

  /// A document that is text, after its title and what is said of it.
  private func document(_ part: RequestFields) throws(APIError) -> String {
    guard let source = try part.object("source") else { throw part.wrong("source", "an object") }
    let type = try source.required("type", bytes: 64)
    var text: [String] = []
    for key in ["title", "context"] { if let line = try part.string(key), !line.isEmpty { text.append(line) } }
    switch type {
    case "text": text.append(try source.required("data"))
    case "content":
      for (index, part) in try parts(source, "content").enumerated() {
        guard case .text(let line) = part else {
          throw .unsupported("\(source.name("content"))[\(index)]", "documents are read as text alone")
        }
        text.append(line)
      }
    default: throw .unsupported(source.name("type"), "documents are read as text alone, and this is \(type)")
    }
    return text.joined(separator: "\n")
  }

  private func image(_ fields: RequestFields, _ key: String) throws(APIError) -> ContentPart {
    let place = fields.name(key)
    return .image(try ImageSource.bytes(of: fields.required(key), place: place, limits: limits), place: place)
  }
}
