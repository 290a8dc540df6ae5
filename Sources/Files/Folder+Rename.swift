#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Folder {
  /// Renames a file or a folder to a name that must be free, and makes that durable. This is how a package is
  /// published: complete, under its final name, at one instant.
  public static func renameNoReplace(_ from: String, _ to: String) throws(StorageError) {
    guard let source = try linkStatus(from) else { throw .system("rename", from, errno: ENOENT) }
    if try linkStatus(to) != nil { throw .targetExists(path: to) }
    crashPoint("rename")
    PowerLoss.shared?.willRename(from, to)
    #if canImport(Darwin)
      let code = renamex_np(from, to, UInt32(RENAME_EXCL)) == 0 ? 0 : errno
    #else
      let code = move(from, to, isFolder: source.type == S_IFDIR)
    #endif
    switch code {
    case 0: break
    case EEXIST, ENOTEMPTY: throw .targetExists(path: to)
    default: throw .system("rename into place", to, errno: code)
    }
    crashPoint("rename")
    let (oldFolder, newFolder) = (splitPath(from).folder, splitPath(to).folder)
    try syncFolder(newFolder)
    if oldFolder != newFolder { try syncFolder(oldFolder) }
  }

  #if canImport(Glibc)
    /// `renameat2` cannot be called from Swift (a GNU-only declaration), and is not needed: `link` refuses a name that
    /// is taken, and `rename` of a folder replaces nothing but an empty folder.
    private static func move(_ from: String, _ to: String, isFolder: Bool) -> Int32 {
      if !isFolder {
        if link(from, to) == 0 { return unlink(from) == 0 ? 0 : errno }
        let code = errno
        // No hard links on this file system: the check that came before must do.
        guard code == EPERM || code == EOPNOTSUPP || code == EMLINK || code == ENOSYS else { return code }
      }
      return rename(from, to) == 0 ? 0 : errno
    }
  #endif
}
