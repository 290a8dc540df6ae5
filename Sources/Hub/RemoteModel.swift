import Checkpoint
import Diagnostics
import Digests
import Files
import Safetensors
import SystemPackage
import Threads

/// A model of the hub, looked at without fetching it: small files whole, of the weights the headers and what is asked for.
public final class RemoteModel: ModelElsewhere {
  /// The repository at its commit.
  public let repository: HubRepository
  package let folder: FilePath
  private let temporary: TemporaryFolder
  private struct Shard: Sendable {
    let name: String
    let bytes: RemoteShard
    let file: SafetensorsFile
  }
  private let files: [HubFile]
  /// The shards that are open, by name.
  private let opened = Guarded<[String: Shard]>([:])
  private let foresight: Foresight
  private let extent: Extent
  private let earlierRanges: FilePath?

  /// What of a model is read whole when it is opened.
  public enum Extent: Sendable {
    /// What a look at it tells of; of all other files the names are enough.
    case look
    /// What travels into a package, too: tokenizer, template, licence.
    case source
    /// The same as for a look; headers are read when they are asked for.
    case head
  }

  /// Where the small files, the headers and the head are kept; nil before ``keep(in:)``.
  private let kept = Guarded<FilePath?>(nil)
  private let connections: Int

  private static let small = [
    "config.json", "model.safetensors.index.json", "README.md", "mtp/manifest.json",
    "hf_quant_config.json",
  ]

  private static func isSmall(_ path: String, _ extent: Extent) -> Bool {
    small.contains(path) || extent == .source && !path.contains("/") && Sidecars.isCopied(path)
  }
  private static let mostSmallBytes = 96 << 20

  /// Reads small files and, unless the head alone is looked for, all headers.
  /// - Parameters:
  ///   - name: The name of the model.
  ///   - settings: Where the hub is.
  ///   - environment: The environment, whose `TMPDIR` says where the small files are meanwhile.
  ///   - connections: How many at a time.
  ///   - extent: What is read whole.
  ///   - keptIn: A folder in which an earlier process kept what it read, see ``keep(in:)``; it may not be there.
  ///   - isHasty: Whether a hub that does not answer is abandoned at once, because the cache has something.
  ///   - isHere: Whether the model is on this machine at a commit, so that nothing more is to be asked.
  /// - Returns: nil when it is.
  /// - Throws: ``HubError``, `SafetensorsError`, `StorageError`.
  public init?(
    _ name: HubName, settings: HubSettings, environment: [String: String], connections: Int = 8,
    extent: Extent = .look, keptIn: FilePath? = nil, isHasty: Bool = false,
    isHere: (_ commit: String) -> Bool = { _ in false }
  ) throws {
    let home = FetchPlace.home(name, cache: settings.cache)
    let client = HubClient(settings)
    let commit = try name.commit ?? HubRepository.commit(of: name, isHasty ? HubClient(settings.hasty) : client)
    guard !isHere(commit) else { return nil }
    let earlier = keptIn.map { FetchPlace.home(name, cache: $0) }
    let isKept = earlier.map { FetchPlace.knownFiles(name, commit: commit, home: $0) != nil } ?? false
    let repository = try HubRepository(
      name, commit: commit, known: isKept ? earlier ?? home : home, client: client)
    self.repository = repository
    self.connections = connections
    self.extent = extent
    temporary = try TemporaryFolder(environment)
    // The path is as in the cache: messages then say which model it belongs to.
    let folder = FetchPlace.home(name, cache: temporary.path).appending("snapshots").appending(repository.commit)
    self.folder = folder
    try Folder.create(folder)
    try RemoteModel.fetchSmallFiles(
      repository.files.filter { RemoteModel.isSmall($0.path, extent) }, repository, to: folder,
      earlier: earlier?.appending("snapshots").appending(repository.commit), connections)
    let foresight = Foresight()
    self.foresight = foresight
    earlierRanges = earlier?.appending("ranges")
    files = repository.files.filter { RemoteModel.isShard($0.path) }
    if extent != .head { try openShards(files.map(\.path)) }
  }

