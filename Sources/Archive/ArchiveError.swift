import Diagnostics
import SystemPackage

/// What can be wrong with an archive, or with the package that is to become one.
public enum ArchiveError: CambiumError, Equatable {
  /// Not an archive that cambium wrote, or one that was cut.
  case form(file: String, expected: String, found: String)
  /// The archive is damaged: a frame does not decompress to what it should.
  case data(file: String, frame: Int, offset: Int, reason: String)
  /// A name that leads out of the folder, is there twice or out of order.
  case name(file: String, name: String, reason: String)
  /// A file is not the one that `SHA256SUMS` lists, in the package or in the archive.
  case sums(file: String, expected: String, found: String)
  /// A signal ended the work; nothing is left of it.
  case stopped(path: FilePath)

  public var diagnostic: Diagnostic {
    switch self {
    case .form(let file, let expected, let found):
      Diagnostic(
        "E_ARCHIVE_FORM", "not a whole archive that cambium wrote", file: file, expected: expected, found: found,
        next: "copy or download it again; an archive of another program unpacks with zstd and tar", exit: .badInput)
    case .data(let file, let frame, let offset, let reason):
      Diagnostic(
        "E_ARCHIVE_DATA", "the archive is damaged", file: file, expected: "frame \(frame) at byte \(offset) whole",
        found: reason, next: "copy or download it again", exit: .badInput)
    case .name(let file, let name, let reason):
      Diagnostic(
        "E_ARCHIVE_NAME", "a name in the archive that cannot be unpacked safely", file: file,
        expected: "names beneath one folder, in order, each once", found: "\(name): \(reason)",
        next: "do not use this archive: cambium does not write such names", exit: .badInput)
    case .sums(let file, let expected, let found):
      Diagnostic(
        "E_ARCHIVE_SUMS", "a file is not the one that SHA256SUMS lists", file: file, expected: expected, found: found,
        next: "cambium verify names everything that differs; make the package or the archive again", exit: .badInput)
    case .stopped(let path):
      Diagnostic(
        "E_ARCHIVE_STOPPED", "stopped; nothing is left of the work", file: path, next: "run the same command again",
        exit: .resumable)
    }
  }
}
