import Checkpoint
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
  private let shards: [Shard]
  private let foresight: Foresight

  /// Files that a look reads whole; of all others the names are enough.
  private static let small = ["config.json", "model.safetensors.index.json", "README.md", "mtp/manifest.json"]
  private static let mostSmallBytes = 96 << 20

  /// Reads small files and all headers.
  /// - Parameters:
  ///   - name: Of the model.
  ///   - settings: Where the hub is.
  ///   - environment: Of which `TMPDIR` says where the small files lie meanwhile.
  ///   - connections: How many at a time.
  ///   - isHasty: Whether a hub that does not answer is given up at once, because the cache has something.
  ///   - isHere: Whether the model is on this machine at a commit, so that nothing more is to be asked.
  /// - Returns: nil when it is.
  /// - Throws: ``HubError``, `SafetensorsError`, `StorageError`.
  public init?(
    _ name: HubName, settings: HubSettings, environment: [String: String], connections: Int = 8,
    isHasty: Bool = false, isHere: (_ commit: String) -> Bool = { _ in false }
  ) throws {
    let home = FetchPlace.home(name, cache: settings.cache)
    let client = HubClient(settings)
    let commit = try name.commit ?? HubRepository.commit(of: name, isHasty ? HubClient(settings.hasty) : client)
    guard !isHere(commit) else { return nil }
    let repository = try HubRepository(name, commit: commit, known: home, client: client)
    self.repository = repository
    temporary = try TemporaryFolder(environment)
    // As in the cache: messages then say which model a path belongs to.
    let folder = FetchPlace.home(name, cache: temporary.path).appending("snapshots").appending(repository.commit)
    self.folder = folder
    try Folder.create(folder)
    try RemoteModel.fetchSmallFiles(repository, to: folder, connections)
    let foresight = Foresight()
    self.foresight = foresight
    let files = repository.files.filter { RemoteModel.isShard($0.path) }
    shards = try Workers.map(count: files.count, threads: connections) { index, _ in
      let remote = RemoteFile(files[index], in: repository)
      let bytes = RemoteShard(remote) { [weak foresight] in foresight?.read() }
      do {
        return Shard(name: files[index].path, bytes: bytes, file: try SafetensorsFile(reading: bytes))
      } catch FileError.elsewhere(let error) {
        throw error
      }
    }
    foresight.plan(shards.map { ($0.bytes, RemoteModel.norms($0.file)) }, connections)
  }

  package var names: [String] { repository.files.map(\.path) }

  package func shard(_ name: String) throws -> SafetensorsFile {
    guard let shard = shards.first(where: { $0.name == name }) else {
      throw HubError.entry(place: "\(repository.pinned)/\(name)")
    }
    return shard.file
  }

  /// Digest of everything before a shard's data.
  func headerDigest(_ name: String) throws -> SHA256Digest {
    guard let shard = shards.first(where: { $0.name == name }) else {
      throw HubError.entry(place: "\(repository.pinned)/\(name)")
    }
    // Read already, and kept.
    return SHA256Digest.of(try shard.bytes.readBytes(count: shard.file.header.dataStart, at: 0))
  }

  package func statedDigest(_ name: String) -> String? { repository[name]?.sha256 }

  /// The model as any other is opened.
  /// - Throws: `CheckpointError`, `SafetensorsError`, `JSONError`, `FileError`.
  package func open() throws -> CheckpointFolder {
    let reference = (try? HubReference(repository.pinned)).map { ModelReference.hub($0) } ?? .folder(folder)
    return try CheckpointFolder(reference, elsewhere: self)
  }

  /// In the model's own folder, or in `mtp` below it.
  private static func isShard(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    return path.hasSuffix(".safetensors") && (parts.count == 1 || parts.count == 2 && parts[0] == "mtp")
      && !path.hasPrefix(".")
  }

  private static func fetchSmallFiles(_ repository: HubRepository, to folder: FilePath, _ connections: Int) throws {
    let files = repository.files.filter { small.contains($0.path) }
    for file in files where file.size > mostSmallBytes {
      throw HubError.tooLarge(place: "\(repository.pinned)/\(file.path)", limit: mostSmallBytes)
    }
    _ = try Workers.forEach(count: files.count, threads: connections) { index, _ in
      let file = files[index]
      let remote = RemoteFile(file, in: repository)
      let bytes = file.size == 0 ? [] : try remote.read(0..<file.size)
      var digest = ContentDigest(of: file)
      bytes.withUnsafeBytes { digest.update($0) }
      try digest.require(remote.place)
      let path = folder.appending(FilePath(file.path).components)
      try Folder.create(path.folder)
      try AtomicFile.write(bytes, to: path)
    }
  }

  /// Where the norms lie by which a head is held against its trunk: hundreds of short stretches in a large model.
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
