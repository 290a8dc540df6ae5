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
/// these tensors alone, and `hub.json`, which says where every byte comes from. A part of a file cannot be compared with the
/// digest that the hub states of the file: the digests of the tensors are those of the bytes as they were served. A shard
/// that holds nothing else is compared with it.
public struct HeadFetch: Sendable {
  /// A shard, of which some tensors are the head's.
  private struct Source: Sendable {
    let file: HubFile
    let remote: RemoteFile
    let header: SafetensorsHeader
    let headerDigest: SHA256Digest
    /// Entries in the order of the shard.
    let entries: [TensorEntry]
    let layout: SafetensorsLayout
  }

  /// The repository at its commit.
  public let repository: HubRepository
  private let sources: [Source]
  private let model: RemoteModel

  /// The record's name in the folder.
  public static let record = "hub.json"

  /// - Parameter model: A model whose headers were read.
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
  /// Bytes that are read with them, because little is between them.
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
    ReadRanges.joined(
      source.entries.map { source.header.dataStart + $0.begin..<source.header.dataStart + $0.end })
  }

  /// Makes the folder, whole or not at all. One that is there with the same head stays as it is.
  /// - Returns: Whether anything was fetched.
  /// - Throws: ``HubError/changed(place:expected:found:)`` when the folder has another content of the same commit;
  ///   ``HubError/occupied(path:found:)`` for anything else in its place; `StorageError`.
  public func write(to path: FilePath, connections: Int, observer: any Fetch.Observer) throws -> Bool {
    try Folder.requireOutsidePackages(path)
    if try linkStatus(path) != nil {
      try requireSame(path)
      return false
    }
    try Folder.create(path.absolute.folder)
    let lock = try OutputLock(path.absolute, list: HeadFetch.record)
    defer { lock.release() }
    try lock.recover(requireOwn)
    var made: [Folder.Entry] = []
    do {
      try fill(lock.partial, &made, connections: connections, observer: observer)
      try lock.publish()
    } catch {
      // What somebody put there meanwhile stays, and the next attempt names it.
      _ = try? lock.discard(made)
      throw error
    }
    for source in sources { try KeptStretches.remove(kept, source.file) }
    return true
  }

  /// What a killed process left of this head: files in the making, copies of the small files, and shards of this layout.
  private func requireOwn(_ partial: FilePath) throws -> [Folder.Entry] {
    guard try linkStatus(partial)?.isFolder == true else { throw HubError.occupied(path: partial) }
    let tree = try Folder.tree(partial, atMost: 1 << 20)
    for found in tree {
      guard let name = String(validating: found.name, as: UTF8.self), let identity = found.identity,
        try isOwn(name, partial.appending(name), identity.size)
      else { throw HubError.occupied(path: partial.appending(bytes: found.name)) }
    }
    return tree
  }

  private func isOwn(_ name: String, _ path: FilePath, _ size: Int) throws -> Bool {
    if try AtomicFile.isUnfinished(path) { return true }
    if ["config.json", "README.md"].contains(name) {
      let own = try ReadOnlyFile.ifThere(model.folder.appending(name))?.readAll(limit: 16 << 20)
      return try size <= 16 << 20 && ReadOnlyFile(path: path).readAll(limit: 16 << 20) == own
    }
    if name == HeadFetch.record {
      let value = try? JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 64 << 20), file: path.string)
      return value?["commit"]?.stringValue == repository.commit
        && value?["repository"]?.stringValue == repository.name.repository
    }
    guard let source = sources.first(where: { UTF8Name($0.file.path) == UTF8Name(name) }),
      size == source.layout.fileSize
    else { return false }
    return try ReadOnlyFile(path: path).readBytes(count: source.layout.headerBytes.count, at: 0)
      == source.layout.headerBytes
  }

  private func fill(
    _ folder: FilePath, _ made: inout [Folder.Entry], connections: Int, observer: any Fetch.Observer
  ) throws {
    try Folder.create(folder)
    func note(_ name: String) throws {
      let identity = try ReadOnlyFile(path: folder.appending(name)).identity
      made.append(Folder.Entry(name: Array(name.utf8), identity: identity))
    }
    for name in ["config.json", "README.md"] where repository[name] != nil {
      let bytes = try ReadOnlyFile(path: model.folder.appending(name)).readAll(limit: 16 << 20)
      try AtomicFile.write(bytes, to: folder.appending(name))
      try note(name)
    }
    let parts = try sources.map {
      let stretches = try KeptStretches.made(kept, $0.file)
      // With the header, a shard of which the head is all is here whole, and is held against its digest.
      let header = try model.headerBytes($0.file.path)
      try header.withUnsafeBytes { try stretches.write($0, at: 0) }
      try stretches.complete(0..<header.count)
      return StretchFetch.Part(remote: $0.remote, kept: stretches, ranges: ranges($0))
    }
    try StretchFetch(parts: parts, folder: kept).run(connections: connections) {
      observer.advanced(bytes: $0, file: $1)
    }
    var tensors: [JSONValue] = []
    for (source, part) in zip(sources, parts) {
      let path = folder.appending(FilePath(source.file.path).components)
      try Folder.create(path.folder)
      let file = try PosixFile.createExclusive(path, isInTheMaking: true)
      // Also of a file that a failure leaves half written.
      defer { try? note(source.file.path) }
      try file.preallocate(source.layout.fileSize)
      try file.write(source.layout.headerBytes, at: 0)
      try HeadFetch.copy(source, from: part.kept, to: file)
      try file.sync()
      file.endMaking()
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
      (
        "proof",
        .string(
          zip(sources, parts).allSatisfy { $1.kept.has(0..<$0.file.size) && $0.file.sha256 != nil }
            ? "every file was read whole, and has its digest"
            : "bytes as served; not checkable against the digests of the files")
      ),
    ])
    try AtomicFile.write(JSONWriter.pretty(record), to: folder.appending(HeadFetch.record))
    try note(HeadFetch.record)
  }

  /// What came of the ranges, in the model's folder of the cache: a fetch that ends badly is gone on with from there.
  private var kept: FilePath {
    FetchPlace.home(repository.name, cache: repository.client.settings.cache).appending(".cambium").appending("ranges")
  }

  /// Writes the tensors of the head to their places.
  private static func copy(_ source: Source, from kept: KeptStretches, to file: PosixFile) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    for entry in source.entries {
      guard let target = source.layout.entries.first(where: { UTF8Name($0.name) == UTF8Name(entry.name) }) else {
        throw HubError.entry(place: "\(source.remote.place): \(entry.name)")
      }
      let (from, to) = (
        source.header.dataStart + entry.begin, source.layout.headerBytes.count + target.begin
      )
      for begin in stride(from: 0, to: entry.byteCount, by: buffer.count) {
        let piece = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, entry.byteCount - begin)])
        try kept.read(into: piece, at: from + begin)
        try file.write(UnsafeRawBufferPointer(piece), at: to + begin)
      }
    }
  }

  /// What is recorded of each tensor, as it is in the file that was written.
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

  /// Compares a folder that is there with what the hub says now.
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
