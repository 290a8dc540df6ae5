import Diagnostics
import StrictJSON

/// The rules of the safetensors format, one case and one stable code each. Every case ends a process with status 65.
public enum SafetensorsError: CambiumError {
  /// The file has fewer than the 8 bytes of the header length.
  case headerTooSmall(file: String, found: Int)
  /// The header length is above 16 MiB.
  case headerTooLarge(file: String, found: UInt64)
  /// The header runs past the end of the file: the file is cut short, or is something else.
  ///
  /// Sizes in bytes.
  case headerLength(file: String, expected: Int, found: Int)
  /// The header is not strict JSON.
  ///
  /// `error` has the rule and the place in the header.
  case headerJSON(file: String, error: JSONError)
  /// White space comes before the header's object, or something else than spaces after it.
  case headerPadding(file: String, expected: String, found: String)
  /// The header is not UTF-8.
  case headerUTF8(file: String, error: JSONError)
  /// The header is not a JSON object.
  case notObject(file: String, found: String)
  /// One name appears twice, compared after unescaping, by bytes.
  case duplicateName(file: String, tensor: String)
  /// A tensor's name is empty, holds a zero byte, or is reserved.
  case name(file: String, tensor: String, found: String)
  /// `__metadata__` is not an object of strings, or has a key twice.
  case metadata(file: String, found: String)
  /// A dtype that the format does not have.
  case dtype(file: String, tensor: String, found: String)
  /// A record has another form than `{dtype, shape, data_offsets}`, or too high a rank.
  case tensorInfo(file: String, tensor: String, expected: String, found: String)
  /// A dimension or offset is not an integer from 0 to 2^63-1.
  case number(file: String, tensor: String, expected: String, found: String)
  /// The size of a tensor, or of the file, is beyond 2^63-1.
  case overflow(file: String, tensor: String, found: String)
  /// A tensor's data end before they begin.
  case offsets(file: String, tensor: String, begin: Int, end: Int)
  /// Bytes before this tensor belong to no tensor.
  ///
  /// Offsets in bytes of the data section.
  case hole(file: String, tensor: String, expected: Int, found: Int)
  /// This tensor begins inside another one.
  ///
  /// Offsets in bytes of the data section.
  case overlap(file: String, tensor: String, expected: Int, found: Int)
  /// Shape and dtype need another number of bytes than the offsets say.
  case sizeMismatch(file: String, tensor: String, expected: String, found: String)
  /// Bytes follow the last tensor.
  ///
  /// Sizes of the file in bytes.
  case trailing(file: String, expected: Int, found: Int)
  /// The file ends before the last tensor does.
  ///
  /// Sizes of the file in bytes.
  case truncated(file: String, expected: Int, found: Int)
  /// The file is a Git LFS pointer.
  case lfsPointer(file: String)
  /// The file is of another format, which is named.
  case wrongFormat(file: String, format: String)
}
