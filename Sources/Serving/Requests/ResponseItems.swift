/// Items of an input of `/v1/responses` that are no turns of the conversation.
enum ResponseItems {
  /// Items that have tools: Codex sends its own so, and what a search of its client found.
  static let bringTools: Set = ["additional_tools", "tool_search_output"]
  /// Items that say nothing to this model: they are for the vendor's servers, or for the client itself. What a hosted tool
  /// found is in the message after its call.
  static let passedOver: Set = [
    "compaction", "compaction_summary", "tool_search_call", "web_search_call", "image_generation_call",
    "ghost_snapshot",
  ]
}
