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

  /// Refuses a folder that holds anything of somebody else's, and no plan of ours: files would be replaced in it.
  /// - Throws: `ConversionError.workForeign(path:found:)`; `StorageError.targetIsLink(path:)` for the folder of a stage, or of
  ///   the work items.
  func requireOwn() throws {
    guard try linkStatus(path) != nil else { return }
    guard try Folder.isFolder(path) else { throw ConversionError.workForeign(path: path, found: "no folder") }
    // The folder is named here: what would fail later are the files beneath it, by names that nobody knows.
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
      // It has its name, or is gone, since the names were read.
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
