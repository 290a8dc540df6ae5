import Foundation
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

extension ScratchFolder {
  func write(_ text: String, to name: String) throws { try put(text, at: name) }

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
    let isFolder = FileStamp.mode(one).map { $0 & S_IFMT == S_IFDIR } ?? false
    if !isFolder, !haveEqualBytes(one, other) { found.append("\(name): bytes") }
  }
  return found
}

/// Whether two files can be read and hold the same bytes.
func haveEqualBytes(_ left: String, _ right: String) -> Bool {
  guard let one = FileManager.default.contents(atPath: left), let other = FileManager.default.contents(atPath: right)
  else { return false }
  return one == other
}
