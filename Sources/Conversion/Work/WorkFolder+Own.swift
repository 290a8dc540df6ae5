import Files
import Planning
import Streaming
import StrictJSON
import SystemPackage
import Workspace

extension WorkFolder {
  /// What a run puts into its work folder.
  private static let names = Set(
    [WorkLock.fileName, "plan.json", "run.log", DigestCache.fileName, WorkFolder.items, WorkFolder.remote]
      + StageName.allCases.map(\.rawValue))

  /// Whether the package stage has its receipt. A damaged one is none; one that cannot be read is an error.
  func hasPublished() throws -> Bool {
    do {
      return try StageReceipt.load(folder(.package)) != nil
    } catch WorkspaceError.receiptDamaged(_, _) {
      return false
    }
  }

  /// Removes what runs put into the folder, and the folder when nothing else is in it. To be called under its lock, which
  /// goes last.
  /// - Parameter weights: The weight files of the run's package: others of the kind are somebody else's.
  /// - Returns: What stays, since no run put it there, relative to the folder.
  func clean(weights: Set<String>) throws -> [String] {
    var kept: [String] = []
    for name in try Folder.entries(path) where WorkFolder.names.contains(name) && name != WorkLock.fileName {
      let entry = path.appending(name)
      guard WorkFolder.isWatched(name) else {
        try Folder.removeTree(entry)
        continue
      }
      let tree = try Folder.tree(entry, atMost: 1 << 20)
      // What a damaged receipt does not vouch for stays.
      let outputs = Set(((try? StageReceipt.load(entry))?.outputs ?? []).map { Array($0.path.utf8) })
      let ours = try tree.filter { found in
        let file = String(decoding: found.name, as: UTF8.self)
        return try outputs.contains(found.name) || WorkFolder.isMade(file, weights)
          || AtomicFile.isUnfinished(entry.appending(bytes: found.name))
      }
      kept += try Folder.removeKnown(entry, ours).map { beneath($0).string }
    }
    try AtomicFile.removeLeftovers(in: path)
    let others = try Folder.entries(path).filter { $0 != WorkLock.fileName && !WorkFolder.isWatched($0) }
    if others.isEmpty && kept.isEmpty { try Folder.removeTree(path) }
    return kept + others
  }

  private func beneath(_ entry: FilePath) -> FilePath {
    var entry = entry
    _ = entry.removePrefix(path)
    return entry
  }

  /// Whether a folder of this name is looked through, since somebody may have put something into it. What is kept of the
  /// hub, and files, go as they are.
  private static func isWatched(_ name: String) -> Bool {
    StageName(rawValue: name) != nil || name == WorkFolder.items
  }

  /// Whether a stage or an item makes a file of this name without an entry in its receipt, or before there is one; or an
  /// attempt of an item its folder.
  private static func isMade(_ file: String, _ weights: Set<String>) -> Bool {
    let name = String(file.split(separator: "/").last ?? "")
    let whole = name.hasSuffix(".partial") ? String(name.dropLast(".partial".count)) : name
    return [StageReceipt.fileName, Journal.fileName, UnitList.fileName, WorkFolder.itemNote, Ownership.fileName]
      .contains(name) || weights.contains(whole) || AttemptFolder.isAttempt(name)
  }

  /// Refuses a folder that holds anything of somebody else's, and no plan of ours: files would be replaced in it.
  /// - Throws: `ConversionError.workForeign(path:found:)`; `StorageError.targetIsLink(path:)` for the folder of a stage, or of
  ///   the work items.
  func requireOwn() throws {
    guard try linkStatus(path) != nil else { return }
    guard try Folder.isFolder(path) else { throw ConversionError.workForeign(path: path, found: "no folder") }
    // Named here: what would fail later are the files behind it, by names that nobody knows.
    for name in StageName.allCases.map(\.rawValue) + [WorkFolder.items]
    where try linkStatus(path.appending(name))?.isLink == true {
      throw StorageError.targetIsLink(path: path.appending(name))
    }
    let names = try Folder.entries(path)
    let foreign = names.filter { !WorkFolder.names.contains($0) && !$0.contains(".cambium-") }
    // A name alone makes no lock: the number of this process is written over what is there.
    let hasLock = names.contains(WorkLock.fileName)
    guard !hasLock || WorkLock.isLock(path.appending(WorkLock.fileName)) else {
      throw ConversionError.workForeign(path: path, found: "a lock that holds no number of a process")
    }
    // Killed before it wrote the plan: only its own names are there, the lock before all.
    if foreign.isEmpty, hasLock { return }
    // Another machine writes the plan at this moment, or ended while it did, and nothing else is there before it.
    let isBegun = try names.allSatisfy { name in
      let entry = path.appending(name)
      // Under its name, or gone, since the names were read.
      return try AtomicFile.isTemporary(entry) || linkStatus(entry) == nil
    }
    if isBegun { return }
    let plan = path.appending("plan.json")
    if let bytes = try contentIfThere({ () throws(FileError) in try readSmallFile(plan, limit: 1 << 30) }),
      let json = try? JSONValue.parse(bytes, file: plan.string), json["cambium_plan"] != nil
    {
      return
    }
    let shown = foreign + names.filter { !foreign.contains($0) }
    throw ConversionError.workForeign(path: path, found: shown.prefix(3).joined(separator: ", "))
  }
}
