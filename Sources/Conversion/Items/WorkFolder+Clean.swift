import Files
import SystemPackage
import Workspace

extension WorkFolder {
  /// Removes what runs put into the folder, each file known by its name and by what is in it, and the folder when nothing else
  /// is in it. To be called under its lock, which goes last.
  /// - Parameter remote: What in a folder was kept of models of the hub.
  /// - Returns: What stays, since no run put it there, relative to the folder.
  /// - Throws: `StorageError`, `FileError`; what `remote` throws.
  func clean(remote: (FilePath) throws -> [Folder.Entry]) throws -> [String] {
    // A check that was killed leaves the copy of the source: a work folder in that of the check.
    let copy = WorkFolder(path: folder(.check).appending(WorkFolder.sourceCopy))
    if try linkStatus(copy.path)?.isFolder == true { _ = try copy.clean(remote: remote) }
    var files = try OwnFiles(path)
    var known: [Folder.Entry] = []
    for entry in try Folder.tree(path, atMost: WorkFolder.mostFiles) {
      let parts = entry.name.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first.flatMap({ String(validating: $0, as: UTF8.self) }) else { continue }
      if parts.count == 1 {
        let isEmptyFolder = try entry.identity == nil && linkStatus(path.appending(name))?.isFolder == true
        let isOwn = try isEmptyFolder ? WorkFolder.folders.contains(name) : isOwnFile(name, files)
        if isOwn { known.append(entry) }
      } else if WorkFolder.folders.contains(name), name != WorkFolder.remote {
        // The folder itself, so that what stays in it is named and not the folder alone.
        known.append(Folder.Entry(name: Array(name.utf8), identity: nil))
        let beneath = Folder.Entry(name: Array(parts[1]), identity: entry.identity)
        if try files.isOwn(beneath, in: name) { known.append(entry) }
      }
    }
    let kept = path.appending(WorkFolder.remote)
    if try linkStatus(kept)?.isFolder == true {
      known.append(Folder.Entry(name: Array(WorkFolder.remote.utf8), identity: nil))
      known += try remote(kept).map {
        Folder.Entry(name: Array(WorkFolder.remote.utf8) + [UInt8(ascii: "/")] + $0.name, identity: $0.identity)
      }
    }
    let left = try Folder.removeKnown(path, known, last: WorkLock.fileName)
    return left.map(beneath).filter { $0 != WorkLock.fileName }
  }

  /// Files that are looked at: a work folder has a few for each work item.
  private static let mostFiles = 1 << 20

  /// The folders that runs make in it.
  private static let folders = Set(StageName.allCases.map(\.rawValue) + [WorkFolder.items, WorkFolder.remote])

  private func isOwnFile(_ name: String, _ files: OwnFiles) throws -> Bool {
    try name == WorkLock.fileName ? WorkLock.isLock(path.appending(name)) : files.isOwn(file: name)
  }

  private func beneath(_ entry: FilePath) -> String {
    var entry = entry
    _ = entry.removePrefix(path)
    return entry.string
  }
}
