import Digests
import Files
import SystemPackage

/// What an archive holds, read from the first frame of each of its files, before anything is written: a few hundred
/// kilobytes can claim to be gigabytes.
struct ArchiveContents {
  struct Member {
    /// The name beneath the folder.
    let name: String
    let size: Int
    let headerBytes: Int
    let frames: Range<Int>
    /// Offset of the first frame in the archive.
    let offset: Int
    /// Packed bytes of all its frames together.
    let packed: Int

    /// Packed as weights never are: claimed bytes that cost nothing.
    var isSuspicious: Bool { size > 32 << 20 && size / 64 > packed }
  }

  /// Greatest size of a file that holds no weights.
  private static let mostBeside = 1 << 30
  private static let mostSums = 16 << 20

  let members: [Member]
  /// The folder of all names.
  let top: String
  private let file: ReadOnlyFile
  private let table: SeekTable
  private let coder: FrameCoder

  /// Reads the headers.
  /// - Throws: ``ArchiveError``, `FileError`.
  init(_ file: ReadOnlyFile, _ table: SeekTable) throws {
    self.file = file
    self.table = table
    coder = try FrameCoder()
    var names = ArchiveNames(archive: file.path.string)
    var members: [Member] = []
    var (frame, offset) = (0, 0)
    while frame < table.count {
      let plain = try ArchiveContents.plain(frame, offset, file, table, coder)
      guard let header = try ArchiveContents.header(plain, file) else { break }
      let member = try ArchiveContents.member(header, names.take(header.name), frame, offset, file, table)
      members.append(member)
      frame = member.frames.upperBound
      offset += member.packed
    }
    guard frame == table.count - 1, let top = names.top else {
      throw ArchiveError.form(
        file: file.path.string, expected: "files, and two blocks of zeros in the last frame",
        found: "\(members.count) files, \(table.count - frame) frames behind them")
    }
    self.members = members
    self.top = top
  }

  /// Compares the names with `SHA256SUMS`, and files that are not packed like weights with their digests.
  /// - Returns: The list.
  /// - Throws: ``ArchiveError``, `FileError`.
  func requireListed(_ stop: () -> Bool) throws -> ChecksumList {
    guard let sums = members.first(where: { $0.name.utf8.elementsEqual(ChecksumList.name.utf8) }) else {
      throw ArchiveError.sums(file: file.path.string, expected: ChecksumList.name, found: "none in the archive")
    }
    guard sums.size <= ArchiveContents.mostSums else { throw tooLarge(sums, ArchiveContents.mostSums) }
    var bytes: [UInt8] = []
    try forEachPiece(of: sums) { bytes += $0 }
    let list = try ChecksumList(bytes, file: file.path.string)
    try list.requireAll(members.map(\.name), folder: file.path)
    for member in members {
      let place = "\(file.path): \(member.name)"
      try list.requireListed(member.name, path: place)
      guard member.size <= ArchiveContents.mostBeside || member.name.utf8.suffix(12).elementsEqual(".safetensors".utf8)
      else { throw tooLarge(member, ArchiveContents.mostBeside) }
      guard member.isSuspicious else { continue }
      try list.require(member.name, digest(of: member, stop), path: place)
    }
    return list
  }

  /// Whether a process that was killed while it unpacked this archive leaves that: a folder of a file's, the file in the
  /// making, or the whole file with the content that the archive has. A file of the name alone is somebody's.
  /// - Throws: ``ArchiveError``, `FileError`, `StorageError`.
  func leaves(_ found: Folder.Entry, in folder: FilePath, _ list: ChecksumList, _ stop: () -> Bool) throws -> Bool {
    let path = folder.appending(bytes: found.name)
    guard let identity = found.identity else {
      return try members.contains { $0.name.utf8.starts(with: found.name + [UInt8(ascii: "/")]) }
        && linkStatus(path)?.isFolder == true
    }
    guard let member = members.first(where: { $0.name.utf8.elementsEqual(found.name) }) else { return false }
    if try AtomicFile.isUnfinished(path) { return true }
    if stop() { throw ArchiveError.stopped(path: file.path) }
    guard identity.size == member.size else { return false }
    return try digestOfFile(atPath: path).digest == list[member.name] ?? digest(of: member, stop)
  }

