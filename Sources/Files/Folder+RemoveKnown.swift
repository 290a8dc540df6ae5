import CKernels
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Removing what is ours where somebody may have put something beside it.
extension Folder {
  /// Removes what is known of a folder, each file only as it was seen, and then the folders that are empty. Nothing is
  /// read: a file that somebody wrote, or changed, has another identity.
  ///
  /// What changes between the last look at a file and its removal, two calls of the system, is not noticed.
  /// - Parameters:
  ///   - path: The folder. One that is not there is fine.
  ///   - known: What was in it.
  ///   - last: The name of a file in it that goes after all others, and only when nothing else stays.
  ///   - keepsFolder: Whether the folder itself stays.
  /// - Returns: What stays, beneath the folder.
  @discardableResult
  public static func removeKnown(
    _ path: FilePath, _ known: [Entry], last: String? = nil, keepsFolder: Bool = false
  ) throws(StorageError) -> [FilePath] {
    let folder = path.folder
    guard try linkStatus(path) != nil else { return [] }
    let parent = uninterrupted { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard parent >= 0 else { throw .looking("open the folder", folder, errno: errno) }
    defer { close(parent) }
    var removal = KnownRemoval(known, last: last.map { Array($0.utf8) })
    try removal.remove(path.nameBytes, in: parent, path, [], keepsFolder: keepsFolder)
    try syncFolder(keepsFolder ? path : folder)
    return removal.kept.map { path.appending(bytes: $0) }
  }

  /// Refuses a folder that this user could not remove with all that is in it, before anything is put into its place: a
  /// folder of another user's, or a file that the system keeps from being changed.
  /// - Throws: ``StorageError/readOnly(operation:path:errno:)``.
  public static func requireRemovable(_ path: FilePath) throws(StorageError) {
    guard let status = try linkStatus(path) else { return }
    func refuse(_ code: Int32) -> StorageError { .readOnly(operation: "remove this later", path: path, errno: code) }
    guard path.withPlatformString(cambium_is_immutable) == 0 else { throw refuse(EPERM) }
    guard status.type == S_IFDIR else { return }
    let user = geteuid()
    // The mode of one's own folder can be set as needed.
    guard status.st_uid == user || uninterrupted({ access(path, W_OK | X_OK) }) == 0 else { throw refuse(EACCES) }
    let descriptor = uninterrupted { open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else {
      // Its owner opens it with another mode.
      if status.st_uid == user, errno == EACCES { return }
      throw .looking("open the folder", path, errno: errno)
    }
    for name in try namesAndClose(descriptor, path) {
      let entry = path.appending(bytes: name)
      // Only owners may remove their files here, as in /tmp.
      if status.st_mode & S_ISVTX != 0, user != 0, status.st_uid != user, let own = try linkStatus(entry)?.st_uid,
        own != user
      {
        throw .readOnly(operation: "remove this later", path: entry, errno: EPERM)
      }
      try requireRemovable(entry)
    }
  }
}

/// One removal: names are looked up in the open folder they are in, so not even a link that is swapped in leads out.
private struct KnownRemoval {
  private var files: [[UInt8]: FileIdentity?] = [:]
  private var folders: Set<[UInt8]> = [[]]
  private let last: [UInt8]?
  /// What was kept, beneath the folder.
  private(set) var kept: [[UInt8]] = []

  init(_ known: [Folder.Entry], last: [UInt8]?) {
    self.last = last
    let slash = UInt8(ascii: "/")
    for entry in known {
      files[entry.name] = .some(entry.identity)
      if entry.identity == nil { folders.insert(entry.name) }
      for (index, byte) in entry.name.enumerated() where byte == slash { folders.insert(Array(entry.name[..<index])) }
    }
  }

  mutating func remove(
    _ name: [UInt8], in parent: Int32, _ path: FilePath, _ relative: [UInt8], keepsFolder: Bool = false
  ) throws(StorageError) {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return }
      throw .looking("look at the file", path, errno: errno)
    }
    let isFolder = status.type == S_IFDIR
    let isKnown =
      isFolder
      ? folders.contains(relative)
      : files[relative] == .some(status.isRegularFile ? FileIdentity(status) : nil)
    guard isKnown else {
      kept.append(relative)
      return
    }
    if isFolder {
      if status.st_mode & 0o700 != 0o700 { _ = fchmodat(parent, name, 0o700, AT_SYMLINK_NOFOLLOW) }
      let before = kept.count
      try removeContent(of: name, in: parent, path, relative)
      if kept.count > before || keepsFolder { return }
    }
    crashPoint("remove")
    PowerLoss.shared?.willRemove(path, isFolder: isFolder)
    if unlinkat(parent, name, isFolder ? AT_REMOVEDIR : 0) != 0, errno != ENOENT {
      // Somebody put something into it at this moment.
      guard isFolder, errno == ENOTEMPTY || errno == EEXIST else {
        throw .system("remove the \(isFolder ? "folder" : "file")", path, errno: errno)
      }
      // What cannot be listed, or has gone again, leaves the folder all the same.
      let found = (try? Folder.tree(path).map(\.name)) ?? []
      kept += found.isEmpty ? [relative] : found.map { relative.isEmpty ? $0 : relative + [UInt8(ascii: "/")] + $0 }
    }
    crashPoint("remove")
  }

  private mutating func removeContent(
    of name: [CChar], in parent: Int32, _ path: FilePath, _ relative: [UInt8]
  ) throws(StorageError) {
    let descriptor = uninterrupted { openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .looking("open the folder", path, errno: errno) }
    defer { close(descriptor) }
    // The list closes the descriptor it reads from.
    let listed = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard listed >= 0 else { throw .looking("open the folder", path, errno: errno) }
    let names = try Folder.namesAndClose(listed, path).sorted { $0.lexicographicallyPrecedes($1) }
    let isRoot = relative.isEmpty
    for entry in names where !isRoot || entry != last {
      let beneath = isRoot ? entry : relative + [UInt8(ascii: "/")] + entry
      try remove(entry, in: descriptor, path.appending(bytes: entry), beneath)
    }
    guard isRoot, let last, names.contains(last), kept.isEmpty else { return }
    // The removal of the others is durable before it goes itself.
    try syncFolder(path)
    try remove(last, in: descriptor, path.appending(bytes: last), last)
  }
}
