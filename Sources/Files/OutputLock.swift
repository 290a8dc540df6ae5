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
      // Where the file system has no locks, the exclusive rename is what is left.
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
  /// Where the earlier folder waits on a file system that cannot exchange two names.
  public var earlier: FilePath { OutputLock.name("earlier", output) }

  /// Removes what killed processes left, and puts the earlier folder back when they left none in its place.
  /// - Parameter refuseForeign: asked of a folder before it is removed; throws for one that somebody put there, or put
  ///   something into.
  public func recover(_ refuseForeign: (_ path: FilePath) throws -> Void) throws {
    if try linkStatus(earlier) != nil {
      if try linkStatus(output) == nil {
        try Folder.renameNoReplace(earlier, output)
      } else {
        try refuseForeign(earlier)
        try Folder.removeTree(earlier, last: list)
      }
    }
    guard try linkStatus(partial) != nil else { return }
    try refuseForeign(partial)
    try Folder.removeTree(partial, last: list)
  }

  /// Whether killed processes left something beside a folder.
  public static func hasLeftovers(_ output: FilePath) throws(StorageError) -> Bool {
    for kind in ["lock", "partial", "earlier"] where try linkStatus(name(kind, output)) != nil { return true }
    return false
  }

  /// Puts the folder in the making into its place, where nothing may be.
  public func publish() throws(StorageError) { try Folder.renameNoReplace(partial, output) }

  /// Puts the folder in the making into the place of the one that is there, at one instant where the file system can.
  /// - Parameter isStillOurs: asked of the folder that was there, when nobody finds it under its name any more.
  /// - Throws: ``StorageError/targetExists(path:)`` when it is not; then it is back in its place.
  public func replace(_ isStillOurs: (_ path: FilePath) -> Bool) throws(StorageError) {
    if try Folder.exchange(partial, output) {
      guard isStillOurs(partial) else {
        if (try? Folder.exchange(partial, output)) == true { throw .targetExists(path: output) }
        // What is under the name of the folder in the making is somebody's, and would be taken for ours.
        let (folder, name) = (output.folder, output.name)
        let kept = folder.appending("\(name).kept-\(getpid())")
        try Folder.renameNoReplace(partial, kept)
        throw .targetExists(path: kept)
      }
      return try Folder.removeTree(partial, last: list)
    }
    try Folder.renameNoReplace(output, earlier)
    guard isStillOurs(earlier) else {
      try Folder.renameNoReplace(earlier, output)
      throw .targetExists(path: output)
    }
    try Folder.renameNoReplace(partial, output)
    try Folder.removeTree(earlier, last: list)
  }

  /// Gives the right back.
  public func release() {
    // Under the lock: who waits for it sees that the file is another one.
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