  /// The digest of the file's content in the archive.
  private func digest(of member: Member, _ stop: () -> Bool) throws -> SHA256Digest {
    var digest = SHA256Stream()
    try forEachPiece(of: member) {
      if stop() { throw ArchiveError.stopped(path: file.path) }
      digest.update($0)
    }
    return digest.finish()
  }

  /// The content of a file, frame by frame.
  private func forEachPiece(of member: Member, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var (offset, skip, left) = (member.offset, member.headerBytes, member.size)
    for frame in member.frames {
      let plain = try ArchiveContents.plain(frame, offset, file, table, coder)
      let piece = plain.dropFirst(skip).prefix(left)
      try body(UnsafeRawBufferPointer(rebasing: piece))
      (skip, left) = (0, left - piece.count)
      offset += table[frame].compressed
    }
  }

  private func tooLarge(_ member: Member, _ most: Int) -> ArchiveError {
    .form(file: file.path.string, expected: "at most \(most) bytes of \(member.name)", found: "\(member.size)")
  }

  // MARK: reading

  /// A frame; the bytes live until the next one.
  private static func plain(
    _ number: Int, _ offset: Int, _ file: ReadOnlyFile, _ table: SeekTable, _ coder: FrameCoder
  ) throws -> UnsafeRawBufferPointer {
    let frame = table[number]
    do {
      try file.read(into: coder.packedBuffer(frame.compressed), at: offset)
      return try coder.decompress(frame.compressed, to: frame.plain)
    } catch let failure as FrameCoder.Failure {
      throw ArchiveError.data(file: file.path.string, frame: number, offset: offset, reason: failure.reason)
    }
  }

  /// The header with which a frame begins; nil for the end of the archive.
  private static func header(_ plain: UnsafeRawBufferPointer, _ file: ReadOnlyFile) throws -> TarHeader? {
    struct Found: Error {
      let header: TarHeader
    }
    var tar = TarReader()
    do {
      try tar.consume(plain) { if case .file(let header) = $0 { throw Found(header: header) } }
    } catch let found as Found {
      return found.header
    } catch let refusal as TarReader.Refusal {
      throw ArchiveError.form(file: file.path.string, expected: refusal.expected, found: refusal.found)
    }
    guard tar.isComplete else {
      throw ArchiveError.form(
        file: file.path.string, expected: "a file's header, or two blocks of zeros, at the beginning of a frame",
        found: "a part of it")
    }
    return nil
  }

  /// A file from its first frame on: its frames are full, but for the last.
  private static func member(
    _ header: TarHeader, _ name: String, _ first: Int, _ offset: Int, _ file: ReadOnlyFile, _ table: SeekTable
  ) throws -> Member {
    let most = FrameCoder.mostPlain
    // No file is larger than all frames: their sum is below 2^45.
    guard header.size <= most * table.count else {
      throw ArchiveError.form(
        file: file.path.string, expected: "at most \(most * table.count) bytes of \(name)", found: "\(header.size)")
    }
    let headerBytes = header.encoded.count
    let length = headerBytes + header.size + TarHeader.padding(header.size)
    let frames = first..<first + (length + most - 1) / most
    var packed = 0
    for frame in frames {
      let plain = min(most, length - (frame - first) * most)
      guard frame < table.count, table[frame].plain == plain else {
        throw ArchiveError.form(
          file: file.path.string, expected: "\(length) bytes of \(name) in frames of their own, all but the last full",
          found: frame < table.count ? "frame \(frame) of \(table[frame].plain) bytes" : "the end")
      }
      packed += table[frame].compressed
    }
    return Member(
      name: name, size: header.size, headerBytes: headerBytes, frames: frames, offset: offset, packed: packed)
  }
}
