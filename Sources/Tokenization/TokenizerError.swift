import Diagnostics
import StrictJSON

/// What can be wrong with a tokenizer's files. Every case ends a process with status 65, a missing file with 66.
public enum TokenizerError: CambiumError {
  /// A part of `tokenizer.json` that must be of one kind to be covered; each part has its own code.
  public enum Part: String, Sendable, CaseIterable {
    /// The version of `tokenizer.json` is of a kind that is not covered.
    case version = "E_TOKENIZER_VERSION"
    /// The model of `tokenizer.json` is of a kind that is not covered.
    case model = "E_TOKENIZER_MODEL"
    /// The normalizer of `tokenizer.json` is of a kind that is not covered.
    case normalizer = "E_TOKENIZER_NORMALIZER"
    /// The pre-tokenizer of `tokenizer.json` is of a kind that is not covered.
    case preTokenizer = "E_TOKENIZER_PRE_TOKENIZER"
    /// The split pattern of `tokenizer.json` is of a kind that is not covered.
    case pattern = "E_TOKENIZER_PATTERN"
    /// The post-processor of `tokenizer.json` is of a kind that is not covered.
    case postProcessor = "E_TOKENIZER_POST_PROCESSOR"
    /// The decoder of `tokenizer.json` is of a kind that is not covered.
    case decoder = "E_TOKENIZER_DECODER"
    /// An added token of `tokenizer.json` is of a kind that is not covered.
    case addedToken = "E_TOKENIZER_ADDED_TOKEN"

    /// What messages call it.
    var name: String { rawValue.dropFirst("E_TOKENIZER_".count).lowercased().replacing("_", with: "-") }
  }

  /// A file of the tokenizer is not there.
  case missingFile(String)
  /// A part is of a kind that is not covered.
  case unsupported(Part, JSONPlace, expected: String, found: String)
  /// An id is negative, or neither below the number of tokens nor below the rows of the model's embedding.
  case idRange(JSONPlace, token: String, id: String, count: Int)
  /// Two tokens have one id.
  case duplicateId(JSONPlace, token: String, other: String, id: Int)
  /// A token is added twice, or added under another id than it has.
  case duplicateToken(JSONPlace, token: String)
  /// A merge is not a pair of tokens.
  case merge(JSONPlace, found: String)
  /// A merge names, or makes, a token that is not in the vocabulary.
  case mergeToken(JSONPlace, merge: String, token: String)
  /// A merge is there twice.
  case duplicateMerge(JSONPlace, merge: String)
  /// A byte has no token, so that text with it could not be encoded.
  case missingByte(JSONPlace, byte: UInt8, token: String)
  /// A stop token is not a token of this tokenizer.
  case stopToken(JSONPlace, key: String, expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .missingFile(let file):
      Diagnostic(
        "E_TOKENIZER_MISSING_FILE", "a file of the tokenizer is not there", file: file,
        next: "fetch the checkpoint again, with its tokenizer", exit: .missingInput)
    case .unsupported(let part, let place, let expected, let found):
      Self.refusal(
        part.rawValue, "the \(part.name) is of a kind that is not covered", place, expected, found,
        next: "use a checkpoint of the Qwen3-Next or Qwen3.5 family")
    case .idRange(let place, let token, let id, let count):
      Self.refusal(
        "E_TOKENIZER_ID_RANGE", "a token's id is out of range", place, "0 to \(count - 1)", "\(id) for \(shown(token))")
    case .duplicateId(let place, let token, let other, let id):
      Self.refusal(
        "E_TOKENIZER_DUPLICATE_ID", "two tokens have one id", place, "every id once",
        "\(id): \(shown(other)), \(shown(token))")
    case .duplicateToken(let place, let token):
      Self.refusal("E_TOKENIZER_DUPLICATE_TOKEN", "a token has two ids", place, "every token once", shown(token))
    case .merge(let place, let found):
      Self.refusal("E_TOKENIZER_MERGE", "a merge is not a pair of tokens", place, "\"a b\" or [\"a\", \"b\"]", found)
    case .mergeToken(let place, let merge, let token):
      Self.refusal(
        "E_TOKENIZER_MERGE_TOKEN", "a merge needs an unknown token", place, "\(shown(token)) in the vocabulary",
        shown(merge))
    case .duplicateMerge(let place, let merge):
      Self.refusal("E_TOKENIZER_DUPLICATE_MERGE", "a merge is there twice", place, "every merge once", shown(merge))
    case .missingByte(let place, let byte, let token):
      Self.refusal("E_TOKENIZER_MISSING_BYTE", "a byte has no token", place, "\"\(token)\" for byte \(byte)", "nothing")
    case .stopToken(let place, let key, let expected, let found):
      Self.refusal("E_TOKENIZER_STOP_TOKEN", "\"\(key)\" names no token of this tokenizer", place, expected, found)
    }
  }

  /// A name from the file, quoted, and cut where it is longer than a message can be.
  private func shown(_ name: String) -> String {
    name.unicodeScalars.count > 80 ? "\"\(String(name.unicodeScalars.prefix(80)))…\"" : "\"\(name)\""
  }

  private static func refusal(
    _ code: String, _ summary: String, _ place: JSONPlace, _ expected: String, _ found: String,
    next: String = "fetch the file again; if it is still wrong, report it to the checkpoint's publisher"
  ) -> Diagnostic {
    Diagnostic(
      code, summary, file: place.description, expected: expected, found: found, next: next,
      exit: .badInput)
  }
}
