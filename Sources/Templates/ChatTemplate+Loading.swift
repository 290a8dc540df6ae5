import Files
import StrictJSON
import SystemPackage

extension ChatTemplate {
  /// Reads the chat template of a checkpoint's folder.
  ///
  /// As in transformers, files come before entries of JSON files: `chat_template.jinja` with the further templates of the
  /// folder `additional_chat_templates`, then `chat_template` in `tokenizer_config.json`, then `chat_template.json`,
  /// which older processors wrote. Among several templates with names, `tool_use` is for chats with tools and `default`
  /// for the others. The tokens that `tokenizer_config.json` names (`eos_token`, …) become variables.
  /// - Throws: ``ChatTemplateError``; `FileError` for a file that cannot be read; `JSONError`.
  public static func load(folder: FilePath, limits: Limits = Limits()) throws -> ChatTemplate {
    let configPath = folder.appending("tokenizer_config.json")
    let config = try FolderFile.json(configPath).map {
      try JSONFields($0, file: configPath.string, what: "the tokenizer's configuration")
    }
    var named = try NamedTemplates(files: folder)
    if named.isEmpty, let config { named = try NamedTemplates(config, key: "chat_template") }
    let path = folder.appending("chat_template.json")
    if named.isEmpty, let legacy = try FolderFile.json(path) {
      let fields = try JSONFields(legacy, file: path.string, what: "the chat template")
      named = try NamedTemplates(fields, key: "chat_template")
    }
    guard !named.isEmpty else { throw ChatTemplateError.missing(folder: folder) }
    guard named["default"] != nil || named["tool_use"] != nil else {
      throw ChatTemplateError.choice(file: named.file, names: named.names)
    }
    return try ChatTemplate(
      source: named["default"], toolSource: named["tool_use"], tokens: config.map(specialTokens) ?? [],
      file: named.file, limits: limits)
  }

  /// Each key that ends with `_token`, and its token.
  private static func specialTokens(_ config: JSONFields) -> [(String, String)] {
    config.keys.filter { $0.hasSuffix("_token") }.compactMap { key in
      let value = config[key]
      return (value?.stringValue ?? value?["content"]?.stringValue).map { (key, $0) }
    }
  }
}

/// The sources of a model's templates by name, from one of the places where they can be.
private struct NamedTemplates {
  private var sources: [(name: String, source: String)] = []
  /// What messages call the template.
  let file: String

  var isEmpty: Bool { sources.isEmpty }
  var names: [String] { sources.map(\.name) }

  /// The source of a name: of templates with the same name, the last counts.
  subscript(name: String) -> String? { sources.last { $0.name == name }?.source }

  /// The template files of a folder.
  init(files folder: FilePath) throws {
    let path = folder.appending("chat_template.jinja")
    file = path.string
    if let source = try Self.source(path) { sources.append(("default", source)) }
    let more = folder.appending("additional_chat_templates")
    if let broken = FileError.brokenLink(more) { throw broken }
    let names = try more.isFolder ? namesInFolder(more) : []
    for name in names where name.hasSuffix(".jinja") {
      guard let source = try Self.source(more.appending(name)) else { continue }
      sources.append((String(name.dropLast(".jinja".count)), source))
    }
  }

  /// A template, or a list of objects with `name` and `template`, in a JSON file.
  init(_ fields: JSONFields, key: String) throws {
    file = fields.file + "#" + key
    guard let value = fields[key], !value.isNull else { return }
    if let list = value.arrayValue {
      for element in list {
        let entry = try JSONFields(element, file: fields.file, what: "a chat template")
        sources.append((try entry.string("name"), try entry.string("template")))
      }
    } else {
      sources = [("default", try fields.string(key))]
    }
  }

  private static func source(_ path: FilePath) throws -> String? {
    guard let bytes = try FolderFile.read(path, limit: FolderFile.modest) else { return nil }
    guard let source = String(validating: bytes, as: UTF8.self) else {
      throw ChatTemplateError.syntax(
        TemplatePlace(file: path.string, position: nil), expected: "text in UTF-8", found: "bytes that are not UTF-8")
    }
    return source
  }
}
