import Diagnostics
import Digests
import Files
import Planning
import Streaming
import StrictJSON
import SystemPackage
import Workspace

/// The finished work items of a work folder, each in its own folder with its receipt. See the page *ManyMachines*.
struct ItemStore: Sendable {
  let work: WorkFolder
  let plan: Plan
  let list: WorkList
  /// Items of the plan, in their order.
  let items: [WorkItem]
  /// What the items' receipts have in common.
  let inputs: [FileRecord]
  /// The state of each weight file that is read, for the items' keys: parts of two states of a source must never be one
  /// package, and no machine reads what the others have read.
  private let sources: JSONValue
  /// Where the weights of a merged item are that the stage has handed over.
  let published: PublishedWeights

  init(
    _ work: WorkFolder, _ plan: Plan, _ list: WorkList, _ items: [WorkItem], _ inputs: RunInputs, _ package: FilePath
  )
    throws
  {
    self.work = work
    self.plan = plan
    self.list = list
    self.items = items
    self.inputs = try inputs.headerRecords() + inputs.records { $0.shard == nil }
    sources = .array(
      inputs.files.compactMap { file in
        // What the hub has under a commit does not change.
        guard let shard = file.shard?.file, !shard.isElsewhere else { return nil }
        return .array([.string(file.name), .int(shard.identity.size), .int(shard.identity.modified)])
      })
    published = PublishedWeights(plan: plan, folder: work, package: package)
  }

  /// The folder that the items' folders are in.
  var path: FilePath { work.path.appending(WorkFolder.items) }

  /// The folder of a finished item.
  func folder(_ item: WorkItem) -> FilePath { path.appending(ItemStore.name(item)) }

