import Files
import Planning
import SystemPackage
import Workspace

extension Run {
  /// Removes the work folder of a run that has published its package.
  /// - Parameter isUnfinished: Whether the work of a run that has not may go, too.
  /// - Returns: What stays in it, since no run made it; nil when there is no work folder.
  /// - Throws: `ConversionError.workUnfinished(path:)`; `WorkspaceError.locked` while a run has it.
  public func clean(unfinished isUnfinished: Bool) throws -> [String]? {
    guard try linkStatus(work) != nil else { return nil }
    let folder = WorkFolder(path: work)
    try folder.requireOwn()
    let lock = try WorkLock(folder: work)
    defer { lock.release() }
    guard try isUnfinished || folder.hasPublished() else { throw ConversionError.workUnfinished(path: work) }
    let targets = try andBeside()
    let weights = targets.flatMap { $0.plan.weights.map { FilePath($0.path).name } }
    return try folder.clean(weights: Set(weights))
  }
}
