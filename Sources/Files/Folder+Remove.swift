import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Folder {
  /// Removes a folder and all beneath it; a path that leads nowhere is fine. Links are removed, never followed: all
  /// names are looked up in the open folder they are in, so not even one swapped in meanwhile leads out. Folders that
  /// their owner may not change get a mode with which they can be emptied.
  ///
  /// For folders that only this process has; see ``removeKnown(_:_:last:keepsFolder:)`` for the others.
  public static func removeTree(_ path: FilePath) throws(StorageError) {
    let folder = path.folder
    guard try linkStatus(path) != nil else { return }
    let parent = uninterrupted { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard parent >= 0 else { throw .looking("open the folder", folder, errno: errno) }
    defer { close(parent) }
    try remove(path.nameBytes, in: parent, folder)
    try syncFolder(folder)
  }

  private static func remove(_ name: [UInt8], in parent: Int32, _ folder: FilePath) throws(StorageError) {
    let path = folder.appending(bytes: name)
    let name = name.map { CChar(bitPattern: $0) } + [0]
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return }
      throw .looking("look at the file", path, errno: errno)
    }
    let isFolder = status.type == S_IFDIR
    if isFolder {
      // A package may be closed against writing, and its remains would stay forever: it is going, with all that is in it.
      // Another user's folder stays as it is, and what follows says why.
      if status.st_mode & 0o700 != 0o700 { _ = fchmodat(parent, name, 0o700, AT_SYMLINK_NOFOLLOW) }
      try removeContent(of: name, in: parent, path)
    }
    crashPoint("remove")
    PowerLoss.shared?.willRemove(path, isFolder: isFolder)
    guard unlinkat(parent, name, isFolder ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT else {
      throw .system("remove the \(isFolder ? "folder" : "file")", path, errno: errno)
    }
    crashPoint("remove")
  }

  private static func removeContent(of name: [CChar], in parent: Int32, _ path: FilePath) throws(StorageError) {
    let descriptor = uninterrupted { openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .looking("open the folder", path, errno: errno) }
    defer { close(descriptor) }
    // The list closes the descriptor it reads from.
    let listed = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard listed >= 0 else { throw .looking("open the folder", path, errno: errno) }
    for entry in try namesAndClose(listed, path) { try remove(entry, in: descriptor, path) }
  }
}
