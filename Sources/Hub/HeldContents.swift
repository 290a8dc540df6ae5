import Files
import StrictJSON
import SystemPackage
import Threads

/// The files of a fetch whose bytes were compared with their digests, and what the system said of each then, so that a
/// second fetch of a large model reads only what changed.
///
/// A program can set the time of a change of content back, but not that of a change of the inode. What was changed within a
/// second before the record was written is read once more: a second change in the same tick of the clock would not show.
final class HeldContents: Sendable {
  private struct Entry: Equatable, Sendable {
    let etag: String
    let identity: FileIdentity
  }
  private struct State: Sendable {
    var entries: [String: Entry]
    var isChanged = false
  }
  private let path: FilePath
  private let state: Guarded<State>

  private static let tick = 1_000_000_000
  private static let mostBytes = 64 << 20

  /// - Parameter path: The record; one that cannot be read is none.
  init(_ path: FilePath) {
    self.path = path
    state = Guarded(State(entries: HeldContents.read(path)))
  }

  /// Whether a file has the content of a digest: by its bytes, or because it is as it was when they were read.
  /// - Parameters:
  ///   - file: Open.
  ///   - name: In the record.
  ///   - etag: SHA-256 of the bytes, or git's digest.
  func proves(_ file: ReadOnlyFile, _ name: String, _ etag: String) throws -> Bool {
    let entry = Entry(etag: etag, identity: file.identity)
    if state.withLock({ $0.entries[name] == entry }) { return true }
    var digest = ContentDigest(etag: etag, size: file.size)
    try file.forEachPiece { bytes in
      if StopSignal.shared.isRequested { throw HubError.stopped(place: file.path.string) }
      digest.update(bytes)
    }
    guard (try? digest.require("")) != nil else { return false }
    // One that was renamed meanwhile has the content all the same; it is not known by what the system said before.
    if try file.currentIdentity() == file.identity { note(name, entry) }
    return true
  }

  /// Takes note of a file that was compared with its digest before it got its name.
  func note(_ file: ReadOnlyFile, _ name: String, _ etag: String) {
    note(name, Entry(etag: etag, identity: file.identity))
  }

  private func note(_ name: String, _ entry: Entry) {
    state.withLock { state in
      state.entries[name] = entry
      state.isChanged = true
    }
  }

  /// Writes the record, unless there is nothing new in it.
  func save() throws {
    let (entries, isChanged) = state.withLock { ($0.entries, $0.isChanged) }
    guard isChanged else { return }
    let rows = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, entry in
      JSONValue.object([
        ("name", .string(name)), ("etag", .string(entry.etag)), ("device", .string(String(entry.identity.device))),
        ("inode", .string(String(entry.identity.inode))), ("bytes", .int(entry.identity.size)),
        ("modified_ns", .int(entry.identity.modified)), ("changed_ns", .int(entry.identity.changed)),
      ])
    }
    try Folder.create(path.folder)
    try AtomicFile.removeAbandoned(of: path)
    try AtomicFile.write(
      JSONWriter.pretty(.object([("cambium_held", 1), ("files", .array(rows))])), to: path)
    state.withLock { $0.isChanged = false }
  }

  private static func read(_ path: FilePath) -> [String: Entry] {
    guard let file = try? ReadOnlyFile(path: path, followLinks: false),
      let bytes = try? file.readAll(limit: mostBytes),
      let value = try? JSONValue.parse(bytes, file: path.string), value["cambium_held"]?.intValue == 1
    else { return [:] }
    let (latest, overflow) = file.identity.modified.subtractingReportingOverflow(tick)
    guard !overflow else { return [:] }
    var entries: [String: Entry] = [:]
    for row in value["files"]?.arrayValue ?? [] {
      guard let name = row["name"]?.stringValue, let etag = row["etag"]?.stringValue,
        let device = row["device"]?.stringValue.flatMap({ UInt64($0) }),
        let inode = row["inode"]?.stringValue.flatMap({ UInt64($0) }), let size = row["bytes"]?.intValue,
        let modified = row["modified_ns"]?.intValue, let changed = row["changed_ns"]?.intValue, changed < latest
      else { continue }
      entries[name] = Entry(
        etag: etag,
        identity: FileIdentity(device: device, inode: inode, size: size, modified: modified, changed: changed))
    }
    return entries
  }
}
