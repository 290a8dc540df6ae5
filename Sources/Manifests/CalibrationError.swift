import Diagnostics
import SystemPackage

/// What can be wrong with a calibration file, and with the making of one.
public enum CalibrationError: CambiumError, Equatable {
  /// The calibration file is not there.
  case missing(path: FilePath)
  /// Rules ask for error feedback, and the manifest names no calibration file; or the other way round.
  case unpaired(place: String, expected: String, found: String)
  /// A calibration file is none, or what is in it is not what it says.
  case damaged(file: String, expected: String, found: String)
  /// A calibration file was made with another model than the one that is converted.
  case model(file: String, expected: String, found: String)
  /// A tensor that is to be encoded with feedback has inputs that were not collected.
  case incomplete(file: String, tensor: String, expected: String, found: String)
  /// What was kept of a calibration is of another model, text or work than the one that goes on.
  case other(file: String, expected: String, found: String)
  /// The second moments of one input need more memory than there may be.
  case memory(tensor: String, needed: Int, budget: Int)

  public var diagnostic: Diagnostic {
    switch self {
    case .missing(let path):
      Diagnostic(
        "E_CALIBRATION_MISSING", "no such calibration file", file: path,
        next: "check the path, which is relative to the manifest, or write one with: cambium calibrate MANIFEST",
        exit: .missingInput)
    case .unpaired(let place, let expected, let found):
      Diagnostic(
        "E_CALIBRATION_UNPAIRED", "error feedback needs a calibration file, and one of both is missing", file: place,
        expected: expected, found: found,
        next: "name the file under calibration in the manifest; cambium calibrate MANIFEST writes one", exit: .badInput)
    case .damaged(let file, let expected, let found):
      Diagnostic(
        "E_CALIBRATION_DAMAGED", "the calibration file is not what was written", file: file, expected: expected,
        found: found, next: "take the file as it was written, or calibrate again", exit: .badInput)
    case .model(let file, let expected, let found):
      Diagnostic(
        "E_CALIBRATION_MODEL", "the calibration file was made with another model", file: file, expected: expected,
        found: found, next: "calibrate with this model: cambium calibrate MANIFEST", exit: .badInput)
    case .incomplete(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_CALIBRATION_INCOMPLETE", "the inputs of a tensor that is to have feedback were not collected", file: file,
        tensor: tensor, expected: expected, found: found,
        next: "calibrate with the rules of this manifest, or give the tensor a search of scales by a rule",
        exit: .badInput)
    case .other(let file, let expected, let found):
      Diagnostic(
        "E_CALIBRATION_OTHER", "what was kept of a calibration is of another one", file: file, expected: expected,
        found: found, next: "remove it to begin anew", exit: .badInput)
    case .memory(let tensor, let needed, let budget):
      Diagnostic(
        "E_CALIBRATION_MEMORY", "the second moments of one input do not fit into the memory that they may take",
        tensor: tensor, expected: "at most \(budget) bytes", found: "\(needed) bytes",
        next: "give more with --memory, or give the tensor a search of scales by a rule", exit: .badInput)
    }
  }
}
