import StrictJSON
import Templates
import TestSupport
import Testing

@Suite struct ChatTemplateLoadingTests {
  private func text(_ files: [String: String], tools: JSONValue? = nil, extra: [(String, JSONValue)] = []) throws
    -> String
  {
    try TemplateFolder(files: files).load()
      .render(messages: [["role": "user"]], tools: tools, addGenerationPrompt: false, extra: extra)
  }

  @Test func `a template file comes before the configuration`() throws {
    let config = #"{"chat_template": "configured"}"#
    let legacy = #"{"chat_template": "legacy"}"#
    #expect(try text(["chat_template.json": legacy]) == "legacy")
    #expect(try text(["tokenizer_config.json": config, "chat_template.json": legacy]) == "configured")
    #expect(try text(["chat_template.jinja": "file\n", "tokenizer_config.json": config]) == "file")
    #expect(
      try text(["chat_template.jinja": "", "tokenizer_config.json": config, "chat_template.json": legacy]).isEmpty)
  }

  @Test func `named templates are chosen by the tools`() throws {
    let list = #"""
      {"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"},
                         {"name": "rag", "template": "{% broken"}]}
      """#
    #expect(try text(["tokenizer_config.json": list]) == "plain")
    #expect(try text(["tokenizer_config.json": list], tools: nil) == "plain")
    #expect(try text(["tokenizer_config.json": list], tools: .null) == "plain")
    // An empty list is a list.
    #expect(try text(["tokenizer_config.json": list], tools: []) == "tools")
    #expect(try text(["tokenizer_config.json": list], tools: [["name": "f"]]) == "tools")
  }

  @Test func `further files have names`() throws {
    let files = ["chat_template.jinja": "plain", "additional_chat_templates/tool_use.jinja": "tools"]
    #expect(try text(files) == "plain")
    #expect(try text(files, tools: [["name": "f"]]) == "tools")
    let other = files.merging(["additional_chat_templates/default.jinja": "other"]) { $1 }
    #expect(try text(other) == "other")
  }

  @Test func `without one for the chat the choice is refused`() throws {
    let rag = ["additional_chat_templates/rag.jinja": "x"]
    #expect(refusal { _ = try text(rag) }?.code == "E_TEMPLATE_CHOICE")
    let toolsOnly = ["additional_chat_templates/tool_use.jinja": "tools"]
    #expect(try text(toolsOnly, tools: [["name": "f"]]) == "tools")
    #expect(refusal { _ = try text(toolsOnly) }?.code == "E_TEMPLATE_CHOICE")
  }

  @Test func `a folder without one is named`() throws {
    let folder = try TemplateFolder(files: ["tokenizer_config.json": #"{"chat_template": null}"#])
    let diagnostic = refusal { _ = try folder.load() }
    #expect(diagnostic?.code == "E_TEMPLATE_MISSING")
    #expect(diagnostic?.file == folder.path)
    #expect(diagnostic?.exitStatus == .missingInput)
  }

  @Test func `the configuration's tokens are variables`() throws {
    let files = [
      "chat_template.jinja": "{{ bos_token }}{{ eos_token }}{{ image_token }}{{ pad_token is defined }}",
      "tokenizer_config.json":
        #"{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "image_token": "<i>", "pad_token": null}"#,
    ]
    #expect(try text(files) == "<s></s><i>False")
    #expect(try text(files, extra: [("eos_token", "mine")]) == "<s>mine<i>False")
  }

  @Test func `messages name the file and the place in it`() throws {
    let config = try TemplateFolder(files: ["tokenizer_config.json": #"{"chat_template": "a\n  {{ b | nope }}"}"#])
    let render = { _ = try config.load().render(messages: [["role": "user"]], addGenerationPrompt: false) }
    #expect(refusal(render)?.file == config.path + "/tokenizer_config.json#chat_template:2:8")
    let file = try TemplateFolder(files: ["chat_template.jinja": "a\n{% if x %}"])
    #expect(refusal { _ = try file.load() }?.file == file.path + "/chat_template.jinja:2:11")
  }

  @Test func `entries of other types are refused`() {
    #expect(refusal { _ = try text(["tokenizer_config.json": #"{"chat_template": 1}"#]) }?.code == "E_JSON_TYPE")
    #expect(
      refusal { _ = try text(["tokenizer_config.json": #"{"chat_template": [{"name": "a"}]}"#]) }?.code
        == "E_JSON_MISSING_FIELD")
  }
}
