import Diagnostics
import Quantization
import StrictJSON

/// The table of the package's card: tensors and bytes by role and treatment.
package struct CardTable {
  private struct Row {
    var count = 0
    var before = 0
    var after = 0
    var cosine = 0.0
    var measured = 0
  }

  private static let header = "| role | treatment | tensors | bytes before | bytes after | mean cosine |"
  private var rows: [String: Row] = [:]

  init() {}

  /// What the tensors of an audit add up to.
  package init(_ audit: AuditDocument) {
    for tensor in audit.tensors {
      var treatment = tensor.verdict
      if let format = tensor.quantization {
        treatment += CardTable.format(format)
      }
      add(
        role: tensor.role, treatment: treatment, before: tensor.sourceBytes, after: tensor.writtenBytes,
        cosine: tensor.cosine)
    }
  }

  static func format(_ format: QuantizationFormat) -> String {
    let method =
      switch format.scales {
      case .mlx: ""
      case .search: ", scales by search"
      case .feedback: ", scales by search, error feedback"
      }
    return " \(format.mode.rawValue) \(format.bits) bits, group \(format.groupSize)\(method)"
  }

  mutating func add(role: String, treatment: String, before: Int, after: Int, cosine: Double?) {
    var row = rows["\(role) | \(treatment)"] ?? Row()
    row.count += 1
    row.before += before
    row.after += after
    if let cosine {
      row.cosine += cosine
      row.measured += 1
    }
    rows["\(role) | \(treatment)"] = row
  }

  private var lines: [String] {
    rows.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }).map { key, row in
      let cosine = row.measured > 0 ? Fixed.eight(row.cosine / Double(row.measured)) : "–"
      return "| \(key) | \(row.count) | \(row.before) | \(row.after) | \(cosine) |"
    }
  }

  var text: String {
    ([CardTable.header, "| --- | --- | --- | --- | --- | --- |"] + lines).map { $0 + "\n" }.joined()
  }

  /// The first line of a card's table that says something else; nil when none does.
  package func firstDifference(from card: String) -> String? {
    let all = card.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = all.firstIndex(where: { $0 == CardTable.header }) else { return "no table of treatments" }
    let found = all[(start + 1)...].prefix { $0.hasPrefix("|") }.dropFirst().map(String.init)
    let wanted = lines
    if let (line, _) = zip(found, wanted).first(where: { !CardTable.isSame($0, $1) }) { return line }
    guard found.count != wanted.count else { return nil }
    return "\(found.count) rows, and \(wanted.count) by the audit"
  }

  /// The audit has cosines of eight digits, and the card's mean is of all of theirs: the last may differ.
  private static func isSame(_ found: String, _ wanted: String) -> Bool {
    if found == wanted { return true }
    let (one, other) = (found.split(separator: "|"), wanted.split(separator: "|"))
    guard one.dropLast().elementsEqual(other.dropLast()), let a = one.last?.asNumber, let b = other.last?.asNumber
    else { return false }
    return abs(a - b) < 1.5e-8
  }
}

extension Substring {
  fileprivate var asNumber: Double? { Double(drop { $0 == " " }.prefix { $0 != " " }) }
}
