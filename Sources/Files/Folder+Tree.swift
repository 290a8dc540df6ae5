import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Folder {
  /// What is in a folder at one moment.
  public struct Entry: Sendable, Equatable {
    /// Relative to the folder, as bytes: names are bytes, and need not be UTF-8.
    public let name: [UInt8]
    /// Nil for a folder, a link and whatever else is no regular file.
    public let identity: FileIdentity?
  }

  /// Everything beneath a folder but the folders that hold something, sorted by the bytes of the names. Links are not
  /// followed, but for the folder itself.
  public static func tree(_ path: FilePath) throws(StorageError) -> [Entry] {
    var entries: [Entry] = []
    try collect(path, [], &entries)
    return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  private static func collect(_ root: FilePath, _ prefix: [UInt8], _ entries: inout [Entry]) throws(StorageError) {
    let slash = UInt8(ascii: "/")
    let folder = prefix.isEmpty ? root : root.appending(bytes: prefix)
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (prefix.isEmpty ? 0 : O_NOFOLLOW)
    let descriptor = uninterrupted { open(folder, flags) }
    guard descriptor >= 0 else { throw .system("open the folder", folder, errno: errno) }
    let names = try namesAndClose(descriptor, folder)
    if names.isEmpty, !prefix.isEmpty { entries.append(Entry(name: prefix, identity: nil)) }
    for name in names {
      let relative = prefix.isEmpty ? name : prefix + [slash] + name
      var status = stat()
      guard lstat(root.appending(bytes: relative), &status) == 0 else {
        throw .system("look at the file", FilePath(bytes: relative), errno: errno)
      }
      if status.type == S_IFDIR {
        try collect(root, relative, &entries)
      } else {
        entries.append(Entry(name: relative, identity: status.isRegularFile ? FileIdentity(status) : nil))
      }
    }
  }
}
