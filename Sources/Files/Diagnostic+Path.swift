import Diagnostics
import SystemPackage

extension Diagnostic {
  /// What a person is told about a file; of a name that is not UTF-8 the text has replacements.
  public init(
    _ code: String, _ summary: String, file: FilePath, tensor: String? = nil, expected: String? = nil,
    found: String? = nil, next: String? = nil, exit exitStatus: ExitStatus
  ) {
    self.init(
      code, summary, file: file.string, tensor: tensor, expected: expected, found: found, next: next, exit: exitStatus)
  }
}
