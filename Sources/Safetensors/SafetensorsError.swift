import Diagnostics
import StrictJSON

/// The rules of the safetensors format, one case and one stable code each. Every case ends a process with status 65.
public enum SafetensorsError: CambiumError {
  /// The file has fewer than the 8 bytes of the header length. `E_ST_HEADER_TOO_SMALL`.
  case headerTooSmall(file: String, found: Int)
  /// The header length is above 16 MiB. `E_ST_HEADER_TOO_LARGE`.
  case headerTooLarge(file: String, found: UInt64)
  /// The header runs past the end of the file: the file is cut short, or is something else. Bytes. `E_ST_HEADER_LENGTH`.
  case headerLength(file: String, expected: Int, found: Int)
  /// The header is not strict JSON; `error` has the rule and the place in the header. `E_ST_HEADER_JSON`.
  case headerJSON(file: String, error: JSONError)
  /// White space stands before the header's object, or something else than spaces behind it. `E_ST_HEADER_JSON`.
  case headerPadding(file: String, expected: String, found: String)
  /// The header is not UTF-8. `E_ST_HEADER_UTF8`.
  case headerUTF8(file: String, error: JSONError)
  /// The header is not a JSON object. `E_ST_NOT_OBJECT`.
  case notObject(file: String, found: String)
  /// One name stands twice, compared after unescaping, by bytes. `E_ST_DUPLICATE_NAME`.
  case duplicateName(file: String, tensor: String)
  /// A tensor's name is empty, holds a zero byte, or is reserved. `E_ST_NAME`.
  case name(file: String, tensor: String, found: String)
  /// `__metadata__` is not an object of strings, or has a key twice. `E_ST_METADATA`.
  case metadata(file: String, found: String)
  /// A dtype that the format does not have. `E_ST_DTYPE`.
  case dtype(file: String, tensor: String, found: String)
  /// A record has another form than `{dtype, shape, data_offsets}`, or too high a rank. `E_ST_TENSOR_INFO`.
  case tensorInfo(file: String, tensor: String, expected: String, found: String)
  /// A dimension or offset is not an integer from 0 to 2^63-1. `E_ST_NUMBER`.
  case number(file: String, tensor: String, expected: String, found: String)
  /// The size of a tensor, or of the file, is beyond 2^63-1. `E_ST_OVERFLOW`.
  case overflow(file: String, tensor: String, found: String)
  /// A tensor's data end before they begin. `E_ST_OFFSETS`.
  case offsets(file: String, tensor: String, begin: Int, end: Int)
  /// Bytes before this tensor belong to no tensor. Offsets in the data section. `E_ST_HOLE`.
  case hole(file: String, tensor: String, expected: Int, found: Int)
  /// This tensor begins inside another one. Offsets in the data section. `E_ST_OVERLAP`.
  case overlap(file: String, tensor: String, expected: Int, found: Int)
  /// Shape and dtype need another number of bytes than the offsets give. `E_ST_SIZE_MISMATCH`.
  case sizeMismatch(file: String, tensor: String, expected: String, found: String)
  /// Bytes follow the last tensor. File sizes. `E_ST_TRAILING`.
  case trailing(file: String, expected: Int, found: Int)
  /// The file ends before the last tensor does. File sizes. `E_ST_TRUNCATED`.
  case truncated(file: String, expected: Int, found: Int)
  /// The file is a Git LFS pointer. `E_ST_LFS_POINTER`.
  case lfsPointer(file: String)
  /// The file is of another format, which is named. `E_ST_WRONG_FORMAT`.
  case wrongFormat(file: String, format: String)
}
