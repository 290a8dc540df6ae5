import Diagnostics
import Digests
import Files
import Foundation
import Synchronization
import Threads
import SystemPackage

/// Writes a package as one file, `.tar.zst`: the same bytes from the same files with the same zstd, whatever the number
/// of threads. Format: see the page *Archive*.
///
/// Memory: 16 MiB a thread, whatever the sizes of the files.
public struct ArchiveWriter: Sendable {
  /// What was written.
  public struct Result: Sendable, Equatable {
    /// Size of the archive.
    public let bytes: Int
    /// Digest of the archive.
    public let sha256: SHA256Digest
    /// How many files are in it.
    public let files: Int
    /// Plain bytes of the files together.
    public let plainBytes: Int
  }

  let folder: FilePath
  let threads: Int

  /// - Parameters:
  ///   - folder: The package.
  ///   - threads: Threads that compress; without effect on the result.
  public init(folder: FilePath, threads: Int) {
    self.folder = folder
    self.threads = max(1, threads)
  }

  private struct Member: Sendable {
    /// Relative to the folder.
    let name: String
    let file: PooledFile
    let header: [UInt8]
    /// Header, content and padding.
    var length: Int { header.count + file.size + TarHeader.padding(file.size) }
  }

  /// A piece of a member, or the end of the archive (`member` nil).
  private struct Piece: Sendable {
    let member: Int?
    let range: Range<Int>
  }

  /// Every file is compared with `SHA256SUMS` while it is read.
  /// - Throws: ``ArchiveError``, `FileError`, `StorageError`. Then nothing is at `path` that was not there before.
  @discardableResult
  public func write(
    to path: FilePath, force: Bool = false, observer: any WorkObserver = SilentWork(),
    stop: @escaping @Sendable () -> Bool = { false }
  ) throws -> Result {
    let target = ResultFile(path, ArchiveWriter.kind, force: force, inputs: [folder])
    try target.check()
    let members = try members()
    let pieces = ArchiveWriter.pieces(members)
    let list = try ChecksumList(
      ReadOnlyFile(path: folder.appending(ChecksumList.name)).readAll(limit: 16 << 20),
      file: folder.appending(ChecksumList.name).string)
    try list.requireAll(members.map(\.name), folder: folder)
    var failure: (any Error)?
    var result: Result?
    do {
      try target.write { file throws(StorageError) in
        do {
          result = try write(members, pieces, list, to: file, target: path, observer, stop)
        } catch let error as StorageError {
          throw error
        } catch {
          failure = error
          throw .io(operation: "write the archive", path: path, errno: EIO)
        }
      }
    } catch StorageError.stopped {
      throw ArchiveError.stopped(path: path)
    } catch {
      throw failure ?? error
    }
    guard let result else { throw ArchiveError.stopped(path: path) }
    return result
  }

  /// A Zstandard frame to begin with, as every archive has. What `package` makes is no different from any other of them:
  /// the name tells that it is a package.
  private static let kind = ResultFile.Kind("an archive of a package") { beginning in
    beginning.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
  }

  private func write(
    _ members: [Member], _ pieces: [Piece], _ list: ChecksumList, to file: PosixFile, target: FilePath,
    _ observer: any WorkObserver, _ stop: @escaping @Sendable () -> Bool
  ) throws -> Result {
    let coders = try Coders(count: min(threads, pieces.count))
    observer.began("archive", total: CheckedSum.clamped(pieces.map(\.range.count)), .bytes)
    var table = SeekTable()
    var (sum, digest) = (SHA256Stream(), SHA256Stream())
    var offset = 0
    func put(_ bytes: UnsafeRawBufferPointer) throws {
      try file.write(bytes, at: offset)
      sum.update(bytes)
      offset += bytes.count
    }
    for first in stride(from: 0, to: pieces.count, by: threads) {
      if stop() { throw ArchiveError.stopped(path: target) }
      let batch = Array(pieces[first..<min(first + threads, pieces.count)])
      _ = try Workers.forEach(count: batch.count, threads: threads) { index, _ in
        try coders.pack(index) { try ArchiveWriter.fill($0, members, batch[index].range, batch[index].member) }
      }
      for (index, piece) in batch.enumerated() {
        try coders.withResult(index) { plain, packed in
          try put(packed)
          table.append(SeekTable.Frame(compressed: packed.count, plain: plain.count))
          observer.advanced(by: plain.count, item: piece.member.map { members[$0].name } ?? "")
          guard let number = piece.member else { return }
          let member = members[number]
          let content = member.header.count..<member.header.count + member.file.size
          let part = piece.range.clamped(to: content)
          let start = part.lowerBound - piece.range.lowerBound
          if !part.isEmpty { digest.update(UnsafeRawBufferPointer(rebasing: plain[start..<start + part.count])) }
          guard piece.range.upperBound == member.length else { return }
          try list.require(member.name, digest.finish(), path: member.file.path.string)
          guard try member.file.currentIdentity() == member.file.identity else {
            throw StorageError.fileChanged(path: member.file.path)
          }
          digest = SHA256Stream()
        }
      }
    }
    try table.encoded.withUnsafeBytes(put)
    return Result(
      bytes: offset, sha256: sum.finish(), files: members.count, plainBytes: members.reduce(0) { $0 + $1.file.size })
  }

  /// The files beneath the folder in the order of their names. A link is refused: what it leads to is not the package.
  private func members() throws -> [Member] {
    let top = folder.absolute.lastComponent?.string ?? "/"
    var names: [String] = []
    func collect(_ prefix: String) throws {
      for entry in try Folder.entries(prefix.isEmpty ? folder : folder.appending(prefix)) {
        let name = prefix.isEmpty ? entry : prefix + "/" + entry
        if try isPlainFolder(folder.appending(name)) { try collect(name) } else { names.append(name) }
      }
    }
    try collect("")
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return try names.map { name in
      let file = try PooledFile(path: folder.appending(name), followLinks: false)
      return Member(name: name, file: file, header: TarHeader(name: top + "/" + name, size: file.size).encoded)
    }
  }

  private func isPlainFolder(_ path: FilePath) throws -> Bool {
    try linkStatus(path)?.isFolder == true
  }

  /// Each file begins a frame, and so does the end.
  private static func pieces(_ members: [Member]) -> [Piece] {
    var pieces: [Piece] = []
    for (number, member) in members.enumerated() {
      for start in stride(from: 0, to: member.length, by: FrameCoder.mostPlain) {
        pieces.append(Piece(member: number, range: start..<min(start + FrameCoder.mostPlain, member.length)))
      }
    }
    return pieces + [Piece(member: nil, range: 0..<2 * TarHeader.block)]
  }

  /// The plain bytes of a piece; returns how many.
  private static func fill(
    _ coder: FrameCoder, _ members: [Member], _ range: Range<Int>, _ number: Int?
  ) throws -> Int {
    let buffer = coder.plainBuffer(range.count)
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    guard let number else { return range.count }
    let member = members[number]
    let head = range.clamped(to: 0..<member.header.count)
    if !head.isEmpty { buffer.copyBytes(from: member.header[head]) }
    let content = range.clamped(to: member.header.count..<member.header.count + member.file.size)
    if !content.isEmpty {
      let start = content.lowerBound - range.lowerBound
      try member.file.file().read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + content.count]),
        at: content.lowerBound - member.header.count)
    }
    return range.count
  }
}
