import Checking
import SystemPackage
import Diagnostics
import Files
import Testing

@Suite struct PromptFileTests {
  private func parse(_ text: String) throws -> [CheckPrompt] {
    try PromptFile.parse(Array(text.utf8), file: "prompts.jsonl")
  }

  @Test func `ids come before messages and messages before text`() throws {
    let prompts = try parse(
      """
      {"id": "a", "kind": "code", "prompt": "x", "ids": [1, 2]}

      {"prompt": "x", "messages": [{"role": "user", "content": "q"}], "tools": null, "enable_thinking": false}
      {"prompt": "x", "other": 1}
      """)
    #expect(prompts.map(\.id) == ["a", "3", "4"])
    #expect(prompts.map(\.kind) == ["code", "text", "text"])
    guard case .ids([1, 2]) = prompts[0].content else { throw Unexpected() }
    guard case .chat(let chat, text: "x") = prompts[1].content else { throw Unexpected() }
    #expect(chat.tools == nil && chat.extra.map(\.0) == ["enable_thinking"])
    guard case .text("x") = prompts[2].content else { throw Unexpected() }
  }

  @Test(arguments: [
    ("", "E_CHECK_PROMPTS"), (#"{"id": "a"}"#, "E_CHECK_PROMPTS"),
    ("{\"id\": \"a\", \"ids\": [1]}\n{\"id\": \"a\", \"ids\": [1]}", "E_CHECK_PROMPTS"),
    (#"{"ids": [1, -1]}"#, "E_TOKEN_IDS"), (#"{"ids": [1.5]}"#, "E_TOKEN_IDS"), (#"{"prompt": 3}"#, "E_JSON_TYPE"),
    ("[1]", "E_JSON_TYPE"),
  ])
  func `what is no prompt is refused by name`(_ text: String, _ code: String) {
    do {
      _ = try parse(text)
      Issue.record("accepted")
    } catch {
      #expect((error as? any CambiumError)?.diagnostic.code == code)
    }
  }

  @Test func `every bundled prompt is encoded, chats by the model's template`() throws {
    let encoder = PromptEncoder(folder: try FilePath(DemoCheckpoint.shared.get().path))
    let prompts = try BundledPrompts.all.map(encoder.encode)
    #expect(Set(prompts.map(\.id)).count == prompts.count)
    #expect(Set(prompts.map(\.kind)) == ["prose", "code", "chat", "tool"])
    let tokenizer = try encoder.tokenizer()
    let tool = try #require(prompts.first { $0.kind == "tool" })
    #expect(tokenizer.decode(tool.tokens).contains("# Tools"))
  }

  @Test func `ids are read as words, as a list, and not from other words`() throws {
    #expect(try TokenIDs.read("1, 22 3") == [1, 22, 3])
    #expect(throws: CheckingError.self) { try TokenIDs.read("99999999999999999999999") }
    #expect(throws: FileError.self) { try TokenIDs.read("no-such-file") }
  }

  private struct Unexpected: Error {}
}
