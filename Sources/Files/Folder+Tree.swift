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

    /// - Parameters:
    ///   - name: Relative to the folder.
    ///   - identity: What the system said of the file; nil for what is no regular file.
    public init(name: [UInt8], identity: FileIdentity?) {
      self.name = name
      self.identity = identity
    }
  }

  /// Everything beneath a folder but the folders that hold something, sorted by the bytes of the names. Links are not
  /// followed, but for the folder itself.
  /// - Parameters:
  ///   - path: The folder.
  ///   - limit: The walk ends once so many are found, whichever they are: a folder that is not ours may be a whole disk.
  public static func tree(_ path: FilePath, atMost limit: Int = .max) throws(StorageError) -> [Entry] {
    var entries: [Entry] = []
    try collect(path, [], &entries, limit)
    return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// Some names in a folder itself, as bytes, sorted: at most `limit`, and all of them when they are fewer.
  public static func names(_ path: FilePath, atMost limit: Int) throws(StorageError) -> [[UInt8]] {
    let descriptor = uninterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .looking("open the folder", path, errno: errno) }
    return try namesAndClose(descriptor, path, atMost: limit).sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func collect(
    _ root: FilePath, _ prefix: [UInt8], _ entries: inout [Entry], _ limit: Int
  ) throws(StorageError) {
    let slash = UInt8(ascii: "/")
    let folder = prefix.isEmpty ? root : root.appending(bytes: prefix)
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (prefix.isEmpty ? 0 : O_NOFOLLOW)
    let descriptor = uninterrupted { open(folder, flags) }
    guard descriptor >= 0 else { throw .looking("open the folder", folder, errno: errno) }
    // Every name is an entry, or has one beneath it.
    let names = try namesAndClose(descriptor, folder, atMost: limit - entries.count)
    if names.isEmpty, !prefix.isEmpty { entries.append(Entry(name: prefix, identity: nil)) }
    for name in names where entries.count < limit {
      let relative = prefix.isEmpty ? name : prefix + [slash] + name
      var status = stat()
      guard lstat(root.appending(bytes: relative), &status) == 0 else {
        throw .looking("look at the file", FilePath(bytes: relative), errno: errno)
      }
      if status.type == S_IFDIR {
        try collect(root, relative, &entries, limit)
      } else {
        entries.append(Entry(name: relative, identity: status.isRegularFile ? FileIdentity(status) : nil))
      }
    }
  }
}
