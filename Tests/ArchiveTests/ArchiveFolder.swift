import Digests
import Foundation

/// A folder of one test, with a small package in it.
final class ArchiveFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/cambium-archive-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  subscript(_ name: String) -> String { path + "/" + name }

  /// Files of every awkward size: empty, one byte, a whole block, a whole frame with its header, more than a frame.
  static let sizes = [
    "empty.txt": 0, "one.txt": 1, "block.bin": 512, "frame.bin": (8 << 20) - 512, "large.safetensors": (8 << 20) + 700,
    "sub/deep/file.json": 1000,
  ]

  /// `package`, with sums.
  @discardableResult
  func makePackage(_ sizes: [String: Int] = sizes) throws -> String {
    for (name, size) in sizes {
      // Bytes that pack a little and differ by name.
      let seed = name.utf8.reduce(UInt32(17)) { $0 &* 31 &+ UInt32($1) }
      var state = seed
      var bytes = [UInt8](repeating: 0, count: size)
      for index in bytes.indices {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes[index] = UInt8(truncatingIfNeeded: state >> 24) & 0x3F
      }
      try put(bytes, at: "package/" + name)
    }
    try sum()
    return self["package"]
  }

  func put(_ bytes: [UInt8], at name: String) throws {
    let url = URL(fileURLWithPath: self[name])
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: self[name]))) }

  /// Writes `SHA256SUMS` of the package.
  func sum() throws {
    let names = try files("package").filter { $0 != "SHA256SUMS" }
    let lines = try names.map { "\(SHA256Digest.of(try bytes("package/" + $0)).hex)  \($0)\n" }
    try put(Array(lines.joined().utf8), at: "package/SHA256SUMS")
  }

  /// Files beneath a folder, in order.
  func files(_ name: String) throws -> [String] {
    (FileManager.default.enumerator(atPath: self[name])?.compactMap { $0 as? String } ?? []).filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: self[name] + "/" + $0, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  func digests(_ name: String) throws -> [String: SHA256Digest] {
    var out: [String: SHA256Digest] = [:]
    for file in try files(name) { out[file] = SHA256Digest.of(try bytes(name + "/" + file)) }
    return out
  }

  /// What stands in the folder itself, hidden names too.
  var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
