import StrictJSON

/// What becomes of the fields of a request that no part of the server acts on. A field that would change the answer is
/// refused by name, unless it says what happens anyway. Every other one has no effect, and the client is told so
/// (`x-ignored-parameters`): nothing is passed over in silence.
struct ParameterRules {
  /// A field that is understood and cannot be done.
  private struct Refusal {
    /// The values that ask for nothing.
    var harmless: [JSONValue] = []
    var reason: String
  }

  private let dialect: Dialect

  init(_ dialect: Dialect) { self.dialect = dialect }

  /// Refuses what cannot be done, and returns the fields that have no effect, in their order.
  func ignored(_ fields: RequestFields) throws(APIError) -> [String] {
    var ignored: [String] = []
    for member in fields.value.members ?? [] where !member.value.isNull && !read.contains(member.key) {
      if let refusal = Self.refusals[member.key] {
        guard refusal.harmless.contains(where: { Self.isSame($0, member.value) }) else {
          throw .unsupported(fields.name(member.key), refusal.reason)
        }
      } else if !Self.isDefault(member) {
        ignored.append(member.key)
      }
    }
    return ignored + inside(fields)
  }

  /// The same number, however it is spelled; or the same value.
  private static func isSame(_ a: JSONValue, _ b: JSONValue) -> Bool {
    if let a = a.doubleValue, let b = b.doubleValue { return a == b }
    return a == b
  }

  /// Whether a field without effect says what is done anyway.
  private static func isDefault(_ member: JSONValue.Member) -> Bool {
    switch member.key {
    case "store": member.value.boolValue == false
    case "truncation": member.value.stringValue == "disabled"
    case "service_tier": ["auto", "default", "standard_only"].contains(member.value.stringValue)
    case "metadata", "client_metadata": member.value.members?.isEmpty == true
    default: false
    }
  }

  /// Fields without effect that are deeper in the request.
  private func inside(_ fields: RequestFields) -> [String] {
    var ignored: [String] = []
    var isStrict = false
    tools(fields.value, "", &ignored, &isStrict)
    if dialect == .responses {
      for (index, item) in (fields["input"]?.arrayValue ?? []).enumerated() {
        let type = item["type"]?.stringValue ?? ""
        if ResponseItems.passedOver.contains(type) { ignored.append("input[\(index)]") }
        if ResponseItems.bringTools.contains(type) { tools(item, "input[\(index)].", &ignored, &isStrict) }
      }
    }
    // Calls that nobody looks for follow no schema.
    let choice = fields["tool_choice"]
    if isStrict, choice?.stringValue == "none" || choice?["type"]?.stringValue == "none" {
      ignored.append("tools.strict")
    }
    if fields["thinking"]?["budget_tokens"] != nil { ignored.append("thinking.budget_tokens") }
    if dialect == .chat || dialect == .responses, let reasoning = fields["reasoning"] {
      if reasoning["max_tokens"]?.isNull == false { ignored.append("reasoning.max_tokens") }
      if reasoning["exclude"]?.boolValue == true { ignored.append("reasoning.exclude") }
    }
    let included = fields["include"]?.arrayValue ?? []
    if included.contains(where: { $0.stringValue != "message.output_text.logprobs" }) { ignored.append("include") }
    return ignored
  }

  /// Tools that the vendor's servers run: nobody runs them here.
  private func tools(_ holder: JSONValue, _ path: String, _ ignored: inout [String], _ isStrict: inout Bool) {
    for (index, tool) in (holder["tools"]?.arrayValue ?? []).enumerated() {
      let (type, place) = (tool["type"]?.stringValue, "\(path)tools[\(index)]")
      switch dialect {
      // A group in a group is none that anybody reads.
      case .responses where type == "namespace" && holder["type"]?.stringValue != "namespace":
        tools(tool, place + ".", &ignored, &isStrict)
      case .responses where type != "function" && type != "custom": ignored.append(place)
      case .messages where type != nil && type != "custom": ignored.append(place)
      default: isStrict = isStrict || (tool["function"] ?? tool)["strict"]?.boolValue == true
      }
    }
  }

  /// The fields that readers act on.
  private var read: Set<String> {
    switch dialect {
    case .chat: Self.chat
    case .completions: Self.completions
    case .responses: Self.responses
    case .messages: Self.messages
    }
  }

