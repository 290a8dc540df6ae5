import Planning
import Streaming
import Threads
import SystemPackage

/// What the quantize stage learned of units and weight files: kept when this run did it, else read from `units.json`.
final class FinishedUnits: Sendable {
  private let path: FilePath
  private let plan: Plan
  private let work: WorkList
  private let known = Guarded<UnitList?>(nil)

  init(_ folder: WorkFolder, _ plan: Plan, _ work: WorkList) {
    path = folder.folder(.quantize).appending(UnitList.fileName)
    self.plan = plan
    self.work = work
  }

  func remember(_ list: UnitList) { known.withLock { $0 = list } }

  /// - Throws: what reading `units.json` throws.
  func list() throws -> UnitList {
    if let known = known.withLock({ $0 }) { return known }
    let list = try UnitList(path: path, plan, work)
    remember(list)
    return list
  }
}
