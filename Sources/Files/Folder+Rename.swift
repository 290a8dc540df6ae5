import CKernels
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Folder {
  /// Renames a file or a folder to a name that must be free, and makes that durable. This is how a package is
  /// published: complete, under its final name, at one instant.
  public static func renameNoReplace(_ from: FilePath, _ to: FilePath) throws(StorageError) {
    guard let source = try linkStatus(from) else { throw .system("rename", from, errno: ENOENT) }
    if try linkStatus(to) != nil { throw .targetExists(path: to) }
    crashPoint("rename")
    PowerLoss.shared?.willRename(from, to)
    let code = move(from, to, isFolder: source.type == S_IFDIR)
    switch code {
    case 0: break
    case EEXIST, ENOTEMPTY: throw .targetExists(path: to)
    default: throw .system("rename into place", to, errno: code)
    }
    crashPoint("rename")
    let (oldFolder, newFolder) = (from.folder, to.folder)
    try syncFolder(newFolder)
    if oldFolder != newFolder { try syncFolder(oldFolder) }
  }

  /// Renames a file to a name whose file, if there is one, it takes the place of at one instant, and makes that durable. Of
  /// two processes that do the same with one file, one finds it gone, and nothing is lost.
  /// - Returns: false when there is no such file, or not any more.
  public static func renameReplacing(_ from: FilePath, _ to: FilePath) throws(StorageError) -> Bool {
    guard try linkStatus(from) != nil else { return false }
    // A folder never makes room for a file.
    if try linkStatus(to)?.isFolder == true { try removeTree(to) }
    crashPoint("rename")
    PowerLoss.shared?.willRename(from, to)
    if rename(from, to) != 0 {
      let code = errno
      if code == ENOENT, try linkStatus(from) == nil { return false }
      throw .system("rename into place", to, errno: code)
    }
    crashPoint("rename")
    try syncFolder(to.folder)
    if from.folder != to.folder { try syncFolder(from.folder) }
    return true
  }

  /// Exchanges two folders, or two files, at one instant, and makes that durable.
  /// - Returns: false where the file system has no such thing; then nothing has changed.
  public static func exchange(_ one: FilePath, _ other: FilePath) throws(StorageError) -> Bool {
    crashPoint("exchange")
    PowerLoss.shared?.willExchange(one, other)
    if exchangeNames(one, other) != 0 {
      let code = errno
      guard isUnsupported(code) else { throw .system("exchange the folder with the new one", other, errno: code) }
      return false
    }
    crashPoint("exchange")
    let (first, second) = (one.folder, other.folder)
    try syncFolder(first)
    if second != first { try syncFolder(second) }
    return true
  }

  /// A move where the file system knows no exclusive rename: `link` refuses a name that is taken, and `rename` of a
  /// folder replaces nothing but an empty folder.
  private static func move(_ from: FilePath, _ to: FilePath, isFolder: Bool) -> Int32 {
    if renameExclusive(from, to) == 0 { return 0 }
    guard isUnsupported(errno) else { return errno }
    if !isFolder {
      if link(from, to) == 0 { return unlink(from) == 0 ? 0 : errno }
      let code = errno
      // No hard links on this file system: the check that came before must do.
      guard code == EPERM || code == EOPNOTSUPP || code == EMLINK || code == ENOSYS else { return code }
    }
    return rename(from, to) == 0 ? 0 : errno
  }

  private static func isUnsupported(_ code: Int32) -> Bool {
    code == EINVAL || code == ENOSYS || code == ENOTSUP || code == EOPNOTSUPP
  }
}
