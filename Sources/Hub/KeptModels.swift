import Files
import StrictJSON
import SystemPackage

/// What runs keep of models that stay on the hub, in a folder: see ``RemoteModel``.
public enum KeptModels {
  /// What in such a folder is as it was kept: lists of files, small files that have the digest of their list, and stretches of
  /// shards with their own list. Everything else is somebody's.
  /// - Throws: `StorageError`, `FileError`.
  public static func entries(in folder: FilePath) throws -> [Folder.Entry] {
    let all = try Folder.tree(folder, atMost: 1 << 20)
    var models: [String: KeptModel] = [:]
    return try all.filter { entry in
      guard let text = String(validating: entry.name, as: UTF8.self) else { return false }
      let names = text.split(separator: "/").map(String.init)
      guard let home = names.first, let name = KeptModels.name(home) else { return false }
      let model = try models[home] ?? KeptModel(folder.appending(home), name)
      models[home] = model
      return try model.isOwn(Array(names.dropFirst()), entry.identity)
    }
  }

  /// The model whose folder has a name.
  private static func name(_ home: String) -> HubName? {
    let prefix = "models--"
    guard home.hasPrefix(prefix) else { return nil }
    // No name of the hub has two of them in a row.
    return try? HubName("hub:" + home.dropFirst(prefix.count).replacing("--", with: "/"))
  }
}

/// What is kept of one model.
private struct KeptModel {
  private let home: FilePath
  /// The files of each commit whose list is here.
  private let commits: [String: [HubFile]]

  init(_ home: FilePath, _ name: HubName) throws {
    self.home = home
    let trees = home.appending("trees")
    var commits: [String: [HubFile]] = [:]
    for entry in try linkStatus(trees)?.isFolder == true ? Folder.entries(trees) : [] {
      guard let commit = KeptModel.stem(entry, ".json"), HubName.isCommit(commit) else { continue }
      let path = trees.appending(entry)
      let bytes = try contentIfThere { () throws(FileError) in try readSmallFile(path, limit: 64 << 20) }
      if let files = bytes.flatMap({ TreeDocument.files($0, name) }) { commits[commit] = files }
    }
    self.commits = commits
  }

  /// - Parameters:
  ///   - names: The names on the way to it, beneath the model's folder.
  ///   - identity: Nil for what is no file.
  func isOwn(_ names: [String], _ identity: FileIdentity?) throws -> Bool {
    let path = names.reduce(home) { $0.appending($1) }
    guard let identity else {
      let isFolder = try linkStatus(path)?.isFolder == true
      return isFolder && isOwnFolder(names)
    }
    guard names.count > 1, let file = names.last else { return false }
    if AtomicFile.isTemporary(path) { return true }
    switch names[0] {
    case "trees":
      guard names.count == 2, let commit = KeptModel.stem(file, ".json") else { return false }
      return commits[commit] != nil
    case "snapshots":
      guard names.count > 2 else { return false }
      let name = names[2...].joined(separator: "/")
      let listed = commits[names[1]]?.first { UTF8Name($0.path) == UTF8Name(name) }
      guard let listed, listed.size == identity.size else { return false }
      return try hasContent(path, of: listed)
    case "ranges": return try names.count == 2 && isStretches(file, identity.size)
    default: return false
    }
  }

  /// A folder that is left with nothing in it.
  private func isOwnFolder(_ names: [String]) -> Bool {
    guard let first = names.first else { return true }
    guard ["trees", "snapshots", "ranges"].contains(first) else { return false }
    return names.count == 1 || (names.count == 2 && first == "snapshots" && HubName.isCommit(names[1]))
  }

  private func hasContent(_ path: FilePath, of file: HubFile) throws -> Bool {
    var digest = ContentDigest(of: file)
    try ReadOnlyFile(path: path, followLinks: false).forEachPiece { digest.update($0) }
    return (try? digest.require("")) != nil
  }

  /// Stretches of a shard, or the list of what is whole of them.
  private func isStretches(_ file: String, _ size: Int) throws -> Bool {
    let isList = KeptModel.stem(file, ".json") != nil
    guard let etag = KeptModel.stem(file, ".json") ?? KeptModel.stem(file, ".ranges") else { return false }
    let list = home.appending("ranges").appending("\(etag).json")
    let bytes = try contentIfThere { () throws(FileError) in try readSmallFile(list, limit: 64 << 20) }
    let value = bytes.flatMap { try? JSONValue.parse($0, file: list.string) }
    if value?["cambium_ranges"]?.intValue == 1, value?["etag"]?.stringValue == etag {
      return isList || value?["size"]?.intValue == size
    }
    return !isList && commits.values.joined().contains { $0.etag == etag && $0.size == size }
  }

  /// A name without its ending; nil for one that ends otherwise.
  private static func stem(_ name: String, _ ending: String) -> String? {
    name.utf8.count > ending.utf8.count && name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : nil
  }
}
