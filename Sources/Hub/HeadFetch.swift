import Checkpoint
import Diagnostics
import Digests
import Files
import Safetensors
import StrictJSON
import SystemPackage
import Threads

/// The head of a model of the hub, and nothing else of its weights, as a folder that a manifest takes for a donor.
///
/// The folder has the model's configuration and card, of each shard with tensors of the head a file of the same name with
/// these tensors alone, and `hub.json`, which says where every byte comes from. A part of a file cannot be held against the
/// digest that the hub states of the file: the digests of the tensors are those of the bytes as they were served.
public struct HeadFetch: Sendable {
  /// A shard, of which some tensors are the head's.
  private struct Source: Sendable {
    let file: HubFile
    let remote: RemoteFile
    let header: SafetensorsHeader
    let headerDigest: SHA256Digest
    /// In the order of the shard.
    let entries: [TensorEntry]
    let layout: SafetensorsLayout
  }

  /// The repository at its commit.
  public let repository: HubRepository
  private let sources: [Source]
  private let model: RemoteModel

  /// The record's name in the folder.
  public static let record = "hub.json"
  /// Bytes between two tensors that are read with them.
  private static let gap = 1 << 20
  private static let mostAtOnce = 64 << 20

  /// - Parameter model: Of which headers were read.
  /// - Throws: ``HubError/nothingToFetch(name:filters:)`` when it has no head; what opening it throws.
  public init(_ model: RemoteModel) throws {
    self.model = model
    repository = model.repository
    let folder = try model.open()
    var entries: [Int: [TensorEntry]] = [:]
    for name in folder.headEvidence.tensors {
      guard let place = folder[name] else { continue }
      entries[place.shard, default: []].append(place.entry)
    }
    guard !entries.isEmpty else {
      throw HubError.nothingToFetch(name: model.repository.pinned, filters: "tensors of a head")
    }
    sources = try entries.sorted { $0.key < $1.key }.map { number, entries in
      let shard = folder.shards[number]
      guard let file = model.repository[shard.name] else {
        throw HubError.entry(place: "\(model.repository.pinned)/\(shard.name)")
      }
      let header = shard.file.header
      return Source(
        file: file, remote: RemoteFile(file, in: model.repository), header: header,
        headerDigest: try model.headerDigest(shard.name), entries: entries.sorted { $0.begin < $1.begin },
        layout: try SafetensorsLayout(
          tensors: entries.map { ($0.name, $0.dtype, $0.shape) },
          metadata: Dictionary(header.metadata.map { ($0.key, $0.value) }) { first, _ in first }))
    }
  }

  /// Bytes of the head's tensors.
  public var bytes: Int { CheckedSum.clamped(sources.flatMap { $0.entries.map(\.byteCount) }) }
  /// Bytes that are read with them, because little lies between.
  public var waste: Int { CheckedSum.clamped(sources.flatMap { ranges($0).map(\.count) }) - bytes }
  private var rangeCount: Int { sources.reduce(0) { $0 + ranges($1).count } }

  /// What will be moved, in words: `3.31 GB in 4 ranges of 1 shard, instead of 162 GB`.
  public var forecast: String {
    let whole = CheckedSum.clamped(repository.files.map(\.size))
    let shards = sources.count == 1 ? "1 shard" : "\(sources.count) shards"
    let ranges = rangeCount == 1 ? "1 range" : "\(rangeCount) ranges"
    return "\(Fixed.bytes(bytes)) in \(ranges) of \(shards), instead of \(Fixed.bytes(whole))"
      + (waste > 0 ? "; \(Fixed.bytes(waste)) between them are read, too" : "")
  }

  /// The head's bytes in a shard, neighbours together.
  private func ranges(_ source: Source) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for entry in source.entries where entry.byteCount > 0 {
      let range = source.header.dataStart + entry.begin..<source.header.dataStart + entry.end
      if let last = ranges.last, range.lowerBound - last.upperBound <= HeadFetch.gap {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
    }
    return ranges
  }

  /// Makes the folder, whole or not at all. One that is there with the same head stays as it is.
  /// - Returns: Whether anything was fetched.
  /// - Throws: ``HubError/changed(place:expected:found:)`` when the folder has another content of the same commit;
  ///   ``HubError/occupied(path:)`` for anything else in its place; `StorageError`.
  public func write(to path: FilePath, connections: Int, observer: any Fetch.Observer) throws -> Bool {
    try Folder.requireOutsidePackages(path)
    if try linkStatus(path) != nil {
      try requireSame(path)
      return false
    }
    try Folder.create(path.absolute.folder)
    let lock = try OutputLock(path.absolute, list: HeadFetch.record)
    defer { lock.release() }
    try lock.recover(refuseForeign)
    do {
      try fill(lock.partial, connections: connections, observer: observer)
      try lock.publish()
    } catch {
      // What somebody put there meanwhile stays, and stops the next fetch by its name.
      if (try? refuseForeign(lock.partial)) != nil { try? Folder.removeTree(lock.partial, last: HeadFetch.record) }
      throw error
    }
    return true
  }

  /// Refuses a folder that has what no fetch of this head leaves.
  /// - Throws: ``HubError/occupied(path:)``.
  private func refuseForeign(_ path: FilePath) throws {
    let ours = ["config.json", "README.md", HeadFetch.record] + sources.map(\.file.path)
    for entry in try Folder.tree(path, atMost: ours.count + 1) {
      let name = String(decoding: entry.name, as: UTF8.self)
      guard entry.identity != nil, ours.contains(name) || AtomicFile.isTemporary(FilePath(name)) else {
        throw HubError.occupied(path: path.appending(name))
      }
    }
  }

