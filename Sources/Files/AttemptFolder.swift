import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An empty folder of one attempt to make something that other machines may be making, too, on a file system that they share:
/// `.NAME.cambium-attempt-HOST-PID-RANDOM` beside the place of what is made. What is finished gets its name by one rename.
///
/// No lock is needed between machines, since no two attempts have a name in common. One of a dead process is removed by the next on
/// the same host: a lock that can be had and a number that no process has say together that it is dead. End with
/// ``release()``: Swift may drop a value after its last use.
package final class AttemptFolder: Sendable {
  /// The folder.
  package var path: FilePath { making.path }
  private let making: FolderInTheMaking

  private static let mark = ".cambium-attempt-"

  /// - Parameters:
  ///   - name: The name of what is made.
  ///   - folder: Where it is made.
  package init(for name: String, in folder: FilePath) throws {
    let random = String(UInt64.random(in: 0 ... .max), radix: 16)
    making = try FolderInTheMaking(
      path: folder.appending(".\(name)\(AttemptFolder.mark)\(AttemptFolder.host)-\(getpid())-\(random)"),
      isOwn: { _ in false })
  }

  /// Whether a name in a folder is that of an attempt, whoever made it.
  package static func isAttempt(_ name: String) -> Bool { parse(name) != nil }

  /// Removes what dead processes of this host left in a folder; all attempts, living or not, when nobody needs them any more.
  package static func removeAbandoned(in folder: FilePath, all: Bool = false) throws {
    for entry in try Folder.readableEntries(folder) {
      guard let (host, process) = parse(entry) else { continue }
      let path = folder.appending(entry)
      // What cannot be removed, as one that a living process is filling, holds nobody up.
      if all {
        try? Folder.removeTree(path)
        continue
      }
      guard host == AttemptFolder.host, kill(process, 0) != 0, errno == ESRCH,
        let dead = try? FolderInTheMaking(path: path, isOwn: { _ in true })
      else { continue }
      defer { dead.release() }
      try? Folder.removeTree(path)
    }
  }

  /// The attempts in a folder that a process may be filling: those whose lock is held, or whose number belongs to a
  /// process of this host; and all of other hosts, of which nobody here knows whether they live.
  package static func living(in folder: FilePath) throws(StorageError) -> [FilePath] {
    guard try Folder.isFolder(folder) else { return [] }
    var living: [FilePath] = []
    for entry in try Folder.readableEntries(folder) {
      let path = folder.appending(entry)
      guard let (host, process) = parse(entry), try linkStatus(path)?.isFolder == true else { continue }
      let mayLive = host != AttemptFolder.host || kill(process, 0) == 0 || errno != ESRCH
      let isHeld = try FolderInTheMaking.isHeld(path)
      if mayLive || isHeld { living.append(path) }
    }
    return living
  }

  /// Removes the folder, which holds nothing that anybody needs, and ends the right to it.
  package func discard() {
    // What stays is removed by the next attempt, which finds this process dead.
    try? Folder.removeTree(path)
    release()
  }

  /// Ends the right to the folder, whatever its name is now.
  package func release() { making.release() }

  private static func parse(_ name: String) -> (host: String, process: Int32)? {
    guard name.hasPrefix("."), let range = name.ranges(of: mark).last else { return nil }
    let parts = name[range.upperBound...].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, let process = Int32(parts[parts.count - 2]), process > 0,
      UInt64(parts[parts.count - 1], radix: 16) != nil
    else { return nil }
    return (parts.dropLast(2).joined(separator: "-"), process)
  }

  /// This machine's name, as far as it can be part of a file's.
  private static let host: String = {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "host" }
    let name = buffer.prefix { $0 != 0 }.prefix(64).map { byte -> Character in
      let character = Character(Unicode.Scalar(UInt8(bitPattern: byte)))
      return character.isASCII && (character.isLetter || character.isNumber || character == "-") ? character : "_"
    }
    return name.isEmpty ? "host" : String(name)
  }()
}
