import Digests
import Files

/// `SHA256SUMS` of a package.
struct ChecksumList {
  static let name = "SHA256SUMS"
  /// Files that cannot be listed: the list itself, and a signature over it.
  static let unlisted: Set = [name, "model.sig"]

  let sums: [String: SHA256Digest]

  /// - Throws: ``ArchiveError/sums(file:expected:found:)``.
  init(_ bytes: [UInt8], file: String) throws {
    var sums: [String: SHA256Digest] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, let digest = SHA256Digest(hex: parts[0]), parts[1].first == " " || parts[1].first == "*",
        isSafeRelativePath(String(parts[1].dropFirst())), sums[String(parts[1].dropFirst())] == nil
      else {
        throw ArchiveError.sums(file: file, expected: "a digest and a name a line", found: String(line.prefix(80)))
      }
      sums[String(parts[1].dropFirst())] = digest
    }
    self.sums = sums
  }

  /// Refuses a file that the list does not have and that may not be left out of it.
  func requireListed(_ name: String, path: String) throws {
    guard sums[name] == nil, !ChecksumList.unlisted.contains(name) else { return }
    throw ArchiveError.sums(file: path, expected: "a line in \(ChecksumList.name)", found: "none")
  }

  /// Holds one file against the list.
  func require(_ name: String, _ digest: SHA256Digest, path: String) throws {
    try requireListed(name, path: path)
    guard let listed = sums[name] else { return }
    guard listed == digest else {
      throw ArchiveError.sums(file: path, expected: "sha256 \(listed.hex)", found: digest.hex)
    }
  }

  /// All listed files are among these.
  func requireAll(_ names: Set<String>, folder: String) throws {
    let missing = sums.keys.filter { !names.contains($0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if let first = missing.first {
      throw ArchiveError.sums(file: folder + "/" + first, expected: "the file that is listed", found: "none")
    }
  }
}