  /// Reads headers, several at a time.
  private func openShards(_ names: [String]) throws {
    let wanted = files.filter { file in names.contains(file.path) && opened.withLock { $0[file.path] == nil } }
    let made = try Workers.map(count: wanted.count, threads: connections) { [self] index, _ in
      let file = wanted[index]
      let stretches = try earlierRanges.flatMap { try KeptStretches.opened($0, file) }
      let bytes = RemoteShard(RemoteFile(file, in: repository), kept: stretches) { [weak foresight = self.foresight] in
        foresight?.read()
      }
      do {
        return Shard(name: file.path, bytes: bytes, file: try SafetensorsFile(reading: bytes))
      } catch FileError.elsewhere(let error) {
        throw error
      }
    }
    let all = opened.withLock { opened in
      for shard in made { opened[shard.name] = shard }
      return files.compactMap { opened[$0.path] }
    }
    foresight.plan(all.map { ($0.bytes, RemoteModel.norms($0.file)) }, connections)
  }

  /// What of a head the model has, by the headers that tell of it. The model is opened for its head alone.
  /// - Throws: `CheckpointError`, `JSONError`, `SafetensorsError`, ``HubError``.
  package func lookForHead() throws -> HeadLook {
    try HeadLook(self) { names in
      try openShards(names)
      return try names.map { try shard($0) }
    }
  }

  package var names: [String] { repository.files.map(\.path) }

  package func shard(_ name: String) throws -> SafetensorsFile {
    try open(name).file
  }

  private func open(_ name: String) throws -> Shard {
    if let shard = opened.withLock({ $0[name] }) { return shard }
    try openShards([name])
    guard let shard = opened.withLock({ $0[name] }) else {
      throw HubError.entry(place: "\(repository.pinned)/\(name)")
    }
    return shard
  }

  /// Digest of everything before a shard's data.
  func headerDigest(_ name: String) throws -> SHA256Digest {
    SHA256Digest.of(try headerBytes(name))
  }

  /// Everything before a shard's data, which was read already.
  func headerBytes(_ name: String) throws -> [UInt8] {
    let shard = try open(name)
    return try shard.bytes.readBytes(count: shard.file.header.dataStart, at: 0)
  }

  package func statedDigest(_ name: String) -> String? { repository[name]?.sha256 }

  package var commit: String { repository.commit }

  package var totalBytes: Int { CheckedSum.clamped(repository.files.map(\.size)) }

  /// Keeps the list, the small files, and of the shards what was read, laid out as in the cache, with `ranges/` for the
  /// last. A second folder is not filled: what a run reads goes to the first.
  package func keep(in folder: FilePath) throws {
    guard kept.withLock({ $0 }) == nil else { return }
    let home = FetchPlace.home(repository.name, cache: folder)
    let snapshot = home.appending("snapshots").appending(commit)
    // A folder that has all of it already is left as it is.
    for file in repository.files
    where RemoteModel.isSmall(file.path, extent) && RemoteModel.kept(file, in: snapshot) == nil {
      let path = snapshot.appending(FilePath(file.path).components)
      try Folder.create(path.folder)
      let bytes = try ReadOnlyFile(path: self.folder.appending(FilePath(file.path).components)).readAll(
        limit: RemoteModel.mostSmallBytes)
      try AtomicFile.removeAbandoned(of: path)
      try AtomicFile.write(bytes, to: path)
    }
    for shard in opened.withLock({ $0.values.sorted { $0.name < $1.name } }) {
      _ = try shard.bytes.keep(in: home.appending("ranges"))
    }
    // Last: with it, nothing else is asked for.
    let list = home.appending("trees").appending("\(commit).json")
    try Folder.create(list.folder)
    try AtomicFile.removeAbandoned(of: list)
    if FetchPlace.knownFiles(repository.name, commit: commit, home: home) != repository.files {
      try AtomicFile.write(TreeDocument.bytes(repository.files), to: list)
    }
    kept.withLock { $0 = home }
  }

