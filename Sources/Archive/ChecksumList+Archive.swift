import Digests
import SystemPackage

extension ChecksumList {
  static let name = "SHA256SUMS"
  /// Files that cannot be listed: the list itself, and a signature over it.
  static let unlisted: Set = [name, "model.sig"]

  /// Reads the list of a package.
  /// - Throws: ``ArchiveError/sums(file:expected:found:)``.
  init(_ bytes: [UInt8], file: String) throws {
    do {
      try self.init(reading: bytes)
    } catch {
      throw ArchiveError.sums(file: file, expected: "\(error.expected) in line \(error.line)", found: error.found)
    }
  }

  /// Refuses a file that the list does not have and that may not be left out of it.
  func requireListed(_ name: String, path: String) throws {
    // ASCII has no second spelling.
    guard self[name] == nil, !ChecksumList.unlisted.contains(name) else { return }
    throw ArchiveError.sums(file: path, expected: "a line in \(ChecksumList.name)", found: "none")
  }

  /// Compares one file with the list.
  func require(_ name: String, _ digest: SHA256Digest, path: String) throws {
    try requireListed(name, path: path)
    guard let listed = self[name] else { return }
    guard listed == digest else {
      throw ArchiveError.sums(file: path, expected: "sha256 \(listed.hex)", found: digest.hex)
    }
  }

  /// All listed files are among these.
  func requireAll(_ names: some Sequence<String>, folder: FilePath) throws {
    let there = Set(names.map { Array($0.utf8) })
    if let missing = entries.first(where: { !there.contains(Array($0.name.utf8)) }) {
      throw ArchiveError.sums(
        file: folder.appending(missing.name).string, expected: "the file that is listed", found: "none")
    }
  }
}
