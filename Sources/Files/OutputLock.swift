import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The right to put something in the place of a folder, whatever work folder it comes from.
///
/// The lock is a file beside the folder, `.NAME.cambium-lock`. It goes with the right; what a killed process leaves of it
/// is empty and holds nobody up, since the kernel takes the right itself back. End with ``release()``.
public final class OutputLock: Sendable {
  /// The folder.
  public let output: FilePath
  /// The file in the folder that says what else is in it. It goes last, so that what a killed process leaves is known.
  private let list: String
  private let file: PosixFile

  /// - Parameters:
  ///   - output: The folder.
  ///   - list: The name of the file in it that says what else is in it.
  /// - Throws: ``StorageError/busy(folder:)`` while another process has the right,
  ///   ``StorageError/targetExists(path:)`` when a file of the lock's name holds something.
  public init(_ output: FilePath, list: String) throws(StorageError) {
    self.output = output
    self.list = list
    let path = OutputLock.name("lock", output)
    var found: PosixFile?
    // The one who had the right may take the file away between two steps.
    for _ in 0..<100 where found == nil {
      let file = try PosixFile.openForWriting(path, creating: true)
      // If the file system has no locks, the exclusive rename is what is left.
      guard (try? file.takeLock()) ?? true else { throw .busy(folder: output) }
      let own = try file.status()
      // A lock of ours is empty, and is removed at the end: what holds something is somebody's.
      guard own.type == S_IFREG, own.st_size == 0 else { throw .targetExists(path: path) }
      if let there = try linkStatus(path), there.st_ino == own.st_ino, there.st_dev == own.st_dev { found = file }
    }
    guard let found else { throw .busy(folder: output) }
    file = found
  }

  /// The folder in the making, beside its place.
  public var partial: FilePath { OutputLock.name("partial", output) }
  /// The place of the earlier folder on a file system that cannot exchange two names.
  public var earlier: FilePath { OutputLock.name("earlier", output) }

  /// Removes what killed processes left, and puts the earlier folder back when they left none in its place.
  /// - Parameter requireOwn: asked of a folder before it is removed; returns what is in it, and throws for one that somebody
  ///   put there, or put something into.
  /// - Throws: ``StorageError/targetExists(path:)`` for what somebody put there meanwhile, which stays.
  public func recover(_ requireOwn: (_ path: FilePath) throws -> [Folder.Entry]) throws {
    if try linkStatus(earlier) != nil {
      if try linkStatus(output) == nil {
        try Folder.renameNoReplace(earlier, output)
      } else {
        try removeOwn(earlier, requireOwn)
      }
    }
    guard try linkStatus(partial) != nil else { return }
    try removeOwn(partial, requireOwn)
  }

  private func removeOwn(_ path: FilePath, _ requireOwn: (FilePath) throws -> [Folder.Entry]) throws {
    let known = try requireOwn(path)
    if let kept = try Folder.removeKnown(path, known, last: list).first { throw StorageError.targetExists(path: kept) }
  }

  /// Removes the folder in the making after a failure, of it what the process made: nothing is read, so that a stop is
  /// none that waits. What else is there, such as the earlier package after an exchange, stays for ``recover(_:)``.
  /// - Parameter made: What the process put there.
  /// - Returns: What stays.
  public func discard(_ made: [Folder.Entry]) throws(StorageError) -> [FilePath] {
    try Folder.removeKnown(partial, made, last: list)
  }

  /// Whether killed processes left something beside a folder.
  public static func hasLeftovers(_ output: FilePath) throws(StorageError) -> Bool {
    for kind in ["lock", "partial", "earlier"] where try linkStatus(name(kind, output)) != nil { return true }
    return false
  }

  /// Puts the folder in the making into its place, where nothing may be.
  public func publish() throws(StorageError) { try Folder.renameNoReplace(partial, output) }

  /// Puts the folder in the making into the place of the one that is there, at one instant where the file system can.
  /// - Parameter known: What is in the folder that is there. It is looked at once more when nobody finds it under its name
  ///   any more.
  /// - Returns: What somebody put into that folder while it was removed, which stays.
  /// - Throws: ``StorageError/targetExists(path:)`` when it has changed; then it is back in its place.
  public func replace(_ known: [Folder.Entry]) throws(StorageError) -> [FilePath] {
    // What cannot be removed would stay beside the new one, and hold up every later run.
    try Folder.requireRemovable(output)
    if try Folder.exchange(partial, output) {
      guard (try? Folder.tree(partial)) == known else {
        if (try? Folder.exchange(partial, output)) == true { throw .targetExists(path: output) }
        // What is under the name of the folder in the making is somebody's, and would be taken for ours.
        let (folder, name) = (output.folder, output.name)
        let kept = folder.appending("\(name).kept-\(getpid())")
        try Folder.renameNoReplace(partial, kept)
        throw .targetExists(path: kept)
      }
      return try Folder.removeKnown(partial, known, last: list)
    }
    try Folder.renameNoReplace(output, earlier)
    guard (try? Folder.tree(earlier)) == known else {
      try Folder.renameNoReplace(earlier, output)
      throw .targetExists(path: output)
    }
    try Folder.renameNoReplace(partial, output)
    return try Folder.removeKnown(earlier, known, last: list)
  }

  /// Releases the right.
  public func release() {
    // Done under the lock: who waits for it sees that the file is another one.
    unlink(file.path)
    try? file.close()
  }

  private static func name(_ kind: String, _ output: FilePath) -> FilePath {
    let (folder, name) = (output.folder, output.name)
    return folder.appending("\(shortened(name)).cambium-\(kind)")
  }

  /// Names end at 255 bytes: of a long one the rest is told apart by a hash (FNV-1a).
  private static func shortened(_ name: String) -> String {
    let bytes = Array(name.utf8)
    guard bytes.count > 200 else { return "." + name }
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    var stem = Array(bytes.prefix(200))
    while String(validating: stem, as: UTF8.self) == nil, !stem.isEmpty { stem.removeLast() }
    return ".\(String(decoding: stem, as: UTF8.self)).\(String(hash, radix: 16))"
  }
}
