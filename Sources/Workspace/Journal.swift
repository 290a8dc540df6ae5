import Digests
import Files
import StrictJSON
import Threads
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The log of a stage while it runs: one line for each unit of work that is done, so that a run that was interrupted
/// anywhere goes on after the last unit.
///
/// The order of durability is the caller's part: **data first, journal second**. Write a unit, `sync` its file, and
/// only then `append` its record; a record whose data is not on the storage is a lie after a power cut. The journal
/// itself may be synced rarely: a record that is lost costs one unit of work.
///
/// The first line names the key of the stage; a journal of another key is thrown away. Each line ends in a check over
/// itself, so a torn line, a flipped bit and a hole are seen; it and all after it are cut off.
public final class Journal: Sendable {
  /// The name of the journal in the folder of its stage.
  public static let fileName = "journal.jsonl"

  private let file: PosixFile
  private let state: Guarded<State>

  private struct State {
    /// Where the next line goes.
    var end: Int
    /// After a failed append that could not be taken back nothing may be put after it.
    var failure: (any Error)?
  }

  private init(file: PosixFile, end: Int) {
    self.file = file
    state = Guarded(State(end: end, failure: nil))
  }

  /// Opens the journal of a stage, or starts one. Returns the records of the units that are done; none after a start.
  public static func open(
    folder: FilePath, key: SHA256Digest
  ) throws -> (journal: Journal, records: [JSONValue]) {
    let path = folder.appending(fileName)
    if try linkStatus(path) != nil {
      // A backup of the work folder by hard links keeps its journal.
      try breakHardLinks(path)
      let file = try PosixFile.openForWriting(path)
      let content = try file.readAll()
      let prefix = JournalLine.validPrefix(of: content, file: path.string)
      if let header = prefix.records.first, header["cambium_journal"]?.intValue == 1,
        header["key"]?.stringValue == key.hex
      {
        if prefix.bytes < content.count {
          try file.truncate(to: prefix.bytes)
          try file.sync()
        }
        return (Journal(file: file, end: prefix.bytes), Array(prefix.records.dropFirst()))
      }
    }
    let header = JSONValue.object([("cambium_journal", 1), ("key", .string(key.hex))])
    let line = JournalLine.encode(header)
    try AtomicFile.write(line, to: path)
    return (Journal(file: try PosixFile.openForWriting(path), end: line.count), [])
  }

  /// Adds records, each a JSON object, with one write; safe to call from any thread. Their data must be synced before.
  public func append(_ records: [JSONValue]) throws {
    let lines = records.map(JournalLine.encode)
    guard lines.allSatisfy({ $0.first == UInt8(ascii: "{") }) else {
      throw StorageError.io(operation: "journal what is not a JSON object", path: file.path, errno: EINVAL)
    }
    let bytes = lines.flatMap { $0 }
    try state.withLock { state throws in
      if let failure = state.failure { throw failure }
      crashPoint("journal")
      do {
        try file.write(bytes, at: state.end)
      } catch {
        // The next line must not follow half a line.
        do { try file.truncate(to: state.end) } catch let second { state.failure = second }
        throw error
      }
      state.end += bytes.count
      crashPoint("journal")
    }
  }

  /// Makes all appended records durable.
  public func sync() throws {
    try file.sync()
  }

  /// Ends the use of the journal; the file stays.
  public func close() throws {
    try file.close()
  }

  /// Closes and removes the journal, once the receipt of the stage is written.
  public func remove() throws {
    try file.close()
    try Folder.removeTree(file.path)
  }
}
