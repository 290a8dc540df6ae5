import Files
import StrictJSON
import SystemPackage
import Threads

/// Stretches of a file of the hub that are on this machine: a file as long as the other one, of which the rest is a hole,
/// and beside it the list of what is whole and durable. Named by the digest: another content is another file.
final class KeptStretches: Sendable {
  /// Most bytes that are here and not in the list.
  private static let syncBytes = 32 << 20

  private struct State {
    /// Ranges in the list.
    var durable: [Range<Int>]
    /// Here, and in the list as soon as the storage has them.
    var written: [Range<Int>] = []
    var unsynced = 0
  }

  private let file: HubFile
  private let list: FilePath
  private let bytes: ReadOnlyFile
  /// Nil for what is only read.
  private let target: PosixFile?
  private let state: Guarded<State>

  private static func paths(_ folder: FilePath, _ file: HubFile) -> (bytes: FilePath, list: FilePath) {
    (folder.appending("\(file.etag).ranges"), folder.appending("\(file.etag).json"))
  }

  private init(
    _ file: HubFile, list: FilePath, bytes: ReadOnlyFile, target: PosixFile?, durable: [Range<Int>]
  ) {
    self.file = file
    self.list = list
    self.bytes = bytes
    self.target = target
    state = Guarded(State(durable: durable))
  }

  /// What an earlier run left; nil when there is nothing that can be used.
  /// - Throws: `FileError`.
  static func opened(_ folder: FilePath, _ file: HubFile) throws(FileError) -> KeptStretches? {
    let (path, list) = paths(folder, file)
    guard let durable = try durable(list, file), let bytes = try ReadOnlyFile.ifThere(path), bytes.size == file.size
    else { return nil }
    return KeptStretches(file, list: list, bytes: bytes, target: nil, durable: durable)
  }

  /// Opens the file for more of it, or makes it. The caller has the right to the folder.
  /// - Throws: `StorageError`, `FileError`.
  static func made(_ folder: FilePath, _ file: HubFile) throws -> KeptStretches {
    let (path, list) = paths(folder, file)
    try Folder.create(folder)
    try AtomicFile.removeAbandoned(of: list)
    let target = try PosixFile.openForWriting(path, creating: true)
    var known = try durable(list, file)
    if try target.size() != file.size {
      try target.truncate(to: 0)
      try target.truncate(to: file.size)
      known = nil
    }
    return KeptStretches(
      file, list: list, bytes: try ReadOnlyFile(path: path, followLinks: false), target: target, durable: known ?? [])
  }

  /// The list of a file; nil without one, or for one of another file or version, whose bytes are asked for again.
  private static func durable(_ path: FilePath, _ file: HubFile) throws(FileError) -> [Range<Int>]? {
    guard let bytes = try contentIfThere({ () throws(FileError) in try readSmallFile(path, limit: 64 << 20) }),
      let value = try? JSONValue.parse(bytes, file: path.string), value["cambium_ranges"]?.intValue == 1,
      value["etag"]?.stringValue == file.etag, value["size"]?.intValue == file.size,
      let rows = value["ranges"]?.arrayValue
    else { return nil }
    var ranges: [Range<Int>] = []
    for row in rows {
      guard let begin = row["offset"]?.intValue, let count = row["bytes"]?.intValue,
        begin >= (ranges.last?.upperBound ?? 0),
        count > 0, count <= file.size, begin <= file.size - count
      else { return nil }
      ranges.append(begin..<begin + count)
    }
    return ranges
  }

  /// Whether all of a range is here.
  func has(_ range: Range<Int>) -> Bool { missing([range]).isEmpty }

  /// What of some ranges is not here, in order.
  func missing(_ ranges: [Range<Int>]) -> [Range<Int>] {
    let here = state.withLock { KeptStretches.union($0.durable, $0.written) }
    var missing: [Range<Int>] = []
    for range in ranges {
      var at = range.lowerBound
      for known in here where known.upperBound > at && known.lowerBound < range.upperBound {
        if known.lowerBound > at { missing.append(at..<known.lowerBound) }
        at = known.upperBound
      }
      if at < range.upperBound { missing.append(at..<range.upperBound) }
    }
    return missing
  }

  /// Fills a buffer from a range that is here.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    try bytes.read(into: buffer, at: offset)
  }

  /// Holds the bytes against the digest of the file, if all of them are here: what is served in parts has no other proof.
  /// - Parameter place: For the message.
  /// - Returns: Whether they were held against it.
  /// - Throws: ``HubError/digest(place:expected:found:)``; then nothing of them is kept.
  @discardableResult
  func requireDigest(_ place: String) throws -> Bool {
    guard file.sha256 != nil, has(0..<file.size) else { return false }
    var digest = ContentDigest(of: file)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var at = 0
    while at < file.size {
      if StopSignal.shared.isRequested { throw HubError.stopped(place: place) }
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, file.size - at)])
      try read(into: part, at: at)
      digest.update(UnsafeRawBufferPointer(part))
      at += part.count
    }
    do {
      try digest.require(place)
    } catch {
      state.withLock { $0 = State(durable: []) }
      try? Folder.removeTree(list)
      try? Folder.removeTree(bytes.path)
      throw error
    }
    return true
  }

  /// Writes bytes; ``complete(_:)`` says of more of them that they are here.
  func write(_ piece: UnsafeRawBufferPointer, at offset: Int) throws { try target?.write(piece, at: offset) }

  /// Takes note of a range whose bytes are written.
  func complete(_ range: Range<Int>) throws {
    guard !range.isEmpty else { return }
    try state.withLock { state in
      state.written = KeptStretches.union(state.written, [range])
      state.unsynced += range.count
      if state.unsynced >= KeptStretches.syncBytes { try keep(&state) }
    }
  }

  /// Puts what is here into the list.
  func keep() throws { try state.withLock { state in if !state.written.isEmpty { try keep(&state) } } }

  private func keep(_ state: inout State) throws {
    guard let target else { return }
    try target.sync()
    state.durable = KeptStretches.union(state.durable, state.written)
    state.written = []
    state.unsynced = 0
    let rows = state.durable.map {
      JSONValue.object([("offset", .int($0.lowerBound)), ("bytes", .int($0.count))])
    }
    let value = JSONValue.object([
      ("cambium_ranges", 1), ("etag", .string(file.etag)), ("size", .int(file.size)), ("ranges", .array(rows)),
    ])
    try AtomicFile.write(JSONWriter.pretty(value), to: list)
  }

  /// Removes both files: what they hold is elsewhere now.
  static func remove(_ folder: FilePath, _ file: HubFile) throws(StorageError) {
    let (path, list) = paths(folder, file)
    try Folder.removeTree(list)
    try Folder.removeTree(path)
  }

  /// Joins both lists of ranges into one, in order, neighbours together.
  private static func union(_ some: [Range<Int>], _ others: [Range<Int>]) -> [Range<Int>] {
    var out: [Range<Int>] = []
    for range in (some + others).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = out.last, range.lowerBound <= last.upperBound {
        out[out.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        out.append(range)
      }
    }
    return out
  }
}
