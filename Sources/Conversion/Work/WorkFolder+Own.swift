import Files
import Planning
import StrictJSON
import Workspace

extension WorkFolder {
  /// What a run puts into its work folder.
  private static let names = Set(
    ["lock", "plan.json", "run.log", DigestCache.fileName] + StageName.allCases.map(\.rawValue))

  /// Refuses a folder that holds anything of somebody else's, and no plan of ours: files would be replaced in it.
  /// - Throws: `ConversionError.workForeign(path:found:)`.
  func requireOwn() throws {
    guard try linkStatus(path) != nil else { return }
    guard try Folder.isFolder(path) else { throw ConversionError.workForeign(path: path, found: "no folder") }
    let names = try Folder.entries(path)
    let foreign = names.filter { !WorkFolder.names.contains($0) && !$0.contains(".cambium-") }
    // Killed before it wrote the plan: only its own names are there, the lock before all.
    if foreign.isEmpty, names.isEmpty || names.contains("lock") { return }
    let plan = path.appending("plan.json")
    if let bytes = try contentIfThere({ () throws(FileError) in try readSmallFile(plan, limit: 1 << 30) }),
      let json = try? JSONValue.parse(bytes, file: plan.string), json["cambium_plan"] != nil
    {
      return
    }
    throw ConversionError.workForeign(path: path, found: (foreign + names).prefix(3).joined(separator: ", "))
  }
}
