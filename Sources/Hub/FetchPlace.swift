import Checkpoint
import Files
import StrictJSON
import SystemPackage

/// Where a repository is fetched to: the cache of the hub's client, in its own layout, or a folder.
///
/// In the cache, a file's content is in `blobs/` under the name of its digest, and `snapshots/COMMIT/` has links to it.
/// A folder has the files themselves, and beneath `.cache/huggingface/download/` of each the commit and the digest. Both
/// are as the client leaves them. What is not whole is in our own folder, `.cambium`, beside them.
struct FetchPlace: Sendable {
  /// The folder of the model.
  let model: FilePath
  private let repository: HubRepository
  /// What was compared with its digest.
  let held: HeldContents
  /// Where the cache has its locks, and of which the folder is the model's; nil for a plain folder.
  let cache: FilePath?
  private let usesLinks: Bool
  /// The folder in the cache that the repository has.
  let home: FilePath

  init(_ repository: HubRepository, cache: FilePath, usesLinks: Bool) {
    self.usesLinks = usesLinks
    self.repository = repository
    self.cache = cache
    home = FetchPlace.home(repository.name, cache: cache)
    model = home.appending("snapshots").appending(repository.commit)
    held = HeldContents(FetchPlace.unfinished(home).appending("held.json"))
  }

  init(_ repository: HubRepository, folder: FilePath) {
    usesLinks = false
    self.repository = repository
    cache = nil
    home = folder.appending(".cache").appending("huggingface")
    model = folder
    held = HeldContents(FetchPlace.unfinished(home).appending("held.json"))
  }

  static func home(_ name: HubName, cache: FilePath) -> FilePath {
    cache.appending("models--" + name.repository.replacing("/", with: "--"))
  }

  /// The list of a commit's files, if the client or we kept it.
  static func knownFiles(_ name: HubName, commit: String, home: FilePath) -> [HubFile]? {
    for path in [clientList(commit, home), ownList(commit, home)] {
      guard let bytes = try? ReadOnlyFile(path: path).readAll(limit: 64 << 20) else { continue }
      if let files = TreeDocument.files(bytes, name) { return files }
    }
    return nil
  }

  /// The commit that a branch meant when it was fetched into the cache, if the list of its files was kept; a folder that
  /// is no cache remembers no branch.
  static func rememberedCommit(_ name: HubName, home: FilePath) -> String? {
    guard let bytes = try? readSmallFile(branch(name, home), limit: 4096),
      let commit = String(validating: bytes, as: UTF8.self), HubName.isCommit(commit),
      knownFiles(name, commit: commit, home: home) != nil
    else { return nil }
    return commit
  }

  /// Where the cache says which commit a branch means.
  private static func branch(_ name: HubName, _ home: FilePath) -> FilePath {
    home.appending("refs").appending(FilePath(name.revision).components)
  }

  /// The client's list of a commit's files. It takes a model that lacks one of them for incomplete.
  private static func clientList(_ commit: String, _ home: FilePath) -> FilePath {
    home.appending("trees").appending("\(commit).json")
  }

  /// The list of a commit of which not every file was wanted.
  private static func ownList(_ commit: String, _ home: FilePath) -> FilePath {
    unfinished(home).appending("tree-\(commit).json")
  }

  /// The place of a file's content.
  func content(_ file: HubFile) -> FilePath {
    cache == nil ? path(file) : home.appending("blobs").appending(file.etag)
  }

  /// Where a reader finds the file.
  func path(_ file: HubFile) -> FilePath { model.appending(FilePath(file.path).components) }

  /// Where a file is while it is not whole. The name has the digest: another content is another file.
  func part(_ file: HubFile) -> FilePath { FetchPlace.unfinished(home).appending("\(file.etag).part") }

  /// What of it is whole.
  func journal(_ file: HubFile) -> FilePath { FetchPlace.unfinished(home).appending("\(file.etag).json") }

  /// Our own folder.
  static func unfinished(_ home: FilePath) -> FilePath { home.appending(".cambium") }

