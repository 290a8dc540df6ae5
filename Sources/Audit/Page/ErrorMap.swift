/// Errors by role and layer: one cell for the quantized tensors of a role in a layer.
struct ErrorMap {
  struct Cell {
    var tensors = 0
    /// Largest relative RMS error of a tensor.
    var worst = 0.0
    var leastCosine = 1.0
    var cosines = 0.0

    var meanCosine: Double { cosines / Double(max(tensors, 1)) }
  }

  /// Roles by name.
  let roles: [String]
  /// Layers in order, then what is outside of them.
  let columns: [String]
  /// Cells by role, then by column.
  private(set) var cells: [[Cell?]]
  /// What the ends of the colour scale mean.
  let low: Double
  let high: Double

  /// Shades of the scale.
  static let shades = 10

  init(_ tensors: [AuditDocument.Tensor]) {
    var found: [String: [String: Cell]] = [:]
    for tensor in tensors {
      guard let error = tensor.error?.all else { continue }
      var cell = found[tensor.role, default: [:]][AuditSummary.layer(of: tensor)] ?? Cell()
      cell.tensors += 1
      cell.worst = max(cell.worst, error.relativeRMS)
      cell.leastCosine = min(cell.leastCosine, error.cosine)
      cell.cosines += error.cosine
      found[tensor.role, default: [:]][AuditSummary.layer(of: tensor)] = cell
    }
    roles = found.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let names = Set(found.values.flatMap(\.keys))
    columns = names.sorted { AuditSummary.order($0) < AuditSummary.order($1) }
    let columns = columns
    cells = roles.map { role in columns.map { found[role]?[$0] } }
    let errors = cells.joined().compactMap { $0?.worst }
    high = errors.max() ?? 0
    // Wide enough that noise does not look like a difference, and narrow enough that layers of one format differ in colour.
    low = min(errors.min() ?? 0, high * 0.95)
  }

  /// 0 … ``shades`` - 1.
  func shade(_ value: Double) -> Int {
    guard high > low else { return 0 }
    return min(ErrorMap.shades - 1, max(0, Int((value - low) / (high - low) * Double(ErrorMap.shades))))
  }
}
