import Diagnostics
import SystemPackage
import Foundation
import StrictJSON
import Templates

/// Chats, and what transformers makes of them.
enum ChatFixtures {
  private static let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
  static let folder = tests.appendingPathComponent("Fixtures")
  /// The demo checkpoint.
  static let demo = tests.deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("manifests/demo/trunk").path

  struct Row {
    let messages: JSONValue
    let tools: JSONValue?
    let prompt: Bool
    let extra: [(String, JSONValue)]
    let text: String?
    /// What the template itself said.
    let raised: String?

    init(_ row: JSONValue) {
      messages = row["messages"] ?? .null
      tools = row["tools"]
      prompt = row["prompt"]?.boolValue ?? false
      extra = (row["extra"]?.members ?? []).map { ($0.key, $0.value) }
      text = row["text"]?.stringValue
      raised = row["raised"]?.stringValue
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
    if name == "demo" { return try ChatTemplate.load(folder: FilePath(demo)) }
    return try TemplateFolder(files: [
      "chat_template.jinja": String(
        decoding: Data(contentsOf: folder.appendingPathComponent("templates/\(name).jinja")), as: UTF8.self),
      "tokenizer_config.json": String(
        decoding: Data(contentsOf: URL(fileURLWithPath: demo + "/tokenizer_config.json")), as: UTF8.self),
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

  func load() throws -> ChatTemplate { try ChatTemplate.load(folder: FilePath(path)) }
}

/// Equality by bytes: `String` takes canonically equivalent texts for equal.
func sameBytes(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

/// The diagnostic of the error that `body` throws; nil when it throws none.
func refusal(_ body: () throws -> Void) -> Diagnostic? {
  do {
    try body()
    return nil
  } catch {
    return (error as? any CambiumError)?.diagnostic
  }
}
