import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Folders of the work tree.
public enum Folder {
  /// Creates a folder and the missing ones above it, each with mode 0755 and durable. One that exists is left alone.
  public static func create(_ path: FilePath) throws(StorageError) {
    for prefix in prefixes(of: path) where try !isFolder(prefix) {
      if mkdir(prefix, 0o755) != 0 {
        let code = errno
        // Another process was faster, or a file is in the way.
        if code == EEXIST, try isFolder(prefix) { continue }
        throw .system("create the folder", prefix, errno: code == EEXIST ? ENOTDIR : code)
      }
      PowerLoss.shared?.didMakeFolder(prefix)
      // The umask may have taken bits away.
      guard chmod(prefix, 0o755) == 0 else { throw .system("set the mode of the folder", prefix, errno: errno) }
      try syncFolder(prefix.folder)
    }
  }

  /// The names in a folder, sorted by their UTF-8 bytes. A name that is not UTF-8 is an error.
  public static func entries(_ path: FilePath) throws(StorageError) -> [String] {
    var names: [String] = []
    for bytes in try sortedNames(path) {
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw .name(path: path.appending(bytes: bytes))
      }
      names.append(name)
    }
    return names
  }

  /// The same as ``entries(_:)``, without the names that are not UTF-8: for whoever looks for names of ours.
  static func readableEntries(_ path: FilePath) throws(StorageError) -> [String] {
    try sortedNames(path).compactMap { String(validating: $0, as: UTF8.self) }
  }

  private static func sortedNames(_ path: FilePath) throws(StorageError) -> [[UInt8]] {
    let descriptor = uninterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .looking("open the folder", path, errno: errno) }
    return try namesAndClose(descriptor, path).sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether the path leads to a folder, also through a link.
  public static func isFolder(_ path: FilePath) throws(StorageError) -> Bool {
    var status = stat()
    if uninterrupted({ stat(path, &status) }) == 0 { return status.type == S_IFDIR }
    let code = errno
    if code == ENOENT || code == ENOTDIR { return false }
    throw .looking("look at the folder", path, errno: code)
  }

  /// Bytes that are free on the file system of a folder; nil where it keeps no count.
  public static func freeBytes(_ path: FilePath) throws(StorageError) -> Int? {
    var status = statvfs()
    guard uninterrupted({ statvfs(path, &status) }) == 0 else {
      throw .system("ask for the free space", path, errno: errno)
    }
    guard status.f_blocks > 0 else { return nil }
    let (product, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? nil : Int(exactly: product)
  }

  /// `a/b/c` as `a`, `a/b`, `a/b/c`.
  private static func prefixes(of path: FilePath) -> [FilePath] {
    var prefix = FilePath(root: path.root, [])
    return path.components.map { component in
      prefix.append(component)
      return prefix
    }
  }

  /// The names in an open folder, without `.` and `..`, as bytes, at most `limit` of them. Takes the descriptor over.
  static func namesAndClose(
    _ descriptor: Int32, _ path: FilePath, atMost limit: Int = .max
  ) throws(StorageError) -> [[UInt8]] {
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      close(descriptor)
      throw .looking("list the folder", path, errno: code)
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while names.count < limit {
      // The end of the list and a failure both return nil.
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .looking("list the folder", path, errno: errno) }
        return names
      }
      // The field is a tuple that may be declared shorter than the name is; its address is what counts.
      guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
      let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      let name = UnsafeRawBufferPointer(start: start, count: strlen(start)).map { $0 }
      if name != [UInt8(ascii: ".")], name != Array("..".utf8) { names.append(name) }
    }
    return names
  }
}
