import Diagnostics
import Files
import Planning
import Streaming
import StrictJSON
import Workspace
import SystemPackage

/// How far a run has come, from its work folder; nothing is written and no weights are read.
public struct WorkStatus: Sendable {
  /// One stage.
  public struct Row: Sendable {
    /// Which stage.
    public let stage: StageName
    /// `done`, `under way` or `to do`.
    public let state: String
    /// How far it is, in words.
    public let detail: String
  }

  /// Absolute path of the work folder.
  public let work: FilePath
  /// The stages in their order.
  public let rows: [Row]
  /// The process that holds the work folder.
  public let holder: String?

  /// - Parameters:
  ///   - work: absolute path of the work folder, which need not be there.
  ///   - units: How many units the quantize stage has in all; nil where that is not known.
  /// - Throws: what reading the work folder throws; what `units` throws.
  init(work: FilePath, units count: () throws -> Int?) throws {
    self.work = work
    guard try Folder.isFolder(work) else {
      rows = StageName.allCases.map { Row(stage: $0, state: "to do", detail: "") }
      holder = nil
      return
    }
    rows = try StageName.allCases.map { stage in
      let folder = work.appending(stage.rawValue)
      guard try Folder.isFolder(folder) else { return Row(stage: stage, state: "to do", detail: "") }
      if let receipt = try WorkStatus.receipt(folder) {
        let bytes = CheckedSum(receipt.outputs.map(\.bytes))
        return Row(
          stage: stage, state: "done",
          detail:
            "\(Fixed.counted(receipt.outputs.count, "file")), \(bytes) bytes, receipt \(receipt.key.hex.prefix(16))")
      }
      let journal = folder.appending(Journal.fileName)
      guard stage == .quantize || stage == .check,
        let bytes = try contentIfThere({ () throws(FileError) in try readSmallFile(journal, limit: 1 << 30) })
      else {
        return Row(stage: stage, state: "to do", detail: "")
      }
      let units = max(0, bytes.count { $0 == UInt8(ascii: "\n") } - 1)
      if stage == .check { return Row(stage: stage, state: "under way", detail: "\(units) decodings kept") }
      let all = try count().map { " of \($0)" } ?? ""
      return Row(stage: stage, state: "under way", detail: "\(units)\(all) units journaled")
    }
    holder = try WorkStatus.holder(of: work)
  }

  /// The receipt of a stage; nil for none, and for a damaged one, whose stage will be done again.
  private static func receipt(_ folder: FilePath) throws -> StageReceipt? {
    do {
      return try StageReceipt.load(folder)
    } catch WorkspaceError.receiptDamaged {
      return nil
    }
  }

  /// Who holds the lock.
  private static func holder(of work: FilePath) throws -> String? {
    guard try work.appending(WorkLock.fileName).exists, let refusal = WorkLock.refusal(folder: work) else { return nil }
    let found = (refusal as? any CambiumError)?.diagnostic.found ?? "another process"
    return found.hasPrefix("held by ") ? String(found.dropFirst("held by ".count)) : found
  }

  /// The lines of `status`.
  public var text: String {
    var lines = TextTable(["stage", "state", "detail"], rows.map { [$0.stage.rawValue, $0.state, $0.detail] }).lines
    lines.append("work folder \(work)" + (holder.map { ", held by \($0)" } ?? ""))
    return lines.joined(separator: "\n")
  }

  /// The document of `status --json`.
  public var json: JSONValue {
    .object([
      ("cambium_status", .int(1)), ("work", .string(work.string)), ("holder", holder.map { .string($0) } ?? .null),
      (
        "stages",
        .array(
          rows.map {
            .object([
              ("stage", .string($0.stage.rawValue)), ("state", .string($0.state)), ("detail", .string($0.detail)),
            ])
          })
      ),
    ])
  }
}
