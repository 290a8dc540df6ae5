import Foundation
import SystemPackage
import StrictJSON
import Templates
import Testing
import Tokenization

/// Token ids of chats, equal to those of transformers: `make_chats.py` of the template tests wrote the fixture.
@Suite struct ChatEncodingTests {
  @Test func `chats are encoded as Transformers encodes them`() throws {
    let template = try ChatTemplate.load(folder: FilePath(Fixtures.folder))
    let tokenizer = try Fixtures.tokenizer()
    let rows = try Row.all()
    #expect(rows.count >= 60)
    #expect(rows.filter { $0.sanitized != $0.ids }.count >= 10)
    for (index, row) in rows.enumerated() {
      let ids = try template.encode(
        messages: row.messages, tools: row.tools, addGenerationPrompt: row.prompt, extra: row.extra, with: tokenizer)
      #expect(ids == row.ids, "\(index)")
      let sanitized = try template.encode(
        messages: row.messages, tools: row.tools, addGenerationPrompt: row.prompt, extra: row.extra, sanitized: true,
        with: tokenizer)
      #expect(sanitized == row.sanitized, "\(index)")
    }
  }

  @Test func `every end of turn is a stop`() throws {
    let tokenizer = try Fixtures.tokenizer()
    let stops = try StopTokens(folder: FilePath(Fixtures.folder), tokenizer: tokenizer)
    let ids = try ChatTemplate.load(folder: FilePath(Fixtures.folder)).encode(
      messages: [["role": "user", "content": "a"], ["role": "assistant", "content": "b"]], addGenerationPrompt: false,
      with: tokenizer)
    #expect(ids.filter(stops.contains).count == 2)
  }

  /// A chat, and its ids with the demo's tokenizer and template.
  private struct Row {
    let messages: JSONValue
    let tools: JSONValue?
    let prompt: Bool
    let extra: [(String, JSONValue)]
    let ids: [Int]
    /// The ids with control tokens of the input as ordinary text.
    let sanitized: [Int]

    init?(_ row: JSONValue) {
      guard row["template"]?.stringValue == "demo", let ids = row["ids"]?.arrayValue?.compactMap(\.intValue) else {
        return nil
      }
      messages = row["messages"] ?? .null
      tools = row["tools"]
      prompt = row["prompt"]?.boolValue ?? false
      extra = (row["extra"]?.members ?? []).map { ($0.key, $0.value) }
      self.ids = ids
      sanitized = row["sanitized"]?.arrayValue?.compactMap(\.intValue) ?? ids
    }

    static func all() throws -> [Row] {
      let file = Fixtures.tests.deletingLastPathComponent().appendingPathComponent(
        "TemplatesTests/Fixtures/chats.jsonl")
      return try [UInt8](Data(contentsOf: file)).split(separator: 0x0A).compactMap {
        Row(try JSONValue.parse(Array($0), file: file.path))
      }
    }
  }
}
