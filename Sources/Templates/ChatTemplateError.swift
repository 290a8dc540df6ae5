import Diagnostics
import StrictJSON
import SystemPackage

/// What can be wrong with a chat template, or with a chat that it is given.
public enum ChatTemplateError: CambiumError {
  /// The folder has no chat template.
  case missing(folder: FilePath)
  /// There are several templates with names, and none of them is for this chat.
  case choice(file: String, names: [String])
  /// The source is not a well-formed template.
  case syntax(TemplatePlace, expected: String?, found: String)
  /// The template uses a feature of Jinja that is not covered; the message names it.
  case unsupported(TemplatePlace, feature: String)
  /// A value is missing, or is of a type that the template cannot work with.
  case value(TemplatePlace, expected: String?, found: String)
  /// The template itself refuses the chat, by `raise_exception`.
  case raised(TemplatePlace, message: String)
  /// The template, or what it makes of the chat, is too large, too deep or too much work: see ``TemplateLimits``.
  case limit(TemplatePlace, expected: String, found: String)
  /// The messages, tools or variables are not those of a chat.
  case messages(expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .missing(let folder):
      Diagnostic(
        "E_TEMPLATE_MISSING", "the model has no chat template", file: folder,
        expected: "chat_template.jinja, or \"chat_template\" in tokenizer_config.json",
        next: "fetch the checkpoint again, or use plain text instead of a chat", exit: .missingInput)
    case .choice(let file, let names):
      Diagnostic(
        "E_TEMPLATE_CHOICE", "none of the chat templates is for this chat", file: file,
        expected: "one named \"default\", or \"tool_use\" and a chat with tools",
        found: names.prefix(8).joined(separator: ", "), next: "save one template as chat_template.jinja",
        exit: .badInput)
    case .syntax(let place, let expected, let found):
      Self.ofTemplate(
        "E_TEMPLATE_SYNTAX", "the chat template is not well-formed", place, expected, found, next: Self.fetchAgain)
    case .unsupported(let place, let feature):
      Self.ofTemplate(
        "E_TEMPLATE_UNSUPPORTED", "the chat template uses a feature that is not covered", place, nil, feature,
        next: "write the template without it, or report the model")
    case .value(let place, let expected, let found):
      Self.ofTemplate(
        "E_TEMPLATE_VALUE", "the chat template cannot work with a value", place, expected, found,
        next: "compare the messages with the form that the template reads")
    case .raised(let place, let message):
      Self.ofTemplate(
        "E_TEMPLATE_RAISED", "the chat template refuses the chat", place, nil, Self.cut(message),
        next: "change the messages as the template asks")
    case .limit(let place, let expected, let found):
      Self.ofTemplate(
        "E_TEMPLATE_LIMIT", "the chat template goes beyond a limit", place, expected, found,
        next: "send a shorter chat; if a short one fails too, do not trust the template")
    case .messages(let expected, let found):
      Diagnostic(
        "E_TEMPLATE_MESSAGES", "this is not a chat", expected: expected, found: Self.cut(found),
        next: "send a list of objects, each with a role", exit: .badInput)
    }
  }

  private static let fetchAgain =
    "fetch the file again; if it is still wrong, report it to the checkpoint's publisher"

  private static func ofTemplate(
    _ code: String, _ summary: String, _ place: TemplatePlace, _ expected: String?, _ found: String, next: String
  ) -> Diagnostic {
    Diagnostic(
      code, summary, file: place.description, expected: expected, found: cut(found), next: next, exit: .badInput)
  }

  /// A text from outside, cut where it is longer than a message should be.
  private static func cut(_ text: String) -> String {
    text.unicodeScalars.count > 500 ? String(text.unicodeScalars.prefix(500)) + "…" : text
  }
}

/// A file, and the position in the template that it holds.
public struct TemplatePlace: Sendable, Hashable, CustomStringConvertible {
  /// What messages call the template: a path, with the key after it for a template inside a JSON file.
  public let file: String
  /// The position; nil for what concerns the template as a whole.
  public let position: TemplatePosition?

  public var description: String {
    guard let position else { return file }
    return "\(file):\(position.line):\(position.column)"
  }
}

extension TemplateFailure {
  /// The error for the caller.
  func error(file: String) -> ChatTemplateError {
    let place = TemplatePlace(file: file, position: position)
    return switch kind {
    case .syntax: .syntax(place, expected: expected, found: found)
    case .unsupported: .unsupported(place, feature: found)
    case .value: .value(place, expected: expected, found: found)
    case .raised: .raised(place, message: found)
    case .limit: .limit(place, expected: expected ?? "less", found: found)
    }
  }
}