  /// Five digits, or more where there are more items.
  static func name(_ item: WorkItem) -> String {
    let digits = String(item.number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// Whether a folder's name may be that of a finished item.
  static func isName(_ name: String) -> Bool {
    name.utf8.count >= 5 && name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// The weight file of an item; nil for what is left of a shard.
  func weights(_ item: WorkItem) -> PlannedWeights? {
    guard case .weights(let number) = item.content else { return nil }
    return plan.weights[number]
  }

  func share(_ item: WorkItem) -> WorkShare { WorkShare(item.content, of: list, plan) }

  // MARK: receipts

  private func parameters(_ item: WorkItem) -> JSONValue {
    .object([
      ("plan_sha256", .string(plan.digest.hex)), ("item", .int(item.number)),
      ("leaf_bytes", .int(TreeDigest.leafBytes)), ("page_bytes", .int(TreeDigest.pageBytes)), ("sources", sources),
    ])
  }

  private static let stage = "item"
  private static let version = StageName.quantize.version

  /// What the receipt of an item that is of use here has for its key.
  func key(_ item: WorkItem) -> SHA256Digest {
    StageReceipt.key(
      stage: ItemStore.stage, version: ItemStore.version, tool: Tool.name, parameters: parameters(item), inputs: inputs)
  }

  func receipt(_ item: WorkItem, outputs: [FileRecord]) throws -> StageReceipt {
    try StageReceipt(
      stage: ItemStore.stage, version: ItemStore.version, tool: Tool.name, parameters: parameters(item), inputs: inputs,
      outputs: outputs)
  }

  private func outputPaths(_ item: WorkItem) -> Set<String> {
    Set([ItemNote.fileName, UnitList.fileName] + (weights(item).map { [$0.path] } ?? []))
  }

  // MARK: state

  /// Whether an item is done.
  /// - Parameter isDeep: whether its weight file is read; its other files always are.
  func state(_ item: WorkItem, isDeep: Bool) throws -> ItemState {
    do {
      return try found(item, isDeep: isDeep)
    } catch FileError.missing(let path) where path.starts(with: self.path) {
      // Another machine replaces it, or merges, at this moment.
      return .missing("is being replaced")
    }
  }

  private func found(_ item: WorkItem, isDeep: Bool) throws -> ItemState {
    let folder = folder(item)
    guard try Folder.isFolder(folder) else { return .missing("is not there") }
    do {
      guard let receipt = try StageReceipt.load(folder) else { return .missing("has no receipt") }
      guard receipt.key == key(item) else {
        return .missing("is of another plan, of other inputs or of another version")
      }
      guard Set(receipt.outputs.map(\.path)) == outputPaths(item) else {
        return .damaged("\(StageReceipt.fileName) does not name the files of the item")
      }
      try receipt.checkOutputs(
        in: folder, digests: DigestCache(folder: folder, alwaysRehash: true),
        digest: { try digest($0, item, at: $1, isDeep: isDeep) }, elsewhere: { try place($0, item) })
      return .done
    } catch WorkspaceError.receiptDamaged(_, let reason) {
      return .damaged("\(StageReceipt.fileName): \(reason)")
    } catch FileError.notRegular(let path, let found) where path.starts(with: folder) {
      // A link, or a folder: nobody here made it, and to do the item again puts a file in its place.
      return .damaged("\(path.name) is \(found)")
    } catch FileError.tooLarge(let path, _, _) where path.starts(with: folder) {
      return .damaged("\(path.name) is larger than any that is written")
    } catch WorkspaceError.outputMismatch(let path, let expected, let found) {
      return found == "nothing"
        ? .missing("\(path) is gone") : .damaged("\(path): expected \(expected), found \(found)")
    }
  }

  /// A weight file is known by its units, as that of the stage.
  private func digest(_ output: FileRecord, _ item: WorkItem, at path: FilePath, isDeep: Bool) throws -> SHA256Digest? {
    guard case .weights(let number) = item.content, output.path == plan.weights[number].path else { return nil }
    guard isDeep else { return output.sha256 }
    let share = share(item)
    return try WeightSpans(share.work, share.plan)
      .digest(file: 0, headerBytes: plan.weights[number].header.count, readFrom: path)
  }

  /// Where the weight file of a merged item is.
  private func place(_ output: FileRecord, _ item: WorkItem) throws -> FilePath? {
    guard let file = weights(item), output.path == file.path, try linkStatus(folder(item).appending(file.path)) == nil
    else { return nil }
    let merged = work.folder(.quantize).appending(file.path)
    if try linkStatus(merged) != nil { return merged }
    let package = published.package.appending(file.path)
    return try linkStatus(package) != nil ? package : nil
  }
}

/// What a look at an item says.
enum ItemState: Sendable, Equatable {
  /// Its receipt and its files are there.
  case done
  /// It has to be done, and why.
  case missing(String)
  /// It has to be done again, and why.
  case damaged(String)

  var word: String {
    switch self {
    case .done: "done"
    case .missing: "missing"
    case .damaged: "damaged"
    }
  }

  var detail: String? {
    switch self {
    case .done: nil
    case .missing(let reason), .damaged(let reason): reason
    }
  }
}

/// `item.json`: which program made an item.
struct ItemNote: Sendable {
  static let fileName = WorkFolder.itemNote

  /// SHA-256 of the program; nil where it was not asked for.
  let build: SHA256Digest?

  init(build: SHA256Digest?) { self.build = build }

  /// - Throws: `FileError`; `ConversionError.workFile(file:expected:found:)`, which names the field.
  init(in folder: FilePath) throws {
    build = try WorkDocument.read(folder.appending(ItemNote.fileName)) { fields in
      try fields.require("cambium_item", 1)
      try fields.refuseUnknown(["cambium_item", "build_sha256"])
      return fields["build_sha256"] == .null ? nil : try fields.sha256("build_sha256")
    }
  }

  var json: JSONValue {
    .object([("cambium_item", 1), ("build_sha256", build.map { .string($0.hex) } ?? .null)])
  }
}
