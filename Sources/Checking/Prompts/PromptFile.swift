import Files
import StrictJSON
import SystemPackage

/// A file with a prompt on each line, as a JSON object:
///
/// - one of `prompt` (text), `messages` (a chat, with `tools` and `enable_thinking` if wanted), `ids` (token ids); of
///   several, ids come before messages and messages before text;
/// - `id`, a name for reports (else the number of the line), and `kind` (else `text`).
///
/// Other members are left alone. Empty lines are skipped.
public enum PromptFile {
  /// Bytes of a prompt file at most.
  public static let limit = 64 << 20

  /// Reads a file.
  /// - Throws: `FileError`, `JSONError`, ``CheckingError/prompts(file:expected:found:)``.
  public static func read(_ path: FilePath) throws -> [CheckPrompt] {
    try parse(try ReadOnlyFile(path: path).readAll(limit: limit), file: path.string)
  }

  /// Reads the content of a file.
  public static func parse(_ bytes: [UInt8], file: String) throws -> [CheckPrompt] {
    var prompts: [CheckPrompt] = []
    var names: Set<UTF8Name> = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
      let place = "\(file), line \(index + 1)"
      let prompt = try prompt(try JSONValue.parse(Array(line), file: place), number: index + 1, place: place)
      guard names.insert(UTF8Name(prompt.id)).inserted else {
        throw CheckingError.prompts(file: place, expected: "an id of its own for each prompt", found: prompt.id)
      }
      prompts.append(prompt)
    }
    guard !prompts.isEmpty else {
      throw CheckingError.prompts(file: file, expected: "at least one prompt", found: "none")
    }
    return prompts
  }

  private static func prompt(_ value: JSONValue, number: Int, place: String) throws -> CheckPrompt {
    let fields = try JSONFields(value, file: place, what: "a prompt")
    let text = try fields.optionalString("prompt")
    let content: CheckPrompt.Content
    if let ids = try fields.optionalArray("ids") {
      content = .ids(try TokenIDs.read(ids, file: place))
    } else if let messages = value.present("messages") {
      let extra = fields["enable_thinking"].map { [("enable_thinking", $0)] } ?? []
      content = .chat(ChatRequest(messages: messages, tools: value.present("tools"), extra: extra), text: text)
    } else if let text {
      content = .text(text)
    } else {
      throw CheckingError.prompts(file: place, expected: "\"prompt\", \"messages\" or \"ids\"", found: "none of them")
    }
    return CheckPrompt(
      id: try fields.optionalString("id") ?? "\(number)", kind: try fields.optionalString("kind") ?? "text", content)
  }
}
