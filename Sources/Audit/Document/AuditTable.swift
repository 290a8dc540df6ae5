import Diagnostics

/// The rows of an audit for a terminal: the columns that a person names, or as many as the terminal has room for.
public struct AuditTable: Sendable {
  /// A column, by the name that it is asked for.
  public enum Column: String, Sendable, CaseIterable {
    case tensor, role, verdict, before, after, cosine, rms, sqnr, largest, clipped, zeroed, rule

    var title: String {
      switch self {
      case .tensor, .role, .verdict, .cosine, .rule: rawValue
      case .before: "bytes before"
      case .after: "bytes after"
      case .rms: "relative rms"
      case .sqnr: "sqnr dB"
      case .largest: "largest error"
      case .clipped: "clipped groups"
      case .zeroed: "zeroed groups"
      }
    }

    /// What is shown first on a terminal that is too narrow for all.
    static let mostWanted: [Column] = [
      .tensor, .verdict, .cosine, .after, .role, .rms, .rule, .before, .sqnr, .largest, .clipped, .zeroed,
    ]
  }

  private let tensors: [AuditDocument.Tensor]
  /// The columns that are shown, in their order.
  public let columns: [Column]
  /// Columns that the terminal has no room for, in their order.
  public let left: [Column]

  /// - Parameters:
  ///   - tensors: A row each.
  ///   - columns: The columns in their order; nil for all.
  ///   - width: How wide the terminal is; nil for as wide as it gets. Columns that were asked for are all shown.
  ///   - sorted: The column that the rows are sorted by, which comes before all but the names.
  init(_ tensors: [AuditDocument.Tensor], columns: [Column]?, width: Int?, sorted: Column = .tensor) {
    self.tensors = tensors
    guard columns == nil, let width else {
      self.columns = columns ?? Column.allCases
      left = []
      return
    }
    var shown: Set<Column> = [.tensor]
    var used = AuditTable.width(of: .tensor, tensors)
    for column in [sorted] + Column.mostWanted where !shown.contains(column) {
      let wide = used + 2 + AuditTable.width(of: column, tensors)
      guard wide <= width else { continue }
      shown.insert(column)
      used = wide
    }
    self.columns = Column.allCases.filter(shown.contains)
    left = Column.allCases.filter { !shown.contains($0) }
  }

  private static func width(of column: Column, _ tensors: [AuditDocument.Tensor]) -> Int {
    tensors.reduce(column.title.count) { max($0, cell($1, column).escapingControls.count) }
  }

  var lines: [String] {
    TextTable(columns.map(\.title), tensors.map { tensor in columns.map { AuditTable.cell(tensor, $0) } }).lines
      + (left.isEmpty
        ? [] : ["no room for \(left.map(\.rawValue).joined(separator: ", ")): choose with --columns, or use --csv"])
  }

  private static func cell(_ tensor: AuditDocument.Tensor, _ column: Column) -> String {
    let error = tensor.error?.all
    switch column {
    case .tensor: return tensor.name
    case .role: return tensor.role
    case .verdict: return tensor.verdict + (tensor.format.map { " " + $0 } ?? "")
    case .before: return "\(tensor.sourceBytes)"
    case .after: return "\(tensor.writtenBytes)"
    case .cosine: return error.map { Fixed.eight($0.cosine) } ?? "–"
    case .rms: return error.map { Fixed.eight($0.relativeRMS) } ?? "–"
    case .sqnr: return error.map { Fixed.places($0.signalToNoise, 4) } ?? "–"
    case .largest: return error.map { Fixed.eight($0.largest) } ?? "–"
    case .clipped: return error.map { Fixed.eight($0.clippedGroups) } ?? "–"
    case .zeroed: return error.map { Fixed.eight($0.zeroedGroups) } ?? "–"
    case .rule: return tensor.rule + (tensor.reason.map { ": \($0)" } ?? "")
    }
  }
}
