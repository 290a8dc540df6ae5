import Checkpoint
import StrictJSON

/// Every known reader's verdict on a folder.
public struct ReaderMatrix: Sendable {
  public struct Row: Sendable {
    public let reader: Reader
    public let verdict: ReaderVerdict
  }

  public let rows: [Row]

  public init(_ view: PackageView) { rows = Reader.all.map { Row(reader: $0, verdict: $0.verdict(of: view)) } }

  /// The verdicts on a model folder or a drafter's folder, from its headers.
  /// - Throws: what opening the folder throws.
  public static func verdicts(of folder: CheckpointFolder) throws -> ReaderMatrix {
    ReaderMatrix(try PackageView(of: folder))
  }

  /// The row of a reader, by the name that manifests use.
  public subscript(name: String) -> ReaderVerdict? { rows.first { $0.reader.name == name }?.verdict }

  /// `[{"reader", "verdict", "reason"}]`.
  public var json: JSONValue {
    .array(
      rows.map {
        .object([
          ("reader", .string($0.reader.name)), ("verdict", .string($0.verdict.word.rawValue)),
          ("reason", .string($0.verdict.reason)),
        ])
      })
  }

  /// A table for a terminal.
  public var lines: [String] {
    TextTable(
      ["reader", "verdict", "why"], rows.map { [$0.reader.name, $0.verdict.word.rawValue, $0.verdict.reason] }
    )
    .lines
  }
}

extension Resolution {
  /// Refuses a plan that a reader which the manifest requires cannot load; with the head, if it can use one.
  func requireReaders(_ plan: Plan) throws {
    guard target == .package, !manifest.readers.isEmpty else { return }
    let matrix = ReaderMatrix(try PackageView(plan, self))
    for name in manifest.readers {
      guard let reader = Reader.named(name), let verdict = matrix[name] else {
        throw ConversionError.readerUnknown(
          manifest: manifest.path, reader: name, known: Reader.all.map(\.name))
      }
      let isEnough = verdict.word == .withHead || (verdict.word == .withoutHead && (!reader.usesHeads || head == nil))
      guard isEnough else {
        throw ConversionError.readerRefuses(
          manifest: manifest.path, reader: name, verdict: verdict.word.rawValue, reason: verdict.reason)
      }
    }
  }
}