  private func fill(_ folder: FilePath, connections: Int, observer: any Fetch.Observer) throws {
    try Folder.create(folder)
    for name in ["config.json", "README.md"] where repository[name] != nil {
      let bytes = try ReadOnlyFile(path: model.folder.appending(name)).readAll(limit: 16 << 20)
      try AtomicFile.write(bytes, to: folder.appending(name))
    }
    var tensors: [JSONValue] = []
    for source in sources {
      let path = folder.appending(FilePath(source.file.path).components)
      try Folder.create(path.folder)
      let file = try PosixFile.createExclusive(path)
      try file.preallocate(source.layout.fileSize)
      try file.write(source.layout.headerBytes, at: 0)
      try fetch(source, into: file, connections: connections, observer: observer)
      try file.sync()
      tensors += try record(source, file)
      try file.close()
    }
    let files = sources.map { source -> JSONValue in
      .object([
        ("path", .string(source.file.path)), ("bytes", .int(source.file.size)), ("etag", .string(source.file.etag)),
        ("header_sha256", .string(source.headerDigest.hex)),
      ])
    }
    let record = JSONValue.object([
      ("cambium_hub", 1), ("endpoint", .string(repository.endpoint)),
      ("repository", .string(repository.name.repository)), ("commit", .string(repository.commit)),
      ("files", .array(files)), ("tensors", .array(tensors)),
      ("proof", "bytes as served; not checkable against the digests of the files"),
    ])
    try AtomicFile.write(JSONWriter.pretty(record), to: folder.appending(HeadFetch.record))
  }

  /// Reads the ranges of a shard, several at a time, and writes what is the head's to its place.
  private func fetch(
    _ source: Source, into file: PosixFile, connections: Int, observer: any Fetch.Observer
  ) throws {
    let pieces = ranges(source).flatMap { range in
      stride(from: range.lowerBound, to: range.upperBound, by: HeadFetch.mostAtOnce).map {
        $0..<min(range.upperBound, $0 + HeadFetch.mostAtOnce)
      }
    }
    let isDone = try Workers.forEach(
      count: pieces.count, threads: connections, stop: { StopSignal.shared.isRequested }
    ) { index, _ in
      var at = pieces[index].lowerBound
      try source.remote.stream(pieces[index]) { bytes in
        try HeadFetch.write(bytes, at: at, source, to: file)
        at += bytes.count
        observer.advanced(bytes: bytes.count, file: source.file.path)
      }
    }
    guard isDone else { throw HubError.stopped(place: source.remote.place) }
  }

  /// Writes the parts of some bytes of a shard that belong to tensors of the head.
  private static func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, _ source: Source, to file: PosixFile
  ) throws {
    let read = offset..<offset + bytes.count
    for entry in source.entries {
      let begin = source.header.dataStart + entry.begin
      let common = read.clamped(to: begin..<begin + entry.byteCount)
      guard !common.isEmpty,
        let target = source.layout.entries.first(where: { UTF8Name($0.name) == UTF8Name(entry.name) })
      else { continue }
      let piece = UnsafeRawBufferPointer(rebasing: bytes[common.lowerBound - offset..<common.upperBound - offset])
      try file.write(piece, at: source.layout.headerBytes.count + target.begin + common.lowerBound - begin)
    }
  }

  /// What is recorded of each tensor, as it lies in the file that was written.
  private func record(_ source: Source, _ file: PosixFile) throws -> [JSONValue] {
    try source.entries.map { entry in
      guard let target = source.layout.entries.first(where: { UTF8Name($0.name) == UTF8Name(entry.name) }) else {
        throw HubError.entry(place: "\(source.remote.place): \(entry.name)")
      }
      let start = source.layout.headerBytes.count + target.begin
      let digest = try StreamedDigest.of(bytes: entry.byteCount) { at, buffer in
        guard try file.read(into: buffer, at: start + at) == buffer.count else {
          throw FileError.short(path: file.path, expected: start + at + buffer.count, found: start + at)
        }
      }
      return .object([
        ("name", .string(entry.name)), ("file", .string(source.file.path)),
        ("offset", .int(source.header.dataStart + entry.begin)), ("bytes", .int(entry.byteCount)),
        ("sha256", .string(digest.hex)),
      ])
    }
  }

  /// Holds a folder that is there against what the hub says now.
  private func requireSame(_ path: FilePath) throws {
    let file = path.appending(HeadFetch.record)
    guard let bytes = try? ReadOnlyFile(path: file).readAll(limit: 64 << 20),
      let value = try? JSONValue.parse(bytes, file: file.string), value["cambium_hub"]?.intValue == 1,
      value["repository"]?.stringValue == repository.name.repository,
      value["commit"]?.stringValue == repository.commit
    else { throw HubError.occupied(path: path) }
    let recorded = value["files"]?.arrayValue ?? []
    for source in sources {
      let was = recorded.first { $0["path"]?.stringValue == source.file.path }
      let (etag, header) = (was?["etag"]?.stringValue ?? "none", was?["header_sha256"]?.stringValue ?? "none")
      guard etag == source.file.etag else {
        throw HubError.changed(
          place: source.remote.place, expected: "the content \(etag)", found: "the content \(source.file.etag)")
      }
      guard header == source.headerDigest.hex else {
        throw HubError.changed(
          place: source.remote.place, expected: "a header \(header)", found: "a header \(source.headerDigest.hex)")
      }
      let size = try ReadOnlyFile.ifThere(path.appending(FilePath(source.file.path).components))?.size
      guard size == source.layout.fileSize else { throw HubError.occupied(path: path) }
    }
  }
}
