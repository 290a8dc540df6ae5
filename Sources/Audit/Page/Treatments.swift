/// What was done and why: tensors with one verdict, number format, rule and reason are one treatment.
struct Treatments: Sendable {
  struct Key: Hashable {
    let verdict: String
    let format: String?
    let rule: String
    let reason: String?
  }

  struct Row: Sendable {
    let key: Key
    var tensors = 0
    var before = 0
    var after = 0
  }

  private(set) var rows: [Row] = []
  /// The row of each tensor, in the order of the audit.
  private(set) var numbers: [Int] = []

  init(_ tensors: [AuditDocument.Tensor]) {
    var places: [Key: Int] = [:]
    for tensor in tensors {
      let key = Key(verdict: tensor.verdict, format: tensor.format, rule: tensor.rule, reason: tensor.reason)
      let place = places[key] ?? rows.count
      if place == rows.count {
        places[key] = place
        rows.append(Row(key: key))
      }
      rows[place].tensors += 1
      rows[place].before += tensor.sourceBytes
      rows[place].after += tensor.writtenBytes
      numbers.append(place)
    }
  }
}
