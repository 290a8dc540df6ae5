import Foundation
import Threads

#if canImport(Glibc)
  import Glibc
#endif

/// A folder of one test, removed with the object.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = URL(fileURLWithPath: ScratchFolder.base).appendingPathComponent("cambium-cli-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    _ = ScratchFolder.removesTheRest
    let own = path
    ScratchFolder.live.withLock { _ = $0.insert(own) }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    let own = path
    ScratchFolder.live.withLock { _ = $0.remove(own) }
  }

  private static let live = Guarded<Set<String>>([])

  /// What a static property holds is never released: it goes when the process ends.
  private static let removesTheRest: Void = {
    atexit { for path in ScratchFolder.live.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) } }
  }()

  /// In memory where the system has such a place: hundreds of runs that sync would wait for the disk.
  private static let base: String = {
    var status = statvfs()
    let shared = "/dev/shm"
    guard access(shared, W_OK) == 0, statvfs(shared, &status) == 0,
      UInt64(status.f_bavail) * UInt64(status.f_frsize) > 1 << 30
    else { return FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path }
    return shared
  }()

  subscript(_ name: String) -> String { path + "/" + name }

  func text(_ name: String) -> String {
    (FileManager.default.contents(atPath: self[name])).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self[name]))
  }

  func exists(_ name: String) -> Bool { access(self[name], F_OK) == 0 }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: self[name], withIntermediateDirectories: true)
  }

  /// Every path beneath the folder, hidden ones too, in byte order.
  func tree(_ name: String = "") -> [String] {
    let start = name.isEmpty ? path : self[name]
    return (FileManager.default.enumerator(atPath: start)?.compactMap { $0 as? String } ?? []).sorted()
  }

  /// Names that only an unfinished write uses.
  var leftovers: [String] { tree().filter { $0.contains(".cambium-") || $0.hasSuffix(".partial") } }

  /// What the system says about each file: to see that nothing was written.
  func stamps(_ name: String) -> [String: String] {
    Dictionary(uniqueKeysWithValues: tree(name).map { ($0, FileStamp.of(self[name] + "/" + $0)) })
  }
}

/// Size, times, mode and inode of a file.
enum FileStamp {
  static func of(_ path: String) -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { return "gone" }
    #if canImport(Glibc)
      let (modified, changed) = (status.st_mtim, status.st_ctim)
    #else
      let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
    #endif
    return "\(status.st_size) \(modified.tv_sec).\(modified.tv_nsec) \(changed.tv_sec).\(changed.tv_nsec) "
      + "\(status.st_mode) \(status.st_ino)"
  }

  static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : nil
  }
}

/// Compares two folders: names, modes and bytes.
func differences(_ left: String, _ right: String) -> [String] {
  let names = { (folder: String) in
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
  }
  let (a, b) = (names(left), names(right))
  guard !a.isEmpty else { return ["\(left) is empty or absent"] }
  guard a == b else { return ["names: \(a) and \(b)"] }
  var found: [String] = []
  if FileStamp.mode(left) != FileStamp.mode(right) { found.append("the modes of the folders") }
  for name in a {
    let (one, other) = (left + "/" + name, right + "/" + name)
    if FileStamp.mode(one) != FileStamp.mode(other) { found.append("\(name): modes") }
    if !haveEqualBytes(one, other) { found.append("\(name): bytes") }
  }
  return found
}

/// Whether two files can be read and hold the same bytes.
func haveEqualBytes(_ left: String, _ right: String) -> Bool {
  guard let one = FileManager.default.contents(atPath: left), let other = FileManager.default.contents(atPath: right)
  else { return false }
  return one == other
}
