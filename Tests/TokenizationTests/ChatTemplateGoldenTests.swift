import Diagnostics
import Foundation
import StrictJSON
import Testing
import Tokenization

/// Equal to `apply_chat_template` of transformers: `make_chats.py` wrote the fixture.
@Suite struct ChatTemplateGoldenTests {
  static let names = ["demo", "effort", "hermes", "members", "raw", "thinking"]

  @Test(arguments: names) func rendersAsTransformers(name: String) throws {
    let template = try ChatFixtures.template(name)
    let rows = try ChatFixtures.rows(name)
    #expect(rows.count >= 38)
    for (index, row) in rows.enumerated() {
      let found = ChatFixtures.outcome { try row.render(template) }
      switch (row.text, found) {
      case (let expected?, .text(let text)): #expect(sameBytes(text, expected), "\(name) \(index)")
      case (nil, .refused(let diagnostic)):
        #expect(diagnostic.code == (row.raised == nil ? "E_TEMPLATE_VALUE" : "E_TEMPLATE_RAISED"), "\(name) \(index)")
        if let raised = row.raised { #expect(diagnostic.found == raised) }
      default: Issue.record("\(name) \(index): \(found)")
      }
    }
  }

  @Test func encodesAsTransformers() throws {
    let template = try ChatFixtures.template("demo")
    let tokenizer = try Fixtures.tokenizer()
    let rows = try ChatFixtures.rows("demo").filter { $0.ids != nil }
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

  @Test func everyEndOfTurnIsAStop() throws {
    let tokenizer = try Fixtures.tokenizer()
    let stops = try StopTokens(folder: Fixtures.folder, tokenizer: tokenizer)
    let ids = try ChatFixtures.template("demo").encode(
      messages: [["role": "user", "content": "a"], ["role": "assistant", "content": "b"]], addGenerationPrompt: false,
      with: tokenizer)
    #expect(ids.filter(stops.contains).count == 2)
  }
}

/// Chats, and what transformers makes of them.
enum ChatFixtures {
  static let folder = Fixtures.tests.appendingPathComponent("Fixtures")

  struct Row {
    let messages: JSONValue
    let tools: JSONValue?
    let prompt: Bool
    let extra: [(String, JSONValue)]
    let text: String?
    /// What the template itself said.
    let raised: String?
    let ids: [Int]?
    /// The ids with control tokens of the input as ordinary text.
    let sanitized: [Int]?

    init(_ row: JSONValue) {
      messages = row["messages"] ?? .null
      tools = row["tools"]
      prompt = row["prompt"]?.boolValue ?? false
      extra = (row["extra"]?.members ?? []).map { ($0.key, $0.value) }
      text = row["text"]?.stringValue
      raised = row["raised"]?.stringValue
      ids = row["ids"]?.arrayValue?.compactMap(\.intValue)
      sanitized = row["sanitized"]?.arrayValue?.compactMap(\.intValue) ?? ids
    }

    func render(_ template: ChatTemplate) throws -> String {
      try template.render(messages: messages, tools: tools, addGenerationPrompt: prompt, extra: extra)
    }
  }

  enum Outcome {
    case text(String)
    case refused(Diagnostic)
  }

  static func lines(_ name: String) throws -> [JSONValue] {
    try [UInt8](Data(contentsOf: folder.appendingPathComponent(name))).split(separator: 0x0A).map {
      try JSONValue.parse(Array($0), file: name)
    }
  }

  static func rows(_ template: String) throws -> [Row] {
    try lines("chats.jsonl").filter { $0["template"]?.stringValue == template }.map(Row.init)
  }

  /// The demo's own template, or one of the fixtures with the demo's tokens beside it.
  static func template(_ name: String) throws -> ChatTemplate {
    if name == "demo" { return try ChatTemplate.load(folder: Fixtures.folder) }
    return try TemplateFolder(files: [
      "chat_template.jinja": String(
        decoding: Data(contentsOf: folder.appendingPathComponent("templates/\(name).jinja")), as: UTF8.self),
      "tokenizer_config.json": String(
        decoding: Data(contentsOf: URL(fileURLWithPath: Fixtures.folder + "/tokenizer_config.json")), as: UTF8.self),
    ]).load()
  }

  static func outcome(_ render: () throws -> String) -> Outcome {
    do {
      return .text(try render())
    } catch {
      return .refused(
        (error as? any CambiumError)?.diagnostic ?? Diagnostic("not ours", "\(error)", exit: .failure))
    }
  }
}

/// A folder with these files, for as long as it is held.
final class TemplateFolder {
  let path: String

  init(files: [String: String]) throws {
    path = FileManager.default.temporaryDirectory.path + "/cambium-template-\(UUID().uuidString)"
    for (name, text) in files {
      let url = URL(fileURLWithPath: path + "/" + name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func load() throws -> ChatTemplate { try ChatTemplate.load(folder: path) }
}
