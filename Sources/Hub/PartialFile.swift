import Digests
import Files
import StrictJSON
import SystemPackage
import Threads

/// A large file while it is fetched: pieces that came whole are remembered, on the storage too, so that another run goes on
/// with the others.
///
/// A piece counts once its bytes are durable: the journal is written after them, every ``syncBytes`` of all the files
/// together. So a kill loses less than that, and what each connection has of a piece in hand.
final class PartialFile: Sendable {
  /// Bytes of a piece.
  static let piece = 1 << 20
  /// Pieces that one worker takes at a time.
  static let run = 32
  /// Most bytes that are complete and not journaled, of all files of a fetch.
  private static let syncBytes = 8 << 20

  /// Bytes that an earlier run left here and that are not fetched again.
  let kept: Int
  /// Bytes of an earlier run that are fetched again, and why.
  let discarded: (bytes: Int, reason: String)?

  private let file: HubFile
  private let place: FetchPlace
  private let part: PosixFile
  private let lock: PosixFile
  private struct State {
    var done: [Bool]
    var unsynced = 0
  }
  private let state: Guarded<State>
  /// Bytes that are complete and not journaled, of all files of the fetch.
  private let unkept: UnkeptBytes
  /// The digest of the first pieces, as far as they are done; nil while a worker goes on with it.
  private let digest: Guarded<Progress?>

  /// Opens the file, or makes it, and takes the client's lock of it.
  /// - Parameters:
  ///   - file: In the listing.
  ///   - place: Where it is fetched to.
  ///   - unkept: Counts what is complete and not journaled, of all files of the fetch.
  ///   - waits: How a moment passes while another process has the lock; false when a stop was asked for.
  /// - Throws: `StorageError`, ``HubError``.
  init(_ file: HubFile, _ place: FetchPlace, unkept: UnkeptBytes, waits: () -> Bool) throws {
    self.file = file
    self.unkept = unkept
    self.place = place
    try place.makeFolders(for: file)
    lock = try FetchLock.take(place.lock(file), waits: waits)
    try AtomicFile.removeAbandoned(of: place.journal(file))
    let isNew = try linkStatus(place.part(file)) == nil
    part = try PosixFile.openForWriting(place.part(file), creating: true)
    let count = (file.size + PartialFile.piece - 1) / PartialFile.piece
    var done = Array(repeating: false, count: count)
    var discarded: (bytes: Int, reason: String)?
    if !isNew {
      do {
        done = try PartialFile.read(place.journal(file), file, count: count, found: part.size())
      } catch let reason as Unusable {
        discarded = (try part.size(), reason.words)
        try part.truncate(to: 0)
      }
    }
    self.discarded = discarded
    try part.preallocate(file.size)
    kept = done.indices.reduce(0) { $0 + (done[$1] ? PartialFile.bytes(of: $1, file).count : 0) }
    state = Guarded(State(done: done))
    digest = Guarded(Progress(digest: ContentDigest(of: file)))
  }

  /// Why what an earlier run left is of no use.
  private struct Unusable: Error { let words: String }

  private static func read(_ path: FilePath, _ file: HubFile, count: Int, found: Int) throws -> [Bool] {
    guard found == file.size else { throw Unusable(words: "its size is not that of the file") }
    guard let bytes = try readSmallFile(path, limit: 1 << 20) else {
      throw Unusable(words: "nothing says what of it is whole")
    }
    guard let value = try? JSONValue.parse(bytes, file: path.string), value["cambium_fetch"]?.intValue == 1,
      value["etag"]?.stringValue == file.etag, value["size"]?.intValue == file.size,
      value["piece"]?.intValue == piece, let text = value["done"]?.stringValue, text.utf8.count == count
    else { throw Unusable(words: "what says so is of another file or version") }
    return text.utf8.map { $0 == UInt8(ascii: "1") }
  }

  private static func bytes(of piece: Int, _ file: HubFile) -> Range<Int> {
    piece * PartialFile.piece..<min(file.size, (piece + 1) * PartialFile.piece)
  }

  /// The stretches of some pieces that are missing.
  func missing(_ pieces: Range<Int>) -> [Range<Int>] {
    let done = state.withLock { $0.done }
    var stretches: [Range<Int>] = []
    for piece in pieces where !done[piece] {
      let bytes = PartialFile.bytes(of: piece, file)
      if let last = stretches.last, last.upperBound == bytes.lowerBound {
        stretches[stretches.count - 1] = last.lowerBound..<bytes.upperBound
      } else {
        stretches.append(bytes)
      }
    }
    return stretches
  }

