import Files
import StrictJSON
import SystemPackage
import Threads

/// Fetches a model: what is to be fetched, and then the fetching. A file appears whole, with the digest that the hub says,
/// or not at all.
public final class Fetch: Sendable {
  /// Where the files go.
  public enum Target: Sendable, Equatable {
    /// The cache of the hub's client.
    case cache
    /// A folder.
    case folder(FilePath)
  }

  /// A file that belongs to the fetch.
  public struct Item: Sendable {
    /// The file.
    public let file: HubFile
    /// How much of it is there.
    public let state: State

    /// How much of a file is there.
    public enum State: String, Sendable {
      /// All of it.
      case there
      /// All of it, and not yet under this name.
      case linked
      /// Something of it is missing.
      case missing
    }
  }

  /// What is told while it goes on.
  public protocol Observer: Sendable {
    /// So many bytes came, or are there from an earlier run.
    func advanced(bytes: Int, file: String)
    /// What a person wants to know.
    func note(_ text: String)
  }

  /// The repository at its commit.
  public let repository: HubRepository
  /// Whether the hub could not be asked, and the branch is taken for what it was when it was fetched.
  public let isRemembered: Bool
  /// The files, in byte order.
  public let items: [Item]
  private let place: FetchPlace
  private let settings: HubSettings

  /// How many files that are there are read at a time.
  private static let readers = 4

  /// Asks the hub, and looks at what is there.
  /// - Throws: ``HubError``, `FileError`, `StorageError`.
  public init(
    _ name: HubName, to target: Target, selection: FetchSelection = FetchSelection(), settings: HubSettings
  ) throws {
    self.settings = settings
    let home: FilePath
    switch target {
    case .cache: home = FetchPlace.home(name, cache: settings.cache)
    case .folder(let path):
      try Folder.requireOutsidePackages(path.appending("x"))
      home = path.appending(".cache").appending("huggingface")
    }
    let client = HubClient(settings)
    var remembered: String?
    let repository: HubRepository
    do {
      repository = try HubRepository(name, known: home, client: client)
    } catch let error as HubError where error.isWithoutNetwork {
      remembered = FetchPlace.rememberedCommit(name, home: home)
      guard let remembered else { throw error }
      repository = try HubRepository(name, commit: remembered, known: home, client: client)
    }
    self.repository = repository
    isRemembered = remembered != nil
    let place =
      switch target {
      case .cache: FetchPlace(repository, cache: settings.cache, usesLinks: settings.usesLinks)
      case .folder(let path): FetchPlace(repository, folder: path)
      }
    self.place = place
    try place.requireOwnFolders()
    let files = repository.files.filter { selection.has($0.path) }
    guard !files.isEmpty else {
      throw HubError.nothingToFetch(name: repository.pinned, filters: selection.words)
    }
    // What is there is read, unless it is known to be as it was when it was read.
    items = try Workers.map(count: files.count, threads: Fetch.readers) { index, _ in
      let file = files[index]
      let state: Item.State =
        if try place.has(file) { .there } else if try place.hasContent(file) { .linked } else { .missing }
      return Item(file: file, state: state)
    }
  }

  /// The folder that the model is in, once it is fetched.
  public var folder: FilePath { place.model }

  /// Bytes of all files.
  public var totalBytes: Int { items.reduce(0) { $0 + $1.file.size } }

  /// Bytes of the files that are not there; of some of them a part may be.
  public var missingBytes: Int { missing.reduce(0) { $0 + $1.size } }

  private var missing: [HubFile] { items.filter { $0.state == .missing }.map(\.file) }

  /// The document of `fetch --json`.
  /// - Parameter done: Whether what was missing is there now.
  public func json(done: Bool) -> JSONValue {
    let rows: [JSONValue] = items.map {
      .object([
        ("path", .string($0.file.path)), ("bytes", .int($0.file.size)), ("etag", .string($0.file.etag)),
        ("state", .string(done && $0.state == .missing ? "fetched" : $0.state.rawValue)),
      ])
    }
    return .object([
      ("cambium_fetch", 1), ("repository", .string(repository.name.repository)),
      ("revision", .string(repository.name.revision)), ("commit", .string(repository.commit)),
      ("folder", .string(folder.string)), ("bytes", .int(totalBytes)), ("missing_bytes", .int(missingBytes)),
      ("files", .array(rows)),
    ])
  }

  /// One stretch of a file for one worker.
  private struct Work: Sendable {
    let file: Int
    let pieces: Range<Int>
  }