  private static let sampling: Set = [
    "model", "temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty",
    "seed", "logit_bias", "min_tokens", "stop_token_ids", "ignore_eos", "stream", "return_token_ids", "decoder",
    "cache_salt",
  ]
  private static let conversation: Set = ["tools", "tool_choice", "chat_template_kwargs"]
  private static let thoughts: Set = ["reasoning_effort", "enable_thinking", "reasoning", "think", "thinking"]
  private static let chat = sampling.union(conversation).union(thoughts).union([
    "messages", "parallel_tool_calls", "max_tokens", "max_completion_tokens", "n", "stop", "stream_options", "logprobs",
    "top_logprobs", "prediction", "response_format", "continue_final_message",
    "add_generation_prompt",
  ])
  private static let completions = sampling.union([
    "prompt", "suffix", "max_tokens", "n", "stop", "stream_options", "logprobs", "echo", "best_of", "prediction",
    "response_format",
  ])
  private static let responses = sampling.union(conversation).union(thoughts).union([
    "input", "instructions", "parallel_tool_calls", "max_output_tokens", "stop", "top_logprobs", "include",
    "text", "prediction", "previous_response_id", "conversation", "prompt", "background",
  ])
  private static let messages = sampling.union(conversation).union([
    "messages", "system", "max_tokens", "stop_sequences", "thinking", "output_config", "output_format",
  ])

  private static let noForm = "answers are held to a form by response_format alone: send a JSON schema there"
  private static let noSampler = "this server does not choose tokens so: leave it out"

  private static let refusals: [String: Refusal] = {
    var refusals: [String: Refusal] = [
      "n": Refusal(harmless: [1], reason: "this dialect has one answer"),
      "best_of": Refusal(harmless: [1], reason: "this server does not choose among answers"),
      "functions": Refusal(harmless: [.array([])], reason: "this form is no longer read: send tools"),
      "function_call": Refusal(harmless: ["auto", "none"], reason: "this form is no longer read: send tool_choice"),
      "modalities": Refusal(harmless: [["text"]], reason: "this server answers in text"),
      "audio": Refusal(reason: "this server answers in text"),
      "web_search_options": Refusal(reason: "this server searches nothing"),
      "mcp_servers": Refusal(harmless: [.array([])], reason: "this server asks no other servers"),
      "container": Refusal(reason: "this server runs no tools"),
      "documents": Refusal(harmless: [.array([])], reason: "send what they say in a message"),
      "chat_template": Refusal(reason: "the template is the model's own"),
      "echo": Refusal(harmless: [false], reason: "this dialect does not repeat the prompt"),
      "suffix": Refusal(harmless: [""], reason: "gaps are filled at /v1/completions"),
      "prompt_logprobs": Refusal(reason: "they are told at /v1/completions: send echo and logprobs"),
      "truncate_prompt_tokens": Refusal(reason: "this server cuts no prompt"),
      "include_stop_str_in_output": Refusal(harmless: [false], reason: "stop strings are no part of an answer"),
      "skip_special_tokens": Refusal(harmless: [true], reason: "control tokens are no part of an answer"),
      "add_special_tokens": Refusal(harmless: [false], reason: "the template says which tokens a prompt has"),
      "thinking_token_budget": Refusal(reason: "this server does not bound thoughts: use max_tokens"),
      "thinking_budget": Refusal(reason: "this server does not bound thoughts: use max_tokens"),
      "n_predict": Refusal(reason: "is called max_tokens here"),
      "repeat_penalty": Refusal(harmless: [1], reason: "is called repetition_penalty here"),
    ]
    for name in [
      "guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "grammar", "json_schema",
      "regex", "ebnf",
    ] { refusals[name] = Refusal(reason: noForm) }
    // Names of samplers that other servers have, with the value that turns each off.
    let samplers: [(String, [JSONValue])] = [
      ("use_beam_search", [false]), ("length_penalty", [1]), ("early_stopping", [false]), ("bad_words", [.array([])]),
      ("allowed_token_ids", []), ("logits_processors", [.array([])]), ("repetition_detection", []),
      ("mirostat", [0]), ("typical_p", [1]), ("tfs_z", [1]), ("top_a", [0]), ("xtc_probability", [0]),
      ("dry_multiplier", [0]), ("dynatemp_range", [0]), ("top_n_sigma", [-1]), ("samplers", []), ("n_probs", [0]),
    ]
    for (name, harmless) in samplers { refusals[name] = Refusal(harmless: harmless, reason: noSampler) }
    return refusals
  }()
}
