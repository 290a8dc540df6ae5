import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Files are made and read without any help of the code under test.
extension ScratchFolder {
  /// Writes a file, and the folders above it, and returns its path.
  @discardableResult
  package func put(_ bytes: [UInt8], at name: String) throws -> String {
    let url = URL(fileURLWithPath: self[name])
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return self[name]
  }

  @discardableResult
  package func put(_ text: String, at name: String) throws -> String { try put(Array(text.utf8), at: name) }

  package func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: self[name])))
  }

  /// The text of a file, which must be there.
  package func content(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// The text of a file; empty when it is not there.
  package func text(_ name: String) -> String {
    FileManager.default.contents(atPath: self[name]).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  package func exists(_ name: String) -> Bool { access(self[name], F_OK) == 0 }

  package func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: self[name], withIntermediateDirectories: true)
  }

  package func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: self[name], withDestinationPath: target)
  }

  /// Names in the folder itself, hidden ones too.
  package func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  /// Every path beneath the folder, hidden ones too, in byte order.
  package func tree(_ name: String = "") -> [String] {
    let start = name.isEmpty ? path : self[name]
    return (FileManager.default.enumerator(atPath: start)?.compactMap { $0 as? String } ?? []).sorted()
  }

  /// What the system says of a file, of a link itself.
  package func status(_ name: String) throws -> stat {
    var status = stat()
    guard lstat(self[name], &status) == 0 else { throw CocoaError(.fileNoSuchFile) }
    return status
  }
}