  /// Fetches what is missing.
  /// - Parameters:
  ///   - connections: How many at a time.
  ///   - observer: Is told.
  /// - Throws: ``HubError``, `StorageError`; what came until then is kept.
  public func run(connections: Int, observer: any Observer) throws {
    for item in items where item.state == .linked {
      try place.link(item.file)
      try place.removeLeftovers(of: item.file)
    }
    let files = missing
    for file in files where try place.isInTheWay(file) {
      observer.note("\(file.path): what the cache has under its digest is another content, and is fetched again")
    }
    try requireSpace(for: files)
    let unkept = UnkeptBytes()
    let open = files.map { OpenFile($0, repository, place, settings, unkept, observer) }
    var work: [Work] = []
    for (number, file) in files.enumerated() {
      let pieces = (file.size + PartialFile.piece - 1) / PartialFile.piece
      for first in stride(from: 0, to: max(1, pieces), by: PartialFile.run) {
        work.append(Work(file: number, pieces: first..<min(max(1, pieces), first + PartialFile.run)))
      }
    }
    let list = work
    defer { for file in open { file.keep() } }
    let isDone = try Workers.forEach(
      count: list.count, threads: connections, stop: { StopSignal.shared.isRequested },
      body: { index, _ in try open[list[index].file].fetch(list[index].pieces) })
    guard isDone else { throw HubError.stopped(place: repository.pinned) }
    try place.finish()
  }

  /// Refuses to begin what the storage cannot hold.
  private func requireSpace(for files: [HubFile]) throws(StorageError) {
    var folder = place.part(files.first ?? repository.files[0]).folder
    while try !Folder.isFolder(folder), folder.lastComponent != nil { folder = folder.folder }
    // What is allocated for a file that was begun counts as used already.
    let needed = files.reduce(0) { $0 + $1.size }
    var allocated = 0
    for file in files { allocated += try linkStatus(place.part(file)).map { Int($0.st_blocks) * 512 } ?? 0 }
    guard let free = try Folder.freeBytes(folder), free < needed - allocated else { return }
    throw .diskFull(path: folder, needed: needed - allocated)
  }
}

/// A file that workers fetch together. It is opened when the first of them comes to it, and put into its place by the last.
private final class OpenFile: Sendable {
  private struct State {
    var partial: PartialFile?
    var left: Int
    /// Whether another process fetched it while this one waited for its turn.
    var isThere = false
  }

  private let file: HubFile
  private let remote: RemoteFile
  private let place: FetchPlace
  private let settings: HubSettings
  private let unkept: UnkeptBytes
  private let observer: any Fetch.Observer
  private let state: Guarded<State>

  init(
    _ file: HubFile, _ repository: HubRepository, _ place: FetchPlace, _ settings: HubSettings,
    _ unkept: UnkeptBytes, _ observer: any Fetch.Observer
  ) {
    self.file = file
    self.place = place
    self.settings = settings
    self.unkept = unkept
    self.observer = observer
    remote = RemoteFile(file, in: repository)
    let pieces = (file.size + PartialFile.piece - 1) / PartialFile.piece
    state = Guarded(State(left: max(1, (pieces + PartialFile.run - 1) / PartialFile.run)))
  }

  func fetch(_ pieces: Range<Int>) throws {
    guard file.size > PartialFile.piece else { return try fetchAtOnce() }
    guard let partial = try opened() else { return }
    for stretch in partial.missing(pieces) {
      var at = stretch.lowerBound
      try remote.stream(stretch) { [file, observer] bytes in
        try partial.write(bytes, at: at)
        at += bytes.count
        observer.advanced(bytes: bytes.count, file: file.path)
      }
    }
    try partial.advanceDigest()
    let isLast = state.withLock { state in
      state.left -= 1
      return state.left == 0
    }
    guard isLast else { return }
    try partial.finish(remote.place)
    state.withLock { $0.partial = nil }
  }

  /// The file, open; nil when there is nothing more to do.
  private func opened() throws -> PartialFile? {
    try state.withLock { state in
      if state.isThere { return nil }
      if let partial = state.partial { return partial }
      let partial = try PartialFile(file, place, unkept: unkept) { settings.pause(200) }
      if try place.hasContent(file) || place.has(file) {
        try place.link(file)
        try partial.close()
        try place.removeLeftovers(of: file)
        state.isThere = true
        observer.advanced(bytes: file.size, file: file.path)
        return nil
      }
      state.partial = partial
      if partial.kept > 0 {
        observer.advanced(bytes: partial.kept, file: file.path)
        observer.note("\(file.path): \(partial.kept) of \(file.size) bytes are here from an earlier run")
      }
      if let discarded = partial.discarded {
        observer.note("\(file.path): \(discarded.bytes) bytes of an earlier run are of no use: \(discarded.reason)")
      }
      return partial
    }
  }

  /// A small file is compared with its digest before anything of it is written.
  private func fetchAtOnce() throws {
    try place.makeFolders(for: file)
    let lock = try FetchLock.take(place.lock(file)) { settings.pause(200) }
    let bytes = file.size == 0 ? [] : try remote.read(0..<file.size)
    var digest = ContentDigest(of: file)
    bytes.withUnsafeBytes { digest.update($0) }
    try digest.require(remote.place)
    try AtomicFile.write(bytes, to: place.part(file))
    try place.publish(file)
    try lock.close()
    observer.advanced(bytes: file.size, file: file.path)
  }

  /// Makes what is complete durable, for the next run, and releases the lock.
  func keep() {
    let partial = state.withLock { state in
      defer { state.partial = nil }
      return state.partial
    }
    try? partial?.keep()
    try? partial?.close()
  }
}
