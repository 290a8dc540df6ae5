import Diagnostics
import SystemPackage

/// What opening a drafter can refuse. A drafter of another model would draft, and badly: nothing is taken on trust.
public enum DrafterError: CambiumError, Equatable {
  /// A folder holds no drafter of a kind that is read, or one of a kind that is known and not read.
  case kind(file: String, found: String)
  /// Two drafters of one kind were given.
  case twice(path: FilePath, kind: String)
  /// A field of a drafter's configuration is missing or out of range.
  case config(file: String, field: String, expected: String, found: String)
  /// A drafter is another model's: hidden size, layers or vocabulary differ.
  case target(file: String, field: String, expected: String, found: String)
  /// A drafter taps layers that the model does not have, or not in rising order.
  case taps(file: String, expected: String, found: String)
  /// The mask token of a drafter is outside the vocabulary.
  case mask(file: String, expected: String, found: String)
  /// The block of a drafter has fewer than 2 or more than 64 places.
  case block(file: String, found: String)
  /// A layer of a drafter is sliding, and no window is given.
  case window(file: String, found: String)
  /// A drafter has no tensor of a name that its kind has.
  case tensorMissing(file: String, tensor: String)
  /// A drafter has a tensor of a name that its kind has not.
  case tensorForeign(file: String, tensor: String)
  /// A tensor of a drafter has another shape or type than its configuration says.
  case tensor(file: String, tensor: String, expected: String, found: String)
  /// The draft vocabulary of a drafter contradicts itself, or names tokens outside the vocabulary.
  case vocabulary(file: String, tensor: String, expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .kind(let file, let found):
      Diagnostic(
        "E_DRAFTER_KIND", "this is no drafter that the runner reads", file: file,
        expected: "DFlashDraftModel, DFlash2DraftModel, or LlamaForCausalLMEagle3", found: found,
        next: "give a folder with such a drafter; an MTP head comes with the package", exit: .badInput)
    case .twice(let path, let kind):
      Diagnostic(
        "E_DRAFTER_TWICE", "two drafters of one kind were given", file: path, expected: "one of each kind",
        found: kind, next: "leave one of them out", exit: .usage)
    case .config(let file, let field, let expected, let found):
      Diagnostic(
        "E_DRAFTER_CONFIG", "the configuration of a drafter cannot be used: \(field)", file: file,
        expected: expected, found: found, next: "compare with the config.json of the drafter's release",
        exit: .badInput)
    case .target(let file, let field, let expected, let found):
      Diagnostic(
        "E_DRAFTER_TARGET", "the drafter is another model's: \(field)", file: file, expected: expected, found: found,
        next: "give the drafter that was trained for this model", exit: .badInput)
    case .taps(let file, let expected, let found):
      Diagnostic(
        "E_DRAFTER_TAPS", "the drafter taps layers that cannot be", file: file, expected: expected, found: found,
        next: "give the drafter that was trained for this model", exit: .badInput)
    case .mask(let file, let expected, let found):
      Diagnostic(
        "E_DRAFTER_MASK", "the mask token of the drafter is outside the vocabulary", file: file, expected: expected,
        found: found, next: "give the drafter that was trained for this model", exit: .badInput)
    case .block(let file, let found):
      Diagnostic(
        "E_DRAFTER_BLOCK", "the block of the drafter is out of range", file: file, expected: "2 to 64 places",
        found: found, next: "compare with the config.json of the drafter's release", exit: .badInput)
    case .window(let file, let found):
      Diagnostic(
        "E_DRAFTER_WINDOW", "a layer of the drafter is sliding and has no window", file: file,
        expected: "sliding_window, a number from 1", found: found,
        next: "compare with the config.json of the drafter's release", exit: .badInput)
    case .tensorMissing(let file, let tensor):
      Diagnostic(
        "E_DRAFTER_TENSOR_MISSING", "a tensor of the drafter is missing", file: file, tensor: tensor,
        expected: "every tensor of its kind", found: "none of this name", next: "download the drafter again",
        exit: .badInput)
    case .tensorForeign(let file, let tensor):
      Diagnostic(
        "E_DRAFTER_TENSOR_FOREIGN", "the drafter has a tensor that its kind does not have", file: file,
        tensor: tensor, expected: "the tensors of its kind and no others", found: "this one",
        next: "it may be a newer kind of drafter: only what is computed in full is read", exit: .badInput)
    case .tensor(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_DRAFTER_TENSOR", "a tensor of the drafter is not what its configuration says", file: file, tensor: tensor,
        expected: expected, found: found, next: "download the drafter again", exit: .badInput)
    case .vocabulary(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_DRAFTER_VOCABULARY", "the draft vocabulary cannot be used", file: file, tensor: tensor,
        expected: expected, found: found, next: "give the drafter that was trained for this model", exit: .badInput)
    }
  }
}
