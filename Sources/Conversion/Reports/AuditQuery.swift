import StrictJSON

/// The tensors of an audit report, filtered and sorted, as a table, JSON or CSV.
public struct AuditQuery: Sendable {
  public enum Order: String, Sendable, CaseIterable {
    case name, bytes, cosine, rms, largest
  }

  private let document: AuditDocument
  private let tensors: [AuditDocument.Tensor]

  /// - Parameters:
  ///   - role, verdict: only these; nil for all.
  ///   - order: `name` as in the report; the others put the worst or largest first.
  public init(_ document: AuditDocument, role: String?, verdict: String?, order: Order) {
    self.document = document
    let chosen = document.tensors.filter {
      (role == nil || $0.role == role) && (verdict == nil || $0.verdict == verdict)
    }
    switch order {
    case .name: tensors = chosen
    case .bytes: tensors = chosen.sorted { ($1.writtenBytes, $0.name) < ($0.writtenBytes, $1.name) }
    case .cosine: tensors = chosen.sorted { ($0.cosine ?? 2, $0.name) < ($1.cosine ?? 2, $1.name) }
    case .rms: tensors = chosen.sorted { ($1.relativeRMS ?? -1, $0.name) < ($0.relativeRMS ?? -1, $1.name) }
    case .largest: tensors = chosen.sorted { ($1.largest ?? -1, $0.name) < ($0.largest ?? -1, $1.name) }
    }
  }

  public var table: String {
    let rows = tensors.map { tensor in
      [
        tensor.name, tensor.role, tensor.verdict + (tensor.format.map { " " + $0 } ?? ""), "\(tensor.sourceBytes)",
        "\(tensor.writtenBytes)", tensor.cosine.map(Fixed.eight) ?? "–", tensor.relativeRMS.map(Fixed.eight) ?? "–",
        tensor.rule,
      ]
    }
    let dropped = (document.json["dropped"]?.arrayValue ?? []).map {
      "dropped: \($0["name"]?.stringValue ?? ""): \($0["reason"]?.stringValue ?? "")"
    }
    return
      (TextTable(["tensor", "role", "verdict", "bytes before", "bytes after", "cosine", "relative rms", "rule"], rows)
      .lines
      + ["\(tensors.count) of \(document.tensors.count) tensors"] + dropped).joined(separator: "\n")
  }

  public var json: JSONValue {
    .object([("cambium_audit_query", .int(1)), ("tensors", .array(tensors.map(\.json)))])
  }

  /// RFC 4180, with a header line.
  public var csv: String {
    let header = [
      "name", "role", "origin", "verdict", "format", "rule", "bytes_before", "bytes_after", "cosine", "relative_rms",
      "largest_error", "source_tree_sha256", "tree_sha256",
    ]
    let rows = tensors.map { tensor in
      [
        tensor.name, tensor.role, tensor.origin, tensor.verdict, tensor.format ?? "", tensor.rule,
        "\(tensor.sourceBytes)",
        "\(tensor.writtenBytes)", tensor.cosine.map(Fixed.eight) ?? "", tensor.relativeRMS.map(Fixed.eight) ?? "",
        tensor.largest.map(Fixed.eight) ?? "", tensor.sourceTreeSHA256,
        tensor.written.map(\.treeSHA256).joined(separator: " "),
      ]
    }
    return ([header] + rows).map { row in
      row.map { cell in
        cell.contains(where: { ",\"\n\r".contains($0) }) ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
      }.joined(separator: ",")
    }.joined(separator: "\n")
  }
}