  /// The lock that the client takes of the same file.
  func lock(_ file: HubFile) -> FilePath {
    guard let cache else { return metadata(file, "lock") }
    return cache.appending(".locks").appending(home.name).appending("\(file.etag).lock")
  }

  private func metadata(_ file: HubFile, _ kind: String) -> FilePath {
    home.appending("download").appending(FilePath(file.path).components).appending(suffix: ".\(kind)")
  }

  /// Makes the folders that a file needs.
  func makeFolders(for file: HubFile) throws(StorageError) {
    for folder in [content(file).folder, part(file).folder, lock(file).folder, path(file).folder] {
      try requireNoLinks(to: folder)
      try Folder.create(folder)
    }
  }

  /// The digest that the client or we recorded of a file in a plain folder.
  func recordedTag(_ file: HubFile) throws(FileError) -> String? {
    let bytes = try contentIfThere { () throws(FileError) in
      try ReadOnlyFile(path: metadata(file, "metadata")).readAll(limit: 4096)
    }
    let lines = bytes.map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
    return lines.count >= 2 ? String(lines[1]) : nil
  }

  /// Puts a file that is whole and durable into its place, and lets readers find it.
  func publish(_ file: HubFile) throws {
    do {
      try Folder.renameNoReplace(part(file), content(file))
    } catch StorageError.targetExists {
      try takePlace(file)
    }
    if let open = try ReadOnlyFile.ifThere(content(file)) { held.note(open, heldName(file), file.etag) }
    try Folder.removeTree(journal(file))
    try link(file)
  }

  /// Lets readers find a file whose content is there.
  func link(_ file: HubFile) throws {
    guard cache != nil else { return try record(file) }
    let path = path(file)
    try Folder.create(path.folder)
    let above = file.path.split(separator: "/").count + 1
    var target = FilePath()
    for name in Array(repeating: "..", count: above) + ["blobs", file.etag] { target.append(name) }
    if try linkStatus(path) != nil {
      guard try !has(file) else { return }
      try Folder.removeTree(path)
    }
    // Where there are no links, or none are wanted, a copy; or another process was faster.
    let isLinked = usesLinks && (try? Folder.makeSymbolicLink(at: path, to: target)) != nil
    if try !isLinked && !has(file) { try cloneOrCopy(from: content(file), to: path) }
    try syncFolder(path.folder)
  }

  func record(_ file: HubFile) throws {
    let path = metadata(file, "metadata")
    try requireNoLinks(to: path.folder)
    try Folder.create(path.folder)
    try AtomicFile.write(
      Array("\(repository.commit)\n\(file.etag)\n\(FetchPlace.now)\n".utf8), to: path)
  }

  /// Seconds since 1970: the client compares a file's time with it.
  private static var now: String { FileClock.secondsSince1970 }

  /// Records which commit a branch points to, and the list of files, once everything is there. A cache that cannot be
  /// written, and has everything, does: nothing that is right is written again.
  func finish() throws {
    if FetchPlace.knownFiles(repository.name, commit: repository.commit, home: home) != repository.files {
      let isWhole = try repository.files.allSatisfy { try linkStatus(self.path($0)) != nil }
      let list = (isWhole ? FetchPlace.clientList : FetchPlace.ownList)(repository.commit, home)
      // It spares a request, and is nobody's proof.
      _ = try? Folder.create(list.folder)
      _ = try? AtomicFile.write(TreeDocument.bytes(repository.files), to: list)
    }
    // It spares a reading, and is nobody's proof either.
    try? held.save()
    guard cache != nil, repository.name.commit == nil else { return }
    let path = FetchPlace.branch(repository.name, home)
    let bytes = Array(repository.commit.utf8)
    guard (try? readSmallFile(path, limit: 4096)) != bytes else { return }
    try Folder.create(path.folder)
    try AtomicFile.write(bytes, to: path)
  }

  /// Removes what is left of a file that is there, as of a run that was killed at its end.
  func removeLeftovers(of file: HubFile) throws(StorageError) {
    for path in [part(file), journal(file)] { try Folder.removeTree(path) }
  }
}
