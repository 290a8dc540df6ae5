import StrictJSON

extension AuditDocument {
  /// What a budget decided, and what others would have cost.
  public struct Budget: Sendable {
    /// A size, and what it is predicted to cost in nats.
    public struct Point: Sendable {
      public let bytes: Int
      public let kl: Double
    }

    /// The limit in words.
    public let limit: String
    public let chosen: Point
    public let bitsPerWeight: Double
    /// Elements of the tensors that the budget decided.
    public let elements: Int
    public let sensitivitySHA256: String
    public let textSHA256: String
    /// The frontier's points from the smallest.
    public let frontier: [Point]
    public let uniform: [(format: String, point: Point)]
  }
}

extension AuditDocument.Budget {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown([
      "limit", "predicted_kl", "bits_per_weight", "bytes", "elements", "sensitivity_sha256", "text_sha256", "frontier",
      "uniform",
    ])
    limit = try fields.string("limit")
    chosen = try Point(fields, kl: "predicted_kl")
    bitsPerWeight = try fields.number("bits_per_weight", in: 0...1e6)
    elements = try fields.int("elements", in: 1...Int.max)
    sensitivitySHA256 = try fields.sha256("sensitivity_sha256").hex
    textSHA256 = try fields.sha256("text_sha256").hex
    frontier = try fields.objects("frontier").map { row throws(JSONError) in
      try row.refuseUnknown(["bytes", "kl"])
      return try Point(row, kl: "kl")
    }
    uniform = try fields.objects("uniform").map { row throws(JSONError) in
      try row.refuseUnknown(["format", "bytes", "kl"])
      return (format: try row.string("format"), point: try Point(row, kl: "kl"))
    }
  }
}

extension AuditDocument.Budget.Point {
  init(_ fields: JSONFields, kl: String) throws(JSONError) {
    bytes = try fields.int("bytes", in: 0...Int.max)
    self.kl = try fields.number(kl, in: 0...1e9)
  }
}
