import Diagnostics
import SystemPackage

/// What can be wrong with a sensitivity file, and with a budget that is to be spent by it.
public enum SensitivityError: CambiumError, Equatable {
  /// The sensitivity file is not there.
  case missing(path: FilePath)
  /// There is a budget, and the manifest names no sensitivity file; or the other way round.
  case unpaired(place: String, expected: String, found: String)
  /// The digest in a sensitivity file is not that of its content.
  case damaged(file: String, expected: String, found: String)
  /// A sensitivity file was measured on another model than the one that is converted.
  case model(file: String, expected: String, found: String)
  /// A sensitivity file was measured on another text than the budget, or the measurement that goes on, asks for.
  case text(file: String, expected: String, found: String)
  /// A tensor that the budget decides was not measured, or only together with one that it does not decide.
  case incomplete(file: String, tensor: String, found: String)
  /// A format that the budget may choose was not measured, or none fits a tensor.
  case candidate(file: String, tensor: String?, expected: String, found: String)
  /// The budget is below the least or above the most that the candidates can make.
  case range(place: String, asked: String, least: String, most: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .missing(let path):
      Diagnostic(
        "E_SENSITIVITY_MISSING", "no such sensitivity file", file: path,
        next: "check the path, which is relative to the manifest, or write one with: cambium measure MANIFEST",
        exit: .missingInput)
    case .unpaired(let place, let expected, let found):
      Diagnostic(
        "E_SENSITIVITY_UNPAIRED", "a budget is spent by a sensitivity file, and one of both is missing", file: place,
        expected: expected, found: found,
        next: "name the file under sensitivity in the manifest; cambium measure MANIFEST writes one", exit: .badInput)
    case .damaged(let file, let expected, let found):
      Diagnostic(
        "E_SENSITIVITY_DAMAGED", "the sensitivity file was changed", file: file,
        expected: "content of SHA-256 \(expected)", found: found,
        next: "take the file as it was written, or measure again", exit: .badInput)
    case .model(let file, let expected, let found):
      Diagnostic(
        "E_SENSITIVITY_MODEL", "the sensitivity file was measured on another model", file: file, expected: expected,
        found: found, next: "measure this model: cambium measure MANIFEST", exit: .badInput)
    case .text(let file, let expected, let found):
      Diagnostic(
        "E_SENSITIVITY_TEXT", "the sensitivity file was measured on another text", file: file,
        expected: "a text of SHA-256 \(expected)", found: found, next: "measure on the text that is asked for",
        exit: .badInput)
    case .incomplete(let file, let tensor, let found):
      Diagnostic(
        "E_SENSITIVITY_INCOMPLETE", "the budget is to decide a tensor that was not measured", file: file,
        tensor: tensor, expected: "what it costs in every candidate", found: found,
        next: "measure with the rules of this manifest, or give the tensor a treatment of its own by a rule",
        exit: .badInput)
    case .candidate(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_SENSITIVITY_CANDIDATE", "a format that the budget may give was not measured", file: file, tensor: tensor,
        expected: expected, found: found, next: "measure with the budget's candidates, or leave the others out of it",
        exit: .badInput)
    case .range(let place, let asked, let least, let most):
      Diagnostic(
        "E_BUDGET_RANGE", "the candidates do not make what the budget asks for", file: place,
        expected: "from \(least) to \(most)", found: asked,
        next: "ask for what lies between both, or add a smaller or larger candidate", exit: .badInput)
    }
  }
}
