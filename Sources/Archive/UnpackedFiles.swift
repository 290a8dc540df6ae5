import Diagnostics
import Digests
import Files
import Foundation

/// Writes the files that come out of an archive, and holds them against `SHA256SUMS` at the end.
struct UnpackedFiles {
  /// More files than any package has.
  static let mostFiles = 100_000

  let archive: String
  let folder: String
  /// What all files together can have, since the archive unpacks to so much.
  let limit: Int

  private struct Open {
    let name: String
    let file: PosixFile
    var digest = SHA256Stream()
    var offset = 0
  }

  private var open: Open?
  private var top: String?
  private var last: String?
  /// In the order of the names' bytes, each once.
  private var digests: [(name: String, sha256: SHA256Digest)] = []
  private var bytes = 0

  init(archive: String, folder: String, limit: Int) {
    self.archive = archive
    self.folder = folder
    self.limit = limit
  }

  mutating func take(_ event: TarReader.Event) throws {
    switch event {
    case .file(let header): try begin(header)
    case .data(let piece):
      guard var current = open.take() else { return }
      try current.file.write(piece, at: current.offset)
      current.digest.update(piece)
      current.offset += piece.count
      open = current
    case .endOfFile:
      guard let current = open.take() else { return }
      try current.file.sync()
      try current.file.close()
      digests.append((current.name, current.digest.finish()))
    }
  }

  private mutating func begin(_ header: TarHeader) throws {
    let (top, name) = try UnpackedFiles.split(header.name, archive: archive)
    guard self.top == nil || self.top?.utf8.elementsEqual(top.utf8) == true else {
      throw refuse(header.name, "beneath another folder")
    }
    self.top = top
    // In order, so that none comes twice.
    if let last, !last.utf8.lexicographicallyPrecedes(name.utf8) { throw refuse(header.name, "not behind \(last)") }
    last = name
    guard digests.count < UnpackedFiles.mostFiles else {
      throw ArchiveError.form(file: archive, expected: "at most \(UnpackedFiles.mostFiles) files", found: "more")
    }
    guard header.size <= limit - bytes else {
      throw ArchiveError.form(
        file: archive, expected: "at most \(limit - bytes) bytes of \(header.name)", found: "\(header.size)")
    }
    bytes += header.size
    let path = folder + "/" + name
    if name.utf8.contains(UInt8(ascii: "/")) {
      try Folder.create(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }
    let file = try PosixFile.createExclusive(path)
    try file.preallocate(header.size)
    open = Open(name: name, file: file)
  }

  /// The folder and the rest of a name that leads nowhere else.
  static func split(_ name: String, archive: String) throws -> (top: String, rest: String) {
    // By bytes: a mark behind a slash makes one character of both, and no other name of the path.
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard isSafeRelativePath(name), parts.count == 2, let top = String(parts[0]), let rest = String(parts[1]) else {
      throw ArchiveError.name(file: archive, name: name.escapingControls, reason: "not a path beneath a folder")
    }
    guard name.utf8.count <= 4096, name.utf8.split(separator: UInt8(ascii: "/")).allSatisfy({ $0.count <= 255 }) else {
      throw ArchiveError.name(file: archive, name: String(name.prefix(80)), reason: "too long")
    }
    return (top, rest)
  }

  private func refuse(_ name: String, _ reason: String) -> ArchiveError {
    .name(file: archive, name: name.escapingControls, reason: reason)
  }

  /// Digests against the list, then everything durable.
  mutating func finish() throws -> (count: Int, bytes: Int) {
    guard digests.contains(where: { $0.name == ChecksumList.name }) else {
      throw ArchiveError.sums(file: archive, expected: ChecksumList.name, found: "none in the archive")
    }
    let list = try ChecksumList(
      ReadOnlyFile(path: folder + "/" + ChecksumList.name).readAll(limit: 16 << 20), file: archive)
    for (name, digest) in digests {
      try list.require(name, digest, path: archive + ": " + name)
    }
    try list.requireAll(digests.map(\.name), folder: archive)
    let folders = Set(digests.map { URL(fileURLWithPath: folder + "/" + $0.name).deletingLastPathComponent().path })
    for path in folders.sorted() { try syncFolder(path) }
    return (digests.count, bytes)
  }
}
