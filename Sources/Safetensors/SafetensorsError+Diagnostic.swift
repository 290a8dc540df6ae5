import Diagnostics
import StrictJSON

extension SafetensorsError {
  public var diagnostic: Diagnostic {
    let facts = self.facts
    return Diagnostic(
      facts.code, facts.summary, file: facts.file, tensor: facts.tensor, expected: facts.expected, found: facts.found,
      next: facts.next, exit: .badInput)
  }

  private static let again = "download this file again"
  private static let notSafetensors = "check that this is a safetensors file, and download it again"
  private static let badMaker = "download the file again; if that does not help, report this to whoever made it"

  /// What one case says; the rest is the same for all.
  private struct Facts {
    var code: String
    var summary: String
    var file: String
    var tensor: String?
    var expected: String?
    var found: String?
    var next: String
  }

  private var facts: Facts {
    switch self {
    case .headerTooSmall(let file, let found):
      return Facts(
        code: "E_ST_HEADER_TOO_SMALL", summary: "the file is too small to be safetensors", file: file,
        expected: "at least 8 bytes",
        found: "\(found) bytes", next: Self.again)
    case .headerTooLarge(let file, let found):
      return Facts(
        code: "E_ST_HEADER_TOO_LARGE", summary: "the header is too large", file: file,
        expected: "a header of at most \(TensorRules.maxHeaderLength) bytes",
        found: "\(found) bytes", next: Self.notSafetensors)
    case .headerLength(let file, let expected, let found):
      return Facts(
        code: "E_ST_HEADER_LENGTH", summary: "the file ends inside its header", file: file,
        expected: "at least \(expected) bytes",
        found: "\(found) bytes", next: Self.again)
    case .headerJSON(let file, let error):
      let inner = error.diagnostic
      return Facts(
        code: "E_ST_HEADER_JSON", summary: "the header is not strict JSON: \(inner.summary) (\(inner.code))",
        file: file,
        expected: inner.expected, found: Self.atByte(inner.found, error), next: Self.badMaker)
    case .headerPadding(let file, let expected, let found):
      return Facts(
        code: "E_ST_HEADER_JSON", summary: "the header is padded wrongly", file: file, expected: expected,
        found: found, next: Self.badMaker)
    case .headerUTF8(let file, let error):
      let inner = error.diagnostic
      return Facts(
        code: "E_ST_HEADER_UTF8", summary: "the header is not UTF-8: \(inner.summary) (\(inner.code))", file: file,
        expected: inner.expected, found: Self.atByte(inner.found, error), next: Self.badMaker)
    case .notObject(let file, let found):
      return Facts(
        code: "E_ST_NOT_OBJECT", summary: "the header is not an object", file: file, expected: "a JSON object",
        found: found, next: Self.notSafetensors)
    case .duplicateName(let file, let tensor):
      return Facts(
        code: "E_ST_DUPLICATE_NAME", summary: "a name stands twice", file: file, tensor: tensor,
        expected: "every name once",
        found: "the name again", next: Self.badMaker)
    case .name(let file, let tensor, let found):
      return Facts(
        code: "E_ST_NAME", summary: "a tensor's name is not allowed", file: file, tensor: tensor,
        expected: "a name of at least one byte, none of them zero, other than __metadata__",
        found: found, next: Self.badMaker)
    case .metadata(let file, let found):
      return Facts(
        code: "E_ST_METADATA", summary: "the metadata are wrong", file: file,
        expected: "__metadata__ as an object of at most \(TensorRules.maxMetadata) strings, every key once",
        found: found, next: Self.badMaker)
    case .dtype(let file, let tensor, let found):
      return Facts(
        code: "E_ST_DTYPE", summary: "a dtype is unknown", file: file, tensor: tensor,
        expected: DType.allCases.map(\.rawValue).joined(separator: ", "),
        found: found, next: Self.badMaker)
    case .tensorInfo(let file, let tensor, let expected, let found):
      return Facts(
        code: "E_ST_TENSOR_INFO", summary: "a tensor's record has the wrong form", file: file, tensor: tensor,
        expected: expected,
        found: found, next: Self.badMaker)
    case .number(let file, let tensor, let expected, let found):
      return Facts(
        code: "E_ST_NUMBER", summary: "a number in a tensor's record is wrong", file: file, tensor: tensor,
        expected: expected,
        found: found, next: Self.badMaker)
    case .overflow(let file, let tensor, let found):
      return Facts(
        code: "E_ST_OVERFLOW", summary: "a size overflows", file: file, tensor: tensor,
        expected: "a size below 2^63 bits",
        found: found, next: Self.badMaker)
    case .offsets(let file, let tensor, let begin, let end):
      return Facts(
        code: "E_ST_OFFSETS", summary: "a tensor's data end before they begin", file: file, tensor: tensor,
        expected: "data_offsets in rising order",
        found: "[\(begin), \(end)]", next: Self.badMaker)
    case .hole(let file, let tensor, let expected, let found):
      return Facts(
        code: "E_ST_HOLE", summary: "bytes belong to no tensor", file: file, tensor: tensor,
        expected: "data from byte \(expected)",
        found: "data from byte \(found)", next: Self.badMaker)
    case .overlap(let file, let tensor, let expected, let found):
      return Facts(
        code: "E_ST_OVERLAP", summary: "two tensors share bytes", file: file, tensor: tensor,
        expected: "data from byte \(expected)",
        found: "data from byte \(found)", next: Self.badMaker)
    case .sizeMismatch(let file, let tensor, let expected, let found):
      return Facts(
        code: "E_ST_SIZE_MISMATCH", summary: "shape and offsets disagree", file: file, tensor: tensor,
        expected: expected,
        found: found, next: Self.badMaker)
    case .trailing(let file, let expected, let found):
      return Facts(
        code: "E_ST_TRAILING", summary: "bytes follow the last tensor", file: file, expected: "\(expected) bytes",
        found: "\(found) bytes", next: Self.again)
    case .truncated(let file, let expected, let found):
      return Facts(
        code: "E_ST_TRUNCATED", summary: "the file is cut short", file: file, expected: "\(expected) bytes",
        found: "\(found) bytes", next: Self.again)
    case .lfsPointer(let file):
      return Facts(
        code: "E_ST_LFS_POINTER", summary: "the file is a Git LFS pointer, not the weights", file: file,
        expected: "safetensors data",
        found: "a text file that points to them",
        next: "fetch the weights: run `git lfs pull` in the model's folder, or download the file again")
    case .wrongFormat(let file, let format):
      return Facts(
        code: "E_ST_WRONG_FORMAT", summary: "the file is not safetensors", file: file, expected: "safetensors data",
        found: format, next: "get the model's safetensors files; other formats are never read")
    }
  }

  /// The header has one line as a rule, so the byte tells more than line and column.
  private static func atByte(_ found: String?, _ error: JSONError) -> String? {
    guard let offset = error.place.position?.offset else { return found }
    return "\(found ?? "an error") at byte \(offset) of the header"
  }
}
