import Diagnostics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What can go wrong while files and folders are made, written, renamed and removed.
public enum StorageError: CambiumError, Equatable {
  /// Another process makes the same folder at this moment, as a second `cambium unpack`.
  case busy(folder: FilePath)
  /// The system refused an operation for a reason that has no case of its own.
  case io(operation: String, path: FilePath, errno: Int32)
  /// No space, or no quota, is left on the file system.
  ///
  /// `needed` is the size that was asked for, if known, in bytes.
  case diskFull(path: FilePath, needed: Int?)
  /// The place cannot be written, or the file may not be touched.
  case readOnly(operation: String, path: FilePath, errno: Int32)
  /// This user may not read a file or a folder that is to be read.
  case unreadable(operation: String, path: FilePath, errno: Int32)
  /// The file system or a limit of the process does not allow a file of this size.
  case fileTooLarge(path: FilePath, needed: Int?)
  /// A symbolic link stands where a file is to be written.
  case targetIsLink(path: FilePath)
  /// What stands where a file of ours is to be written is none: a pipe, a device or a folder.
  case targetKind(path: FilePath)
  /// Something stands where a new file or folder is to be put.
  case targetExists(path: FilePath)
  /// A file that is no result of this kind stands where one is to be written.
  case resultExists(path: FilePath, kind: String, found: String)
  /// A result is to be written over an input or a key, or into a package; or an output or a work folder inside one.
  case resultPlace(path: FilePath, found: String)
  /// A folder has a file whose name is not UTF-8.
  case name(path: FilePath)
  /// A path that must stay beneath its folder does not.
  case unsafePath(path: String)
  /// No more files can be open at a time.
  case tooManyOpen(path: FilePath)
  /// A file changed while it was copied or digested.
  case fileChanged(path: FilePath)
  /// Nobody reads the pipe that a result is to be written into.
  case pipeUnread(path: FilePath)
  /// A stop was asked for while a program at the other end of a pipe did not do its part.
  case stopped(path: FilePath)

  /// The case that describes a failed system call that makes or changes something.
  public static func system(_ operation: String, _ path: FilePath, errno code: Int32, needed: Int? = nil) -> Self {
    switch code {
    case ENOSPC, EDQUOT: .diskFull(path: path, needed: needed)
    case EROFS, EACCES, EPERM: .readOnly(operation: operation, path: path, errno: code)
    case EMFILE, ENFILE: .tooManyOpen(path: path)
    case EFBIG: .fileTooLarge(path: path, needed: needed)
    default: .io(operation: operation, path: path, errno: code)
    }
  }

  /// The case that describes a failed system call that only looks: nothing that it refuses has to become writable.
  static func looking(_ operation: String, _ path: FilePath, errno code: Int32) -> Self {
    switch code {
    case EACCES, EPERM: .unreadable(operation: operation, path: path, errno: code)
    default: .system(operation, path, errno: code)
    }
  }
}

/// The text of the system for an error number.
func errorText(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return "\(String(cString: text)) (errno \(code))"
}
