import Diagnostics
import Measuring
import StrictJSON

/// An audit report's tensors summed up by role or by layer.
public struct AuditSummary: Sendable {
  /// What makes a group.
  public enum Grouping: String, Sendable, CaseIterable {
    case role, layer
  }

  struct Row: Sendable {
    let group: String
    var tensors = 0
    var elements = 0
    var bytes = 0
    /// Errors of the quantized ones.
    var errors: [TensorError.Measures] = []

    var bitsPerWeight: Double { elements == 0 ? 0 : Double(bytes) * 8 / Double(elements) }
    var meanCosine: Double? {
      errors.isEmpty ? nil : errors.reduce(0) { $0 + $1.cosine } / Double(errors.count)
    }
    var leastCosine: Double? { errors.map(\.cosine).min() }
    var largestRMS: Double? { errors.map(\.relativeRMS).max() }
    var leastSignalToNoise: Double? { errors.map(\.signalToNoise).min() }
    var mostClipped: Double? { errors.map(\.clippedGroups).max() }
    var mostZeroed: Double? { errors.map(\.zeroedGroups).max() }
  }

  let grouping: Grouping
  let rows: [Row]

  /// - Parameters:
  ///   - document: The report.
  ///   - grouping: What makes a group.
  ///   - role: only these tensors; nil for all.
  ///   - verdict: only these tensors; nil for all.
  public init(_ document: AuditDocument, by grouping: Grouping, role: String? = nil, verdict: String? = nil) {
    self.grouping = grouping
    var rows: [Row] = []
    var places: [String: Int] = [:]
    for tensor in AuditQuery.chosen(document, role: role, verdict: verdict) {
      let group = grouping == .role ? tensor.role : AuditSummary.layer(of: tensor)
      let place = places[group] ?? rows.count
      if place == rows.count {
        places[group] = place
        rows.append(Row(group: group))
      }
      rows[place].tensors += 1
      rows[place].elements += tensor.elements
      rows[place].bytes += tensor.writtenBytes
      if let error = tensor.error { rows[place].errors.append(error.all) }
    }
    self.rows =
      grouping == .role
      ? rows.sorted { $0.group.utf8.lexicographicallyPrecedes($1.group.utf8) }
      : rows.sorted { AuditSummary.order($0.group) < AuditSummary.order($1.group) }
  }

  /// `layer 7` of the trunk; `head`, `vision tower`, or `outside the layers`.
  static func layer(of tensor: AuditDocument.Tensor) -> String {
    if tensor.origin == "head" { return "head" }
    if tensor.role == "vision" { return "vision tower" }
    let parts = tensor.name.split(separator: ".")
    guard let at = parts.firstIndex(of: "layers"), at + 1 < parts.count, let number = Int(parts[at + 1]) else {
      return "outside the layers"
    }
    return "layer \(number)"
  }

  static func order(_ group: String) -> (Int, String) {
    guard group.hasPrefix("layer "), let number = Int(group.dropFirst(6)) else { return (Int.max, group) }
    return (number, group)
  }

  /// The groups for a terminal.
  public var table: String {
    let rows = rows.map { row in
      [
        row.group, "\(row.tensors)", "\(row.bytes)", Fixed.places(row.bitsPerWeight, 2),
        row.meanCosine.map(Fixed.eight) ?? "–", row.leastCosine.map(Fixed.eight) ?? "–",
        row.largestRMS.map(Fixed.eight) ?? "–", row.leastSignalToNoise.map { Fixed.places($0, 2) } ?? "–",
        row.mostClipped.map(Fixed.eight) ?? "–", row.mostZeroed.map(Fixed.eight) ?? "–",
      ]
    }
    let header = [
      grouping.rawValue, "tensors", "bytes", "bits per weight", "mean cosine", "least cosine", "largest rms",
      "least sqnr dB", "most clipped groups", "most zeroed groups",
    ]
    return TextTable(header, rows).lines.joined(separator: "\n")
  }

  /// RFC 4180, with a header line.
  public var csv: String {
    let header = [
      grouping.rawValue, "tensors", "weights", "bytes", "bits_per_weight", "mean_cosine", "least_cosine",
      "largest_relative_rms", "least_sqnr_db", "most_clipped_groups", "most_zeroed_groups",
    ]
    return AuditQuery.csv(
      [header]
        + rows.map { row in
          [
            row.group, "\(row.tensors)", "\(row.elements)", "\(row.bytes)", Fixed.places(row.bitsPerWeight, 4),
            row.meanCosine.map(Fixed.eight) ?? "", row.leastCosine.map(Fixed.eight) ?? "",
            row.largestRMS.map(Fixed.eight) ?? "", row.leastSignalToNoise.map { Fixed.places($0, 4) } ?? "",
            row.mostClipped.map(Fixed.eight) ?? "", row.mostZeroed.map(Fixed.eight) ?? "",
          ]
        })
  }

  /// The groups as a document.
  public var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { JSONValue(.number(Fixed.eight($0))) } ?? .null }
    return .object([
      ("cambium_audit_summary", .int(1)), ("by", .string(grouping.rawValue)),
      (
        "groups",
        .array(
          rows.map { row in
            .object([
              ("group", .string(row.group)), ("tensors", .int(row.tensors)), ("weights", .int(row.elements)),
              ("bytes", .int(row.bytes)),
              ("bits_per_weight", JSONValue(.number(Fixed.places(row.bitsPerWeight, 4)))),
              ("mean_cosine", number(row.meanCosine)), ("least_cosine", number(row.leastCosine)),
              ("largest_relative_rms", number(row.largestRMS)),
              (
                "least_sqnr_db",
                row.leastSignalToNoise.map { JSONValue(.number(Fixed.withExponent($0))) } ?? .null
              ),
              ("most_clipped_groups", number(row.mostClipped)), ("most_zeroed_groups", number(row.mostZeroed)),
            ])
          })
      ),
    ])
  }
}
