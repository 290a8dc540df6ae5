import Diagnostics
import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What can go wrong when a file is read.
public enum FileError: CambiumError {
  /// There is no such file.
  case missing(path: FilePath)
  /// The system failed to open or read the file.
  case read(path: FilePath, reason: String)
  /// This user may not read the file, or not search a folder above it.
  case unreadable(path: FilePath, errno: Int32)
  /// The path names a folder, link, device, pipe or socket.
  case notRegular(path: FilePath, found: String)
  /// The file ended before the bytes that were asked for.
  case short(path: FilePath, expected: Int, found: Int)
  /// A file that is mapped into memory became shorter while it was read.
  case shrunk(path: FilePath)
  /// No more files can be open at a time.
  case tooManyOpen(path: FilePath, limit: Int)
  /// The file is not the one that was opened before.
  case changed(path: FilePath)
  /// The file is larger than its use allows.
  ///
  /// Sizes in bytes.
  case tooLarge(path: FilePath, limit: Int, found: Int)

  /// A link that leads to nothing, or to itself, stands where a file is needed.
  case linkBroken(path: FilePath, target: FilePath)
  /// A folder has a file whose name is not UTF-8.
  case name(path: FilePath)
  /// The file is not on this machine, and reading it where it is failed.
  case elsewhere(any CambiumError)

  public var diagnostic: Diagnostic {
    switch self {
    case .name(let path):
      Diagnostic(
        "E_FILE_NAME", "the name of a file is not UTF-8", file: path, expected: "a name in UTF-8", found: "other bytes",
        next: "rename the file, or take it out of the folder", exit: .badInput)
    case .missing(let path):
      Diagnostic(
        "E_FILE_MISSING", "no such file", file: path, expected: "a file", found: "nothing", next: "check the path",
        exit: .missingInput)
    case .linkBroken(let path, let target):
      Diagnostic(
        "E_LINK_BROKEN", "a link leads to no file", file: path, expected: "a file, or a link to one",
        found: "a link to \(target)", next: "fetch the model whole: what the link leads to is not there",
        exit: .missingInput)
    case .read(let path, let reason):
      Diagnostic(
        "E_FILE_READ", "the file cannot be read", file: path, found: reason,
        next: "check the disk, then run the same command again", exit: .io)
    case .unreadable(let path, let code):
      StorageError.unreadable(operation: "read the file", path: path, errno: code).diagnostic
    case .notRegular(let path, let found):
      Diagnostic(
        "E_FILE_NOT_REGULAR", "the path is not a regular file", file: path, expected: "a regular file", found: found,
        next: "give the path of the file itself", exit: .badInput)
    case .short(let path, let expected, let found):
      Diagnostic(
        "E_FILE_SHORT", "the file ended while it was being read", file: path, expected: "at least \(expected) bytes",
        found: "\(found) bytes", next: "make sure that nothing changes the file, then run the same command again",
        exit: .io)
    case .shrunk(let path):
      Diagnostic(
        "E_FILE_SHRANK", "the file became shorter while it was read", file: path,
        next: "make sure that nothing changes the file, then run the same command again", exit: .io)
    case .tooManyOpen(let path, let limit):
      Diagnostic(
        "E_TOO_MANY_FILES", "no more files can be open at a time", file: path,
        found: "a limit of \(limit) open files of this process, or the system's own",
        next: "raise the limit (ulimit -n 256), then run the same command again", exit: .io)
    case .elsewhere(let error): FileError.said(by: error).diagnostic
    case .changed(let path): StorageError.fileChanged(path: path).diagnostic
    case .tooLarge(let path, let limit, let found):
      Diagnostic(
        "E_FILE_LIMIT", "the file is too large for its purpose", file: path, expected: "at most \(limit) bytes",
        found: "\(found) bytes", next: "check that this is the right file", exit: .badInput)
    }
  }

  /// The error of whoever reads it there, which has its own table.
  private static func said(by error: any CambiumError) -> any CambiumError { error }

  /// The error of a link that leads to nothing, or to where the system does not tell; nil for a path that leads somewhere,
  /// or where nothing is at all.
  package static func brokenLink(_ path: FilePath) -> FileError? {
    guard let status = try? linkStatus(path), status.isLink else { return nil }
    do throws(FileError) {
      return try path.exists ? nil : .linkBroken(path: path, target: linkTarget(path))
    } catch {
      return error
    }
  }

  /// The error for `errno` as an open left it.
  static func opening(_ path: FilePath, _ code: Int32) -> FileError {
    switch code {
    case ENOENT, ENOTDIR: .missing(path: path)
    case ELOOP: .notRegular(path: path, found: "a symbolic link")
    case EMFILE, ENFILE: .tooManyOpen(path: path, limit: openFilesLimit())
    case ENXIO: .notRegular(path: path, found: "a socket or a device")
    default: .reading(path, code)
    }
  }

  /// The error for `errno` as a read left it.
  static func reading(_ path: FilePath, _ code: Int32) -> FileError {
    switch code {
    case EACCES, EPERM: .unreadable(path: path, errno: code)
    default: .read(path: path, reason: "\(String(cString: strerror(code))) (errno \(code))")
    }
  }
}
