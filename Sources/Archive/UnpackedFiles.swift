import Digests
import Files
import Foundation
import SystemPackage

/// Writes the files that come out of an archive, and holds them against `SHA256SUMS` at the end.
struct UnpackedFiles {
  let archive: FilePath
  let folder: FilePath
  /// What all files together can have, since the archive unpacks to so much.
  let limit: Int

  private struct Open {
    let name: String
    let file: PosixFile
    var digest = SHA256Stream()
    var offset = 0
  }

  private var open: Open?
  private var names: ArchiveNames
  /// In the order of the names' bytes, each once.
  private var digests: [(name: String, sha256: SHA256Digest)] = []
  private var bytes = 0

  init(archive: FilePath, folder: FilePath, limit: Int) {
    self.archive = archive
    self.folder = folder
    self.limit = limit
    names = ArchiveNames(archive: archive.string)
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
    let name = try names.take(header.name)
    guard header.size <= limit - bytes else {
      throw ArchiveError.form(
        file: archive.string, expected: "at most \(limit - bytes) bytes of \(header.name)", found: "\(header.size)")
    }
    bytes += header.size
    let path = folder.appending(name)
    if name.utf8.contains(UInt8(ascii: "/")) {
      try Folder.create(path.folder)
    }
    let file = try PosixFile.createExclusive(path)
    try file.preallocate(header.size)
    open = Open(name: name, file: file)
  }

  /// Digests against the list, then everything durable.
  mutating func finish() throws -> (count: Int, bytes: Int) {
    guard digests.contains(where: { $0.name == ChecksumList.name }) else {
      throw ArchiveError.sums(file: archive.string, expected: ChecksumList.name, found: "none in the archive")
    }
    let list = try ChecksumList(
      ReadOnlyFile(path: folder.appending(ChecksumList.name)).readAll(limit: 16 << 20), file: archive.string)
    for (name, digest) in digests {
      try list.require(name, digest, path: "\(archive): \(name)")
    }
    try list.requireAll(digests.map(\.name), folder: archive)
    let folders = Set(digests.map { folder.appending($0.name).folder })
    for path in folders.sorted(by: { $0.string < $1.string }) { try syncFolder(path) }
    return (digests.count, bytes)
  }
}
