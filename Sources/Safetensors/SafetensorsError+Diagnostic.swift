import Diagnostics
import StrictJSON

extension SafetensorsError {
  private static let again = "download this file again"
  private static let notSafetensors = "check that this is a safetensors file, and download it again"
  private static let badMaker = "download the file again; if that does not help, report this to whoever made it"

  public var diagnostic: Diagnostic {
    switch self {
    case .headerTooSmall(let file, let found):
      return refusal(
        "E_ST_HEADER_TOO_SMALL", "the file is too small to be safetensors", file: file,
        expected: "at least 8 bytes",
        found: "\(found) bytes", next: Self.again)
    case .headerTooLarge(let file, let found):
      return refusal(
        "E_ST_HEADER_TOO_LARGE", "the header is too large", file: file,
        expected: "a header of at most \(TensorRules.maxHeaderLength) bytes",
        found: "\(found) bytes", next: Self.notSafetensors)
    case .headerLength(let file, let expected, let found):
      return refusal(
        "E_ST_HEADER_LENGTH", "the file ends inside its header", file: file,
        expected: "at least \(expected) bytes",
        found: "\(found) bytes", next: Self.again)
    case .headerJSON(let file, let error):
      let inner = error.diagnostic
      return refusal(
        "E_ST_HEADER_JSON", "the header is not strict JSON: \(inner.summary) (\(inner.code))",
        file: file,
        expected: inner.expected, found: Self.atByte(inner.found, error), next: Self.badMaker)
    case .headerPadding(let file, let expected, let found):
      return refusal(
        "E_ST_HEADER_PADDING", "the header is padded wrongly", file: file, expected: expected,
        found: found, next: Self.badMaker)
    case .headerUTF8(let file, let error):
      let inner = error.diagnostic
      return refusal(
        "E_ST_HEADER_UTF8", "the header is not UTF-8: \(inner.summary) (\(inner.code))", file: file,
        expected: inner.expected, found: Self.atByte(inner.found, error), next: Self.badMaker)
    case .notObject(let file, let found):
      return refusal(
        "E_ST_NOT_OBJECT", "the header is not an object", file: file, expected: "a JSON object",
        found: found, next: Self.notSafetensors)
    case .duplicateName(let file, let tensor):
      return refusal(
        "E_ST_DUPLICATE_NAME", "a name stands twice", file: file, tensor: tensor,
        expected: "every name once",
        found: "the name again", next: Self.badMaker)
    case .name(let file, let tensor, let found):
      return refusal(
        "E_ST_NAME", "a tensor's name is not allowed", file: file, tensor: tensor,
        expected: "a name of at least one byte, none of them zero, other than __metadata__",
        found: found, next: Self.badMaker)
    case .metadata(let file, let found):
      return refusal(
        "E_ST_METADATA", "the metadata are wrong", file: file,
        expected: "__metadata__ as an object of at most \(TensorRules.maxMetadata) strings, every key once",
        found: found, next: Self.badMaker)
    case .dtype(let file, let tensor, let found):
      return refusal(
        "E_ST_DTYPE", "a dtype is unknown", file: file, tensor: tensor,
        expected: DType.allCases.map(\.rawValue).joined(separator: ", "),
        found: found, next: Self.badMaker)
    case .tensorInfo(let file, let tensor, let expected, let found):
      return refusal(
        "E_ST_TENSOR_INFO", "a tensor's record has the wrong form", file: file, tensor: tensor,
        expected: expected,
        found: found, next: Self.badMaker)
    case .number(let file, let tensor, let expected, let found):
      return refusal(
        "E_ST_NUMBER", "a number in a tensor's record is wrong", file: file, tensor: tensor,
        expected: expected,
        found: found, next: Self.badMaker)
    case .overflow(let file, let tensor, let found):
      return refusal(
        "E_ST_OVERFLOW", "a size overflows", file: file, tensor: tensor,
        expected: "a size below 2^63 bits",
        found: found, next: Self.badMaker)
    case .offsets(let file, let tensor, let begin, let end):
      return refusal(
        "E_ST_OFFSETS", "a tensor's data end before they begin", file: file, tensor: tensor,
        expected: "data_offsets in rising order",
        found: "[\(begin), \(end)]", next: Self.badMaker)
    case .hole(let file, let tensor, let expected, let found):
      return refusal(
        "E_ST_HOLE", "bytes belong to no tensor", file: file, tensor: tensor,
        expected: "data from byte \(expected)",
        found: "data from byte \(found)", next: Self.badMaker)
    case .overlap(let file, let tensor, let expected, let found):
      return refusal(
        "E_ST_OVERLAP", "two tensors share bytes", file: file, tensor: tensor,
        expected: "data from byte \(expected)",
        found: "data from byte \(found)", next: Self.badMaker)
    case .sizeMismatch(let file, let tensor, let expected, let found):
      return refusal(
        "E_ST_SIZE_MISMATCH", "shape and offsets disagree", file: file, tensor: tensor,
        expected: expected,
        found: found, next: Self.badMaker)
    case .trailing(let file, let expected, let found):
      return refusal(
        "E_ST_TRAILING", "bytes follow the last tensor", file: file, expected: "\(expected) bytes",
        found: "\(found) bytes", next: Self.again)
    case .truncated(let file, let expected, let found):
      return refusal(
        "E_ST_TRUNCATED", "the file is cut short", file: file, expected: "\(expected) bytes",
        found: "\(found) bytes", next: Self.again)
    case .lfsPointer(let file):
      return refusal(
        "E_ST_LFS_POINTER", "the file is a Git LFS pointer, not the weights", file: file,
        expected: "safetensors data",
        found: "a text file that points to them",
        next: "fetch the weights: run `git lfs pull` in the model's folder, or download the file again")
    case .wrongFormat(let file, let format):
      return refusal(
        "E_ST_WRONG_FORMAT", "the file is not safetensors", file: file, expected: "safetensors data",
        found: format, next: "get the model's safetensors files; other formats are never read")
    }
  }

  /// The header has one line as a rule, so the byte tells more than line and column.
  private static func atByte(_ found: String?, _ error: JSONError) -> String? {
    guard let offset = error.place.position?.offset else { return found }
    return "\(found ?? "an error") at byte \(offset) of the header"
  }

  private func refusal(
    _ code: String, _ summary: String, file: String, tensor: String? = nil, expected: String?, found: String?,
    next: String
  ) -> Diagnostic {
    Diagnostic(
      code, summary, file: file, tensor: tensor, expected: expected, found: found, next: next, exit: .badInput)
  }
}