  package func fetch(
    _ stretches: [(shard: String, ranges: [Range<Int>])], advanced: @escaping @Sendable (_ bytes: Int, String) -> Void
  ) throws {
    guard let home = kept.withLock({ $0 }) else {
      throw HubError.unforeseen(reason: "what is fetched of \(repository.pinned) has no place")
    }
    let folder = home.appending("ranges")
    let parts = try stretches.map { stretch in
      let shard = try open(stretch.shard)
      return StretchFetch.Part(
        remote: shard.bytes.remote, kept: try shard.bytes.keep(in: folder), ranges: stretch.ranges)
    }
    try StretchFetch(parts: parts, folder: folder).run(connections: connections, advanced: advanced)
  }

  /// The model as any other is opened.
  /// - Throws: `CheckpointError`, `SafetensorsError`, `JSONError`, `FileError`.
  package func open() throws -> CheckpointFolder {
    let reference = (try? HubReference(repository.pinned)).map { ModelReference.hub($0) } ?? .folder(folder)
    return try CheckpointFolder(reference, elsewhere: self)
  }

  /// Whether it is in the model's own folder, or in `mtp` below it.
  private static func isShard(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    return path.hasSuffix(".safetensors") && (parts.count == 1 || parts.count == 2 && parts[0] == "mtp")
      && !path.hasPrefix(".")
  }

  /// - Parameter earlier: Where an earlier process kept them.
  private static func fetchSmallFiles(
    _ files: [HubFile], _ repository: HubRepository, to folder: FilePath, earlier: FilePath?, _ connections: Int
  ) throws {
    for file in files where file.size > mostSmallBytes {
      throw HubError.tooLarge(place: "\(repository.pinned)/\(file.path)", limit: mostSmallBytes)
    }
    _ = try Workers.forEach(count: files.count, threads: connections) { index, _ in
      let file = files[index]
      let remote = RemoteFile(file, in: repository)
      let bytes: [UInt8]
      if let known = RemoteModel.kept(file, in: earlier) {
        bytes = known
      } else {
        bytes = file.size == 0 ? [] : try remote.read(0..<file.size)
        var digest = ContentDigest(of: file)
        bytes.withUnsafeBytes { digest.update($0) }
        try digest.require(remote.place)
      }
      let path = folder.appending(FilePath(file.path).components)
      try Folder.create(path.folder)
      try AtomicFile.write(bytes, to: path)
    }
  }

  /// A file as it was kept; nil when it is not there, or is not the one of the list any more.
  private static func kept(_ file: HubFile, in folder: FilePath?) -> [UInt8]? {
    guard let path = folder?.appending(FilePath(file.path).components),
      let bytes = try? ReadOnlyFile(path: path).readAll(limit: mostSmallBytes)
    else { return nil }
    var digest = ContentDigest(of: file)
    bytes.withUnsafeBytes { digest.update($0) }
    return (try? digest.require("")) == nil ? nil : bytes
  }

  /// Where the norms are with which a head is compared with its trunk: hundreds of short stretches in a large model.
  private static func norms(_ file: SafetensorsFile) -> [Range<Int>] {
    file.header.tensors.compactMap { entry in
      guard entry.shape.count == 1, entry.byteCount > 0, entry.byteCount <= RemoteShard.shortBytes,
        entry.name.hasSuffix("norm.weight"), !entry.name.contains(".linear_attn.")
      else { return nil }
      return file.header.dataStart + entry.begin..<file.header.dataStart + entry.end
    }
  }
}

/// Stretches that will be asked for one after the other, read together when the first is: each alone would take the time
/// that an answer needs.
private final class Foresight: Sendable {
  private struct Plan: Sendable {
    var stretches: [(shard: RemoteShard, ranges: [Range<Int>])] = []
    var connections = 1
  }
  private let plan = Guarded<Plan>(Plan())

  func plan(_ stretches: [(shard: RemoteShard, ranges: [Range<Int>])], _ connections: Int) {
    plan.withLock { $0 = Plan(stretches: stretches, connections: connections) }
  }

  /// Reads all of them, once. What fails here is asked for again by whoever needs it, who says why.
  func read() {
    let plan = plan.withLock { plan in
      defer { plan = Plan() }
      return plan
    }
    let stretches = plan.stretches.filter { !$0.ranges.isEmpty }
    _ = try? Workers.forEach(count: stretches.count, threads: plan.connections) { index, _ in
      try stretches[index].shard.foreread(stretches[index].ranges)
    }
  }
}
