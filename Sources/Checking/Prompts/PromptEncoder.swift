import Templates
import Tokenization
import SystemPackage

/// Makes token ids of prompts with the tokenizer and the chat template of a model's folder, which are read when they are
/// first needed: a set of ids needs neither.
public final class PromptEncoder {
  private let folder: FilePath
  private var loadedTokenizer: Tokenizer?
  private var loadedTemplate: ChatTemplate?

  /// - Parameter folder: The model's folder, whose tokenizer and template are read when they are needed.
  public init(folder: FilePath) { self.folder = folder }

  /// The model's tokenizer, read once.
  /// - Throws: `TokenizerError`, `JSONError`, `FileError`.
  public func tokenizer() throws -> Tokenizer {
    if let loadedTokenizer { return loadedTokenizer }
    let tokenizer = try Tokenizer(folder: folder)
    loadedTokenizer = tokenizer
    return tokenizer
  }

  /// The model's chat template, read once.
  /// - Throws: `ChatTemplateError`, `JSONError`, `FileError`.
  public func template() throws -> ChatTemplate {
    if let loadedTemplate { return loadedTemplate }
    let template = try ChatTemplate.load(folder: folder)
    loadedTemplate = template
    return template
  }

  /// The prompt's ids. A chat with its own text takes that text where the model has no template.
  /// - Throws: `TokenizerError`, `ChatTemplateError`, `JSONError`.
  public func encode(_ prompt: CheckPrompt) throws -> EncodedPrompt {
    let tokens: [Int]
    switch prompt.content {
    case .ids(let ids): tokens = ids
    case .text(let text): tokens = try tokenizer().encode(text)
    case .chat(let chat, let text): tokens = try encode(chat, text)
    }
    return EncodedPrompt(id: prompt.id, kind: prompt.kind, tokens: tokens)
  }

  private func encode(_ chat: ChatRequest, _ text: String?) throws -> [Int] {
    let found: ChatTemplate
    do {
      found = try template()
    } catch let error as ChatTemplateError {
      guard case .missing = error, let text else { throw error }
      return try tokenizer().encode(text)
    }
    return try chat.encode(found, tokenizer())
  }
}
