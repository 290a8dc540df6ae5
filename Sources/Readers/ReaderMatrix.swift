import Checkpoint
import Diagnostics
import Planning
import StrictJSON

/// Every known reader's verdict on a folder.
public struct ReaderMatrix: Sendable {
  /// One reader.
  public struct Row: Sendable {
    /// Which reader.
    public let reader: Reader
    /// What it makes of the folder.
    public let verdict: ReaderVerdict
    /// Whether the manifest requires this reader.
    public let isRequired: Bool
  }

  /// The readers that are known, in their order.
  public let rows: [Row]

  /// - Parameters:
  ///   - view: what of a package a reader looks at.
  ///   - required: names of the readers that the manifest requires.
  public init(_ view: PackageView, required: Set<String> = []) {
    rows = Reader.all.map {
      Row(reader: $0, verdict: $0.verdict(of: view), isRequired: required.contains($0.name))
    }
  }

  /// The verdicts on a model folder or a drafter's folder, from its headers.
  /// - Throws: what opening the folder throws.
  public static func verdicts(of folder: CheckpointFolder, required: Set<String> = []) throws -> ReaderMatrix {
    ReaderMatrix(try PackageView(of: folder), required: required)
  }

  /// The same as ``verdicts(of:required:)``, for a folder that gets a drafter's folder beside it; nil to look for one.
  package static func verdicts(
    of folder: CheckpointFolder, required: Set<String>, drafter: PackageView.Drafter?
  ) throws -> ReaderMatrix {
    ReaderMatrix(try PackageView(of: folder, drafter: drafter), required: required)
  }

  /// The verdicts on what a plan will make.
  package init(of plan: Plan, _ known: KnownFiles, _ resolution: Resolution) throws {
    self.init(try PackageView(plan, known, resolution), required: resolution.requiredReaders)
  }

  /// The row of a reader, by the name that manifests use.
  public subscript(name: String) -> ReaderVerdict? { rows.first { $0.reader.name == name }?.verdict }

  /// `[{"reader", "verdict", "reason"}]`, and `"required": true` where that is so.
  public var json: JSONValue {
    .array(
      rows.map { row in
        .object(
          [
            ("reader", .string(row.reader.name)), ("verdict", .string(row.verdict.word.rawValue)),
            ("reason", .string(row.verdict.reason)),
          ] + (row.isRequired ? [("required", true)] : []))
      })
  }

  /// How many readers say what: `4 load it with head, 5 without`.
  public var summary: String {
    let parts: [(ReaderVerdict.Word, String)] = [
      (.withHead, "load it with head"), (.withoutHead, "load it without head"), (.refuses, "refuse it"),
      (.corrupts, "would corrupt it"),
    ]
    return parts.compactMap { word, text in
      let count = rows.count { $0.verdict.word == word }
      return count == 0 ? nil : "\(count) \(text)"
    }.joined(separator: ", ")
  }

  /// A table for a terminal.
  public var lines: [String] {
    TextTable(
      ["reader", "verdict", "why"],
      rows.map { row in
        [row.reader.name + (row.isRequired ? " *" : ""), row.verdict.word.rawValue, row.verdict.reason]
      }
    ).lines + (rows.contains(where: \.isRequired) ? ["* required by the manifest"] : [])
  }
}
