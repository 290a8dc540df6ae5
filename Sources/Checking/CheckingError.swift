import Diagnostics
import SystemPackage

/// What checking, tracing and generating can refuse, besides what opening and decoding refuse.
public enum CheckingError: CambiumError, Equatable {
  /// A line of the prompt file is not a prompt, or two have one id.
  case prompts(file: String, expected: String, found: String)
  /// A line of `captions.jsonl` names no picture beside it, or one twice.
  case pictures(file: String, expected: String, found: String)
  /// A file of token ids, or a word of the command line, is not a list of token ids.
  case ids(file: String?, found: String)
  /// The text to compare over has fewer than two tokens.
  case text(file: String, expected: String, found: String)
  /// The source has another vocabulary than the package.
  case vocabulary(source: String, expected: Int, found: Int)
  /// A way of decoding gives other tokens, logits or states than vanilla decoding, or the head's drafts depend on
  /// refused ones.
  case different(path: FilePath, expected: String, found: String)
  /// Fewer first drafts are accepted than `--min-acceptance` or the manifest's `acceptance_floor` ask for, or than so
  /// much of the source's as `--relative-acceptance` or `relative_floor`.
  case acceptance(path: FilePath, expected: String, found: String, trials: String? = nil)
  /// The package is farther from its source than `--max-kl` and `--min-top1`, or `max_kl` and `min_top1` of the manifest,
  /// allow.
  case distance(path: FilePath, expected: String, found: String)
  /// Too few drafts are accepted, and a repair of the head restores them: halves of `fc` exchanged, norms before it
  /// exchanged, norms shifted never or twice.
  case head(path: FilePath, HeadTrial, asItIs: Double)

  public var diagnostic: Diagnostic {
    switch self {
    case .prompts(let file, let expected, let found):
      Diagnostic(
        "E_CHECK_PROMPTS", "the prompt file cannot be used", file: file, expected: expected, found: found,
        next: "write one object a line, with \"prompt\", \"messages\" or \"ids\"", exit: .badInput)
    case .pictures(let file, let expected, let found):
      Diagnostic(
        "E_CHECK_PICTURES", "the list of pictures cannot be used", file: file, expected: expected, found: found,
        next: "write one object a line, with \"file\", and \"question\" and \"caption\" if wanted", exit: .badInput)
    case .ids(let file, let found):
      Diagnostic(
        "E_TOKEN_IDS", "this is not a list of token ids", file: file,
        expected: "numbers from 0, with commas or spaces between them, or a JSON list", found: found,
        next: "make them with: verify-runner tokenize PACKAGE TEXT", exit: .badInput)
    case .text(let file, let expected, let found):
      Diagnostic(
        "E_CHECK_TEXT", "the text is too short to compare over", file: file, expected: expected, found: found,
        next: "give a longer text", exit: .badInput)
    case .vocabulary(let source, let expected, let found):
      Diagnostic(
        "E_CHECK_VOCABULARY", "the source has another vocabulary than the package", file: source,
        expected: "\(expected) logits a token", found: "\(found)",
        next: "give the checkpoint that the package was made from", exit: .badInput)
    case .different(let path, let expected, let found):
      Diagnostic(
        "E_CHECK_DIFFERENT", "a way of decoding changes the answer", file: path, expected: expected, found: found,
        next: "do not use the runner with this package; report it with the output of check --json",
        exit: .verificationFailed)
    case .acceptance(let path, let expected, let found, let trials):
      Diagnostic(
        "E_CHECK_ACCEPTANCE", "too few drafts of the MTP head are accepted", file: path, expected: expected,
        found: found + (trials.map { "; with repairs: \($0)" } ?? ""),
        next: trials == nil
          ? "look at the head's norms and at the donor: a damaged head drafts, but drafts badly"
          : "no repair helps: the head is likely another model's; take that of the model the trunk was tuned from",
        exit: .verificationFailed)
    case .distance(let path, let expected, let found):
      Diagnostic(
        "E_CHECK_DISTANCE", "the package is too far from its source", file: path, expected: expected, found: found,
        next: "give the costly tensors more bits: by a rule, or by a budget and cambium measure",
        exit: .verificationFailed)
    case .head(let path, let cure, let asItIs):
      Diagnostic(
        "E_CHECK_HEAD", "the MTP head is damaged: a repair restores its drafts", file: path, tensor: cure.tensor,
        expected: "a head whose drafts no repair improves",
        found: "\(cure.defect): \(decimal(asItIs, 4)) of the first drafts are accepted as it is, "
          + "\(decimal(cure.share, 4)) with \(cure.repair)",
        next: "take the head from the model's release: \"head\": \"replace\" and a donor", exit: .verificationFailed)
    }
  }
}
