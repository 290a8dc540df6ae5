import Diagnostics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What can go wrong while files and folders are made, written, renamed and removed.
public enum StorageError: CambiumError, Equatable {
  /// `E_FOLDER_BUSY`: another process makes the same folder at this moment.
  case busy(folder: FilePath)
  /// `E_IO`: the system refused an operation for a reason that has no case of its own.
  case io(operation: String, path: FilePath, errno: Int32)
  /// `E_DISK_FULL`: no space, or no quota, is left; `needed` is the size that was asked for, if known.
  case diskFull(path: FilePath, needed: Int?)
  /// `E_READ_ONLY`: the place cannot be written, or the file may not be touched.
  case readOnly(operation: String, path: FilePath, errno: Int32)
  /// `E_FILE_TOO_LARGE`: the file system or a limit of the process does not allow a file of this size.
  case fileTooLarge(path: FilePath, needed: Int?)
  /// `E_TARGET_IS_LINK`: a symbolic link stands where a file is to be written.
  case targetIsLink(path: FilePath)
  /// `E_TARGET_EXISTS`: something stands where a new file or folder is to be put.
  case targetExists(path: FilePath)
  /// `E_RESULT_EXISTS`: a file that is no result of this kind stands where one is to be written.
  case resultExists(path: FilePath, kind: String, found: String)
  /// `E_RESULT_PLACE`: a result must not be written there, whatever the person says.
  case resultPlace(path: FilePath, found: String)
  /// `E_FILE_NAME`: a folder has a file whose name is not UTF-8.
  case name(path: FilePath)
  /// `E_PATH_UNSAFE`: a path that must stay beneath its folder does not.
  case unsafePath(path: String)
  /// `E_TOO_MANY_FILES`: no more files can be open at a time.
  case tooManyOpen(path: FilePath)
  /// `E_FILE_CHANGED`: a file changed while it was copied or digested.
  case fileChanged(path: FilePath)
  /// `E_INTERRUPTED`: a stop was asked for while a program at the other end of a pipe did not do its part.
  case stopped(path: FilePath)

  /// The case that describes a failed system call.
  public static func system(_ operation: String, _ path: FilePath, errno code: Int32, needed: Int? = nil) -> Self {
    switch code {
    case ENOSPC, EDQUOT: .diskFull(path: path, needed: needed)
    case EROFS, EACCES, EPERM: .readOnly(operation: operation, path: path, errno: code)
    case EMFILE, ENFILE: .tooManyOpen(path: path)
    case EFBIG: .fileTooLarge(path: path, needed: needed)
    default: .io(operation: operation, path: path, errno: code)
    }
  }
}

/// The text of the system for an error number.
func errorText(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return "\(String(cString: text)) (errno \(code))"
}