  /// Writes bytes of a stretch, and remembers each piece that they complete.
  /// - Parameters:
  ///   - bytes: What came.
  ///   - offset: Where they begin in the file; everything before them, from the beginning of a piece on, is written.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try part.write(bytes, at: offset)
    let end = offset + bytes.count
    let first = offset / PartialFile.piece
    // A piece is complete when its last byte is written; the last piece is a short one.
    for piece in first...max(first, (end - 1) / PartialFile.piece)
    where end >= PartialFile.bytes(of: piece, file).upperBound {
      try complete(piece)
    }
  }

  /// Runs under the lock: while the storage takes the bytes, no further piece becomes complete, so that what a crash
  /// loses has a bound.
  private func complete(_ piece: Int) throws {
    try state.withLock { state in
      guard !state.done[piece] else { return }
      state.done[piece] = true
      let count = PartialFile.bytes(of: piece, file).count
      state.unsynced += count
      guard unkept.add(count) >= PartialFile.syncBytes else { return }
      try keep(&state)
    }
  }

  private func keep(_ state: inout State) throws {
    try part.sync()
    let text = String(decoding: state.done.map { UInt8(ascii: $0 ? "1" : "0") }, as: UTF8.self)
    let value = JSONValue.object([
      ("cambium_fetch", 1), ("etag", .string(file.etag)), ("size", .int(file.size)), ("piece", .int(PartialFile.piece)),
      ("done", .string(text)),
    ])
    try AtomicFile.write(JSONWriter.pretty(value), to: place.journal(file))
    forgetUnkept(&state)
  }

  /// Nothing of this file is waiting for the journal any more.
  private func forgetUnkept(_ state: inout State) {
    _ = unkept.add(-state.unsynced)
    state.unsynced = 0
  }

  /// Keeps what is complete, for a run that ends before the file does.
  func keep() throws { try state.withLock { state in if state.unsynced > 0 { try keep(&state) } } }

  /// Goes on with the digest as far as pieces are complete one after the other, unless another worker does.
  func advanceDigest() throws {
    guard var held = takeDigest() else { return }
    try advance(&held)
    let now = held
    digest.withLock { $0 = now }
  }

  private func takeDigest() -> Progress? {
    digest.withLock { held in
      defer { held = nil }
      return held
    }
  }

  /// A digest, and how many pieces are in it.
  private struct Progress {
    var digest: ContentDigest
    var pieces = 0
  }

  private func advance(_ progress: inout Progress) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while isDone(progress.pieces) {
      let bytes = PartialFile.bytes(of: progress.pieces, file)
      var at = bytes.lowerBound
      while at < bytes.upperBound {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, bytes.upperBound - at)])
        let count = try part.read(into: rest, at: at)
        guard count == rest.count else {
          throw FileError.short(path: part.path, expected: file.size, found: at + count)
        }
        progress.digest.update(UnsafeRawBufferPointer(rest))
        at += count
      }
      progress.pieces += 1
    }
  }

  private func isDone(_ piece: Int) -> Bool { state.withLock { piece < $0.done.count && $0.done[piece] } }

  /// Whether every piece is complete.
  var isComplete: Bool { state.withLock { $0.done.allSatisfy { $0 } } }

  /// Compares the whole with its digest and puts it into its place. Bytes that are not those of the file are removed.
  /// - Throws: ``HubError/digest(place:expected:found:)``.
  func finish(_ name: String) throws {
    try part.sync()
    // Nothing is left to be kept, whatever becomes of it now.
    state.withLock { forgetUnkept(&$0) }
    // If another worker is in the middle of it, all is read once more.
    var progress = takeDigest() ?? Progress(digest: ContentDigest(of: file))
    try advance(&progress)
    do {
      guard isComplete else { throw HubError.cut(place: name, expected: "all pieces", found: "some") }
      try progress.digest.require(name)
    } catch {
      try? Folder.removeTree(place.part(file))
      try? Folder.removeTree(place.journal(file))
      throw error
    }
    try place.publish(file)
    try close()
  }

  /// Releases the lock.
  func close() throws {
    try part.close()
    try lock.close()
  }
}

/// Bytes that are complete and not journaled, of all files of a fetch.
final class UnkeptBytes: Sendable {
  private let count = Guarded(0)

  /// Returns how many there are then.
  func add(_ bytes: Int) -> Int {
    count.withLock { count in
      count += bytes
      return count
    }
  }
}

/// The lock of a file that the hub's client takes, too.
enum FetchLock {
  /// Waits until this process has it. Where the file system has no locks, what is published is whole all the same.
  static func take(_ path: FilePath, waits: () -> Bool) throws -> PosixFile {
    let file = try PosixFile.openForWriting(path, creating: true)
    while true {
      guard let isTaken = try? file.takeLock() else { return file }
      if isTaken { return file }
      guard waits() else { throw HubError.stopped(place: path.string) }
    }
  }
}
