import Digests
import Files
import Planning
import Streaming
import SystemPackage
import Workspace

/// The work items of a plan, all of them done, from which the output of the quantize stage is put together. No weight is copied:
/// a weight file is renamed.
struct FinishedItems {
  let store: ItemStore
  let observer: any RunObserver
  /// Whether the weight files are read and compared with their receipts.
  let isDeep: Bool

  /// Refuses what is not done, and what several builds of the program made.
  /// - Parameters:
  ///   - allowsMix: whether items of several builds pass, with a note.
  ///   - build: SHA-256 of this program; nil when it is not asked for.
  ///   - wait: asked when something is missing, which a file system may only not show yet; false to give up.
  /// - Throws: ``ItemError``.
  func require(allowsMix: Bool, build: SHA256Digest?, wait: () -> Bool) throws {
    var missing = try names { try store.state($0, isDeep: false) }
    while !missing.isEmpty, missing.allSatisfy(\.isMissing), wait() {
      missing = try names { try store.state($0, isDeep: false) }
    }
    if isDeep, missing.isEmpty { missing = try names { try store.state($0, isDeep: true) } }
    let damaged = missing.filter { !$0.isMissing }
    guard damaged.isEmpty else { throw ItemError.damaged(work: store.work.path, items: damaged.map(\.text)) }
    guard missing.isEmpty else { throw ItemError.missing(work: store.work.path, items: missing.map(\.text)) }
    try requireOneBuild(allowsMix: allowsMix, build)
  }

  /// An item that is not done, in words.
  private struct Open {
    let text: String
    let isMissing: Bool
  }

  private func names(_ state: (WorkItem) throws -> ItemState) throws -> [Open] {
    try store.items.compactMap { item in
      let state = try state(item)
      guard let detail = state.detail else { return nil }
      return Open(text: "item \(item.number), \(item.name): \(detail)", isMissing: state.word == "missing")
    }
  }

  private func requireOneBuild(allowsMix: Bool, _ own: SHA256Digest?) throws {
    var builds: [String: [Int]] = [:]
    for item in store.items {
      builds[try ItemNote(in: store.folder(item)).build?.hex ?? "none", default: []].append(item.number)
    }
    if let own { builds[own.hex, default: []] += [] }
    guard builds.count > 1 else { return }
    let words = builds.sorted { $0.key < $1.key }.map { build, items in
      items.isEmpty
        ? "sha256 \(build.prefix(16)) merges"
        : "sha256 \(build.prefix(16)) made \(items.count) items, the first is \(items[0])"
    }
    guard allowsMix else { throw ItemError.mixed(work: store.work.path, builds: words) }
    observer.note("several builds of the program: " + words.joined(separator: "; "))
  }

  /// Takes the stage's receipt away when there are weight files that it does not know: what it vouches for is to be replaced,
  /// perhaps because it is damaged. Under the lock of the work folder.
  func supersede() throws {
    for item in store.items {
      guard let file = store.weights(item), try linkStatus(store.folder(item).appending(file.path)) != nil else {
        continue
      }
      return try Folder.removeTree(store.work.folder(.quantize).appending(StageReceipt.fileName))
    }
  }

  /// Moves the weight files to their stage, and says what is known of every unit.
  /// - Parameter beforePublishing: called before anything is moved.
  /// - Throws: `FileError`; `ConversionError.workFile`, `ConversionError.inputChanged`; what `beforePublishing` throws.
  func merge(beforePublishing: () throws -> Void) throws -> UnitList {
    let shares = try store.items.map { item in
      let share = store.share(item)
      let list = try UnitList(
        path: store.folder(item).appending(UnitList.fileName), share.plan, share.work)
      return (content: item.content, share: share, list: list)
    }
    let list = try UnitList(shares, store.list, store.plan)
    try beforePublishing()
    let folder = store.work.folder(.quantize)
    try WeightStream.finish(folder: folder)
    for item in store.items {
      guard let file = store.weights(item) else { continue }
      let target = folder.appending(file.path)
      // Left by a separate run that was killed.
      try Folder.removeTree(target.appending(suffix: ".partial"))
      try Folder.create(target.folder)
      // Replaced at one instant, and never removed first: a merge on another machine, whose lock this one may not see,
      // does the same, and what it has moved there may be the only copy.
      _ = try Folder.renameReplacing(store.folder(item).appending(file.path), target)
    }
    // The files that an earlier merge has published.
    try store.published.takeBack()
    return list
  }
}
