import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files that appear under their name complete and durable, or not at all.
public enum AtomicFile {
  /// Writes a whole file: the old content, or none, is seen until the new one is complete on the storage.
  public static func write(_ bytes: [UInt8], to path: FilePath) throws(StorageError) {
    try write(to: path) { file throws(StorageError) in try file.write(bytes, at: 0) }
  }

  /// Writes a whole file with `body`, which gets it open under a temporary name. When `body` throws, the target stays
  /// as it was.
  public static func write(
    to path: FilePath, _ body: (PosixFile) throws(StorageError) -> Void
  ) throws(StorageError) {
    try refuseLink(path)
    let file = try createTemporary(beside: path)
    do throws(StorageError) {
      try body(file)
      try file.sync()
      // Still open: its lock tells others that this name is in use.
      try renameReplacing(file.path, path)
    } catch {
      unlink(file.path)
      throw error
    }
    try syncFolder(path.folder)
    // Ended only here: when power is lost before, the temporary name may be back, and must be known as ours.
    file.endMaking()
    try file.close()
  }

  /// Whether a file is one in the making, whatever process made it: by its name and its mark. Somebody else's file of
  /// such a name is none.
  package static func isTemporary(_ path: FilePath) -> Bool {
    guard TemporaryName.isTemporary(path.name), let status = try? linkStatus(path) else { return false }
    return PosixFile.isUnfinished(status)
  }

  /// Whether a file has the mark of one in the making, or holds nothing.
  package static func isUnfinished(_ path: FilePath) throws(StorageError) -> Bool {
    try linkStatus(path).map(PosixFile.isUnfinished) ?? false
  }

  /// Removes the temporary files that a killed run left in a folder. Only under the work lock: those of a living run
  /// look the same. What somebody else put under such a name has no mark, and stays. Returns their names.
  @discardableResult
  public static func removeLeftovers(in folder: FilePath) throws(StorageError) -> [String] {
    guard try linkStatus(folder) != nil else { return [] }
    let leftovers = try Folder.readableEntries(folder).filter(TemporaryName.isTemporary)
    var removed: [String] = []
    for name in leftovers {
      let path = folder.appending(name)
      guard try isUnfinished(path) else { continue }
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

  /// Writes a new file: a name that is taken, by a link that leads nowhere too, is refused.
  /// - Throws: ``StorageError/targetExists(path:)``.
  public static func create(_ bytes: [UInt8], at path: FilePath) throws(StorageError) {
    let file = try createTemporary(beside: path)
    do throws(StorageError) {
      try file.write(bytes, at: 0)
      try file.sync()
      try Folder.renameNoReplace(file.path, path)
      file.endMaking()
      try file.close()
    } catch {
      unlink(file.path)
      throw error
    }
  }

  /// Removes what killed processes left of their attempts to write a file; the attempt of a living one, which holds its
  /// lock, stays.
  public static func removeAbandoned(of path: FilePath) throws(StorageError) {
    let (folder, name) = (path.folder, path.name)
    guard try Folder.isFolder(folder) else { return }
    let prefix = TemporaryName.prefix(of: name)
    for entry in try Folder.readableEntries(folder)
    where entry.utf8.starts(with: prefix.utf8) && TemporaryName.isTemporary(entry) {
      let left = folder.appending(entry)
      guard isTemporary(left), let file = try? PosixFile.openForWriting(left), (try? file.takeLock()) == true else {
        continue
      }
      crashPoint("remove")
      PowerLoss.shared?.willRemove(left, isFolder: false)
      unlink(left)
      crashPoint("remove")
    }
  }

  /// A rename would replace a link and not follow it; but whoever put it there expects something else.
  static func refuseLink(_ path: FilePath) throws(StorageError) {
    if try linkStatus(path)?.type == S_IFLNK { throw .targetIsLink(path: path) }
  }

  static func renameReplacing(_ from: FilePath, _ to: FilePath) throws(StorageError) {
    crashPoint("rename")
    PowerLoss.shared?.willRename(from, to)
    guard rename(from, to) == 0 else { throw .system("rename the file into place", to, errno: errno) }
    crashPoint("rename")
  }

  /// A new file in the folder of `path`, locked as long as it is open. A killed run with the same process number may
  /// have left a name.
  private static func createTemporary(beside path: FilePath) throws(StorageError) -> PosixFile {
    var attempts = 0
    while true {
      do throws(StorageError) {
        let file = try PosixFile.createExclusive(TemporaryName.next(beside: path), isInTheMaking: true)
        // A file system without locks; a cleaner that came between the two calls has taken the name away.
        let isLocked = (try? file.takeLock()) ?? true
        if isLocked, try file.status().st_nlink > 0 { return file }
        throw StorageError.targetExists(path: file.path)
      } catch {
        guard case .targetExists = error, attempts < 1000 else { throw error }
        attempts += 1
      }
    }
  }
}

/// `.NAME.cambium-tmp-<pid>-<n>`: hidden, in the same folder (a rename cannot leave a file system). Ours to remove is a file of
/// such a name that has the mark of one in the making.
enum TemporaryName {
  private static let counter = Atomic<Int>(0)
  private static let mark = ".cambium-tmp-"

  static func next(beside path: FilePath) -> FilePath {
    let (folder, name) = (path.folder, path.name)
    let number = counter.add(1, ordering: .relaxed).newValue
    return folder.appending("\(prefix(of: name))\(getpid())-\(number)")
  }

  /// What the temporary names of a file begin with. Names end at 255 bytes, and these are longer than the name they replace.
  static func prefix(of name: String) -> String {
    var stem = Array(name.utf8.prefix(200))
    // A cut is not in the middle of a character: some file systems take UTF-8 only.
    while String(validating: stem, as: UTF8.self) == nil, !stem.isEmpty { stem.removeLast() }
    return ".\(String(decoding: stem, as: UTF8.self))\(mark)"
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
