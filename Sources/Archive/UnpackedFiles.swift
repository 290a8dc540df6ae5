import Digests
import Files
import Foundation
import SystemPackage

/// Writes the files that come out of an archive, and compares them with `SHA256SUMS` at the end.
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
  /// Digests in the order of the names' bytes, each once.
  private var digests: [(name: String, sha256: SHA256Digest)] = []
  private var bytes = 0
  private var finished: [Folder.Entry] = []

  /// What was put into the folder, as it was left.
  var made: [Folder.Entry] {
    guard let open, let identity = try? open.file.identity() else { return finished }
    return finished + [Folder.Entry(name: Array(open.name.utf8), identity: identity)]
  }

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
      guard var current = open else { return }
      // Held only once: the state of a digest is copied otherwise, and a failure leaves the file open.
      try current.file.write(piece, at: current.offset)
      open = nil
      current.digest.update(piece)
      current.offset += piece.count
      open = current
    case .endOfFile:
      guard let current = open else { return }
      try current.file.sync()
      // Whole from here on, and known by its digest.
      current.file.endMaking()
      finished.append(Folder.Entry(name: Array(current.name.utf8), identity: try current.file.identity()))
      open = nil
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
    let file = try PosixFile.createExclusive(path, isInTheMaking: true)
    open = Open(name: name, file: file)
    try file.preallocate(header.size)
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
