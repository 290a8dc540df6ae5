import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files that appear under their name complete and durable, or not at all.
public enum AtomicFile {
  /// Writes a whole file: the old content, or none, is seen until the new one is complete on the storage.
  public static func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
    try write(to: path) { file throws(StorageError) in try file.write(bytes, at: 0) }
  }

  /// Writes a whole file with `body`, which gets it open under a temporary name. When `body` throws, the target stays
  /// as it was.
  public static func write(
    to path: String, _ body: (PosixFile) throws(StorageError) -> Void
  ) throws(StorageError) {
    try refuseLink(path)
    let file = try createTemporary(beside: path)
    do throws(StorageError) {
      try body(file)
      try file.sync()
      try file.close()
      try renameReplacing(file.path, path)
    } catch {
      unlink(file.path)
      throw error
    }
    try syncFolder(splitPath(path).folder)
  }

  /// Removes the temporary files that a killed run left in a folder. Only under the work lock: those of a living run
  /// look the same. Returns their names.
  @discardableResult
  public static func removeLeftovers(in folder: String) throws(StorageError) -> [String] {
    guard try linkStatus(folder) != nil else { return [] }
    let leftovers = try Folder.entries(folder).filter(TemporaryName.isTemporary)
    var removed: [String] = []
    for name in leftovers {
      let path = joinPath(folder, name)
      guard let status = try linkStatus(path), status.type != S_IFDIR else { continue }
      crashPoint("remove")
      PowerLoss.shared?.willRemove(path, isFolder: false)
      guard unlink(path) == 0 || errno == ENOENT else {
        throw .system("remove the temporary file", path, errno: errno)
      }
      crashPoint("remove")
      removed.append(name)
    }
    if !removed.isEmpty { try syncFolder(folder) }
    return removed
  }

  /// Removes what killed processes left of their attempts to write a file; that of a living one stays.
  public static func removeAbandoned(of path: String) throws(StorageError) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let folder = String(path.dropLast(name.utf8.count))
    let prefix = ".\(name).cambium-tmp-"
    for entry in try Folder.entries(folder.isEmpty ? "." : folder) where entry.hasPrefix(prefix) {
      let process = entry.dropFirst(prefix.count).prefix { $0.isNumber }
      if let id = Int32(process), id > 0, kill(id, 0) != 0 { try? Folder.removeTree(folder + entry) }
    }
  }

  /// A rename would replace a link and not follow it; but whoever put it there expects something else.
  static func refuseLink(_ path: String) throws(StorageError) {
    if try linkStatus(path)?.type == S_IFLNK { throw .targetIsLink(path: path) }
  }

  static func renameReplacing(_ from: String, _ to: String) throws(StorageError) {
    crashPoint("rename")
    PowerLoss.shared?.willRename(from, to)
    guard rename(from, to) == 0 else { throw .system("rename the file into place", to, errno: errno) }
    crashPoint("rename")
  }

  /// A new file in the folder of `path`. A killed run with the same process number may have left a name behind.
  private static func createTemporary(beside path: String) throws(StorageError) -> PosixFile {
    var attempts = 0
    while true {
      do throws(StorageError) {
        return try PosixFile.createExclusive(TemporaryName.next(beside: path))
      } catch {
        guard case .targetExists = error, attempts < 1000 else { throw error }
        attempts += 1
      }
    }
  }
}

/// `.NAME.cambium-tmp-<pid>-<n>`: hidden, in the same folder (a rename cannot leave a file system), and ours to remove.
enum TemporaryName {
  private static let counter = Atomic<Int>(0)
  private static let mark = ".cambium-tmp-"

  static func next(beside path: String) -> String {
    let (folder, name) = splitPath(path)
    // Names end at 255 bytes, and this one must be longer than the name it stands for.
    let stem = String(decoding: name.utf8.prefix(200), as: UTF8.self)
    let number = counter.add(1, ordering: .relaxed).newValue
    return joinPath(folder, ".\(stem)\(mark)\(getpid())-\(number)")
  }

  static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix("."), let range = name.ranges(of: mark).last else { return false }
    let numbers = name[range.upperBound...].split(separator: "-", omittingEmptySubsequences: false)
    return numbers.count == 2 && numbers.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
