import Files
import Threads
import SystemPackage

/// Restores a package from its archive. What it holds is known from its headers and `SHA256SUMS` first; then everything is written beside the target and gets its name at the end, when all
/// frames, names and digests are right.
///
/// Memory: 16 MiB a thread and 8 bytes a frame, whatever the archive says of itself.
public struct ArchiveReader: Sendable {
  /// What was unpacked.
  public struct Result: Sendable, Equatable {
    /// The folder.
    public let path: FilePath
    /// How many files.
    public let files: Int
    /// Bytes of the files together.
    public let bytes: Int
  }

  let path: FilePath
  let threads: Int

  /// - Parameters:
  ///   - path: The archive.
  ///   - threads: Threads that decompress; without effect on the result.
  public init(path: FilePath, threads: Int) {
    self.path = path
    self.threads = max(1, threads)
  }

  /// - Parameters:
  ///   - output: the folder to make; nil for one of the archive's own name in `parent`.
  ///   - parent: the folder for an output that is not named.
  ///   - observer: hears how far the work is.
  ///   - stop: asked between rounds of frames; true ends the work with ``ArchiveError/stopped(path:)``.
  /// - Throws: ``ArchiveError``, `FileError`, `StorageError` (`E_TARGET_EXISTS` if the folder is there, `E_FOLDER_BUSY` while
  ///   another process makes it, `E_RESULT_PLACE` inside a package). Nothing is left then.
  public func unpack(
    to output: FilePath?, in parent: FilePath, observer: any WorkObserver = SilentWork(),
    stop: @escaping @Sendable () -> Bool = { false }
  ) throws -> Result {
    let file = try ReadOnlyFile(path: path)
    let table = try SeekTable(file)
    // At most 2^22 frames of 2^23 bytes.
    let plain = (0..<table.count).reduce(0) { $0 + table[$1].plain }
    guard table.count > 0 else {
      throw ArchiveError.form(file: path.string, expected: "at least one file", found: "none")
    }
    let contents = try ArchiveContents(file, table)
    let list = try contents.requireListed(stop)
    let target = output ?? parent.appending(contents.top)
    let place = target.absolute.folder
    guard try !target.exists else { throw StorageError.targetExists(path: target) }
    try Folder.requireOutsidePackages(target)
    try Folder.create(place)
    if let free = try Folder.freeBytes(place), free < plain {
      throw StorageError.diskFull(path: target, needed: plain)
    }
    // One process at a time; what a killed one left is removed.
    let partial = place.appending(".\(target.absolute.name).cambium-unpack")
    let making = try FolderInTheMaking(path: partial) { try contents.leaves($0, in: partial, list, stop) }
    defer { making.release() }
    observer.began("unpack", total: plain, .bytes)
    var files = UnpackedFiles(archive: path, folder: partial, limit: plain)
    do {
      let unpacked = try unpack(file, table, into: &files, observer, stop)
      try Folder.renameNoReplace(partial, target)
      return Result(path: target, files: unpacked.count, bytes: unpacked.bytes)
    } catch {
      // What somebody put there meanwhile stays, and the next attempt names it.
      _ = try? Folder.removeKnown(partial, files.made)
      throw error
    }
  }

  private func unpack(
    _ file: ReadOnlyFile, _ table: SeekTable, into files: inout UnpackedFiles, _ observer: any WorkObserver,
    _ stop: @escaping @Sendable () -> Bool
  ) throws -> (count: Int, bytes: Int) {
    let coders = try Coders(count: min(threads, max(1, table.count)))
    var tar = TarReader()
    var offset = 0
    for first in stride(from: 0, to: table.count, by: threads) {
      if stop() { throw ArchiveError.stopped(path: path) }
      let batch = (first..<min(first + threads, table.count)).map { number -> (offset: Int, frame: SeekTable.Frame) in
        defer { offset += table[number].compressed }
        return (offset, table[number])
      }
      _ = try Workers.forEach(count: batch.count, threads: threads) { index, _ in
        let (offset, frame) = batch[index]
        do {
          try coders.unpack(index, packed: frame.compressed, plain: frame.plain) { try file.read(into: $0, at: offset) }
        } catch let failure as FrameCoder.Failure {
          throw ArchiveError.data(file: path.string, frame: first + index, offset: offset, reason: failure.reason)
        }
      }
      for index in batch.indices {
        try coders.withResult(index) { _, plain in
          observer.advanced(by: plain.count, item: "")
          do {
            try tar.consume(plain) { try files.take($0) }
          } catch let refusal as TarReader.Refusal {
            throw ArchiveError.form(file: path.string, expected: refusal.expected, found: refusal.found)
          }
        }
      }
    }
    guard tar.isComplete else {
      throw ArchiveError.form(file: path.string, expected: "two blocks of zeros behind the last file", found: "no end")
    }
    return try files.finish()
  }
}
