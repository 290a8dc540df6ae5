import Diagnostics
import Measuring
import StrictJSON

/// The tensors of an audit report, filtered and sorted, as a table, JSON or CSV.
public struct AuditQuery: Sendable {
  /// What the rows are sorted by: name, size written, or one of the measures of the error.
  public enum Order: String, Sendable, CaseIterable {
    case name, bytes, cosine, rms, sqnr, largest, clipped, zeroed

    var column: AuditTable.Column {
      switch self {
      case .name: .tensor
      case .bytes: .after
      case .cosine: .cosine
      case .rms: .rms
      case .sqnr: .sqnr
      case .largest: .largest
      case .clipped: .clipped
      case .zeroed: .zeroed
      }
    }
  }

  private let document: AuditDocument
  private let tensors: [AuditDocument.Tensor]
  private let order: Order

  /// - Parameters:
  ///   - document: the report that is asked.
  ///   - role: only these; nil for all.
  ///   - verdict: only these; nil for all.
  ///   - order: `name` as in the report; the others put the worst or largest first.
  public init(_ document: AuditDocument, role: String?, verdict: String?, order: Order) {
    self.document = document
    self.order = order
    let chosen = AuditQuery.chosen(document, role: role, verdict: verdict)
    switch order {
    case .name: tensors = chosen
    case .bytes: tensors = chosen.sorted { ($1.writtenBytes, $0.name) < ($0.writtenBytes, $1.name) }
    case .cosine: tensors = chosen.sorted { ($0.cosine ?? 2, $0.name) < ($1.cosine ?? 2, $1.name) }
    case .rms: tensors = chosen.sorted { ($1.relativeRMS ?? -1, $0.name) < ($0.relativeRMS ?? -1, $1.name) }
    case .sqnr:
      tensors = chosen.sorted {
        ($0.error?.all.signalToNoise ?? .infinity, $0.name) < ($1.error?.all.signalToNoise ?? .infinity, $1.name)
      }
    case .largest: tensors = AuditQuery.most(chosen, \.largest)
    case .clipped: tensors = AuditQuery.most(chosen, \.clippedGroups)
    case .zeroed: tensors = AuditQuery.most(chosen, \.zeroedGroups)
    }
  }

  static func chosen(_ document: AuditDocument, role: String?, verdict: String?) -> [AuditDocument.Tensor] {
    document.tensors.filter { (role == nil || $0.role == role) && (verdict == nil || $0.verdict == verdict) }
  }

  private static func most(
    _ tensors: [AuditDocument.Tensor], _ measure: (TensorError.Measures) -> Double
  ) -> [AuditDocument.Tensor] {
    tensors.sorted {
      ($1.error.map { measure($0.all) } ?? -1, $0.name) < ($0.error.map { measure($0.all) } ?? -1, $1.name)
    }
  }

  /// cosine, relative_rms, sqnr_db, largest_error, clipped_groups, zeroed_groups; empty without an error.
  private static func cells(_ error: TensorError.Measures?) -> [String] {
    guard let error else { return Array(repeating: "", count: 6) }
    return [
      Fixed.eight(error.cosine), Fixed.eight(error.relativeRMS), Fixed.places(error.signalToNoise, 4),
      Fixed.eight(error.largest), Fixed.eight(error.clippedGroups), Fixed.eight(error.zeroedGroups),
    ]
  }

  /// The rows for a terminal.
  /// - Parameters:
  ///   - columns: What is shown; nil for all that there is room for.
  ///   - width: Columns of the terminal; nil where the text goes elsewhere.
  public func table(columns: [AuditTable.Column]? = nil, width: Int? = nil) -> String {
    let dropped = document.dropped.map { "dropped: \($0.name): \($0.reason)" }
    return
      (AuditTable(tensors, columns: columns, width: width, sorted: order.column).lines
      + ["\(tensors.count) of \(document.tensors.count) tensors"] + dropped).joined(separator: "\n")
  }

  /// The rows' own records.
  public var json: JSONValue {
    .object([("cambium_audit_query", .int(1)), ("tensors", .array(tensors.map(\.json)))])
  }

  /// RFC 4180, with a header line.
  public var csv: String {
    let header = [
      "name", "role", "origin", "verdict", "format", "rule", "bytes_before", "bytes_after", "cosine", "relative_rms",
      "sqnr_db", "largest_error", "clipped_groups", "zeroed_groups", "source_tree_sha256", "tree_sha256",
    ]
    let rows = tensors.map { tensor -> [String] in
      let facts = [
        tensor.name, tensor.role, tensor.origin, tensor.verdict, tensor.format ?? "", tensor.rule,
        "\(tensor.sourceBytes)", "\(tensor.writtenBytes)",
      ]
      let digests = [tensor.sourceTreeSHA256, tensor.written.map(\.treeSHA256).joined(separator: " ")]
      return facts + AuditQuery.cells(tensor.error?.all) + digests
    }
    return AuditQuery.csv([header] + rows)
  }

  static func csv(_ rows: [[String]]) -> String {
    rows.map { row in
      row.map { cell in
        cell.contains(where: { ",\"\n\r".contains($0) }) ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
      }.joined(separator: ",")
    }.joined(separator: "\n")
  }
}
