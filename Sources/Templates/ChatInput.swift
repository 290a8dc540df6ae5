import StrictJSON

/// Makes a template's variables of a chat, with the changes that transformers makes to messages.
enum ChatInput {
  /// Members that are null go, and reasoning is under `reasoning_content` and `thinking`, whatever its name was.
  static func messages(_ value: JSONValue, _ limits: ChatTemplate.Limits) throws -> TemplateValue {
    guard let list = value.arrayValue, !list.isEmpty else {
      throw ChatTemplateError.messages(
        expected: "a list of at least one message", found: value.arrayValue == nil ? value.typeName : "an empty list")
    }
    try checkDepth(value, "the messages", limits)
    return .list(
      TemplateList(
        try list.enumerated().map { index, message in
          guard let members = message.members else {
            throw ChatTemplateError.messages(
              expected: "message \(index + 1) to be an object", found: message.typeName)
          }
          return .mapping(TemplateMapping(withReasoning(members.filter { !$0.value.isNull })))
        }))
  }

  private static let reasoningKeys = ["reasoning_content", "thinking", "reasoning"]

  private static func withReasoning(_ members: [JSONValue.Member]) -> [(key: String, value: TemplateValue)] {
    var pairs = members.map { (key: $0.key, value: TemplateValue($0.value)) }
    let given = reasoningKeys.lazy.compactMap { key in pairs.first { UTF8Name($0.key) == UTF8Name(key) } }.first
    guard let reasoning = given?.value else { return pairs }
    // A key that is there already keeps its value, or its place.
    pairs.insert(("thinking", reasoning), at: 0)
    return pairs + [("reasoning_content", reasoning)]
  }

  static func tools(_ value: JSONValue, _ limits: ChatTemplate.Limits) throws -> TemplateValue {
    guard !value.isNull else { return .none }
    guard let list = value.arrayValue else {
      throw ChatTemplateError.messages(expected: "a list of tools", found: value.typeName)
    }
    for (index, tool) in list.enumerated() where tool.members == nil {
      throw ChatTemplateError.messages(expected: "tool \(index + 1) to be an object", found: tool.typeName)
    }
    try checkDepth(value, "the tools", limits)
    return TemplateValue(value)
  }

  static func extra(_ values: [(String, JSONValue)], _ limits: ChatTemplate.Limits) throws -> [(String, TemplateValue)]
  {
    try values.map { name, value in
      guard !["messages", "tools", "add_generation_prompt"].contains(name) else {
        throw ChatTemplateError.messages(expected: "variables besides the messages and tools", found: name)
      }
      try checkDepth(value, name, limits)
      return (name, TemplateValue(value))
    }
  }

  /// Refuses values that are nested deeper than the limit: everything that reads values goes as deep as they are.
  /// - Throws: `E_TEMPLATE_MESSAGES`.
  static func checkDepth(_ value: JSONValue, _ what: String, _ limits: ChatTemplate.Limits) throws {
    var level = [value]
    var depth = 0
    while !level.isEmpty {
      guard depth <= limits.depth else {
        throw ChatTemplateError.messages(
          expected: "at most \(limits.depth) levels of values in values in \(what)", found: "more")
      }
      depth += 1
      level = level.flatMap { ($0.arrayValue ?? []) + ($0.members ?? []).map(\.value) }
    }
  }
}
