import Checkpoint
import StrictJSON

extension AuditDocument {
  /// What the audit says of the multi-token-prediction head.
  public struct Head: Sendable {
    public let isGrafted: Bool
    public let file: String
    /// How many tensors the checkpoint has.
    public let tensors: Int
    public let sourcePrefix: String
    public let sourceFiles: [String]
    public let layout: String
    public let experts: Int?
    public let sourceNormConvention: String
    public let normEvidence: String
    public let normConvention: String
    public let fcInputOrder: [String]
    public let hiddenState: String
    /// Whether the index lists it.
    public let isIndexed: Bool
    public let pairing: String
    public let pairingEvidence: [String]
    public let sourceCommit: String?
    public let donorCommit: String?
  }
}

extension AuditDocument.Head {
  /// Nil for a package without a head, of which nothing more is said.
  static func read(_ fields: JSONFields) throws(JSONError) -> AuditDocument.Head? {
    guard try fields.bool("present") else {
      try fields.refuseUnknown(["present"])
      return nil
    }
    return try AuditDocument.Head(fields)
  }

  private init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown([
      "present", "grafted", "file", "tensors", "source_prefix", "source_files", "layout", "experts",
      "source_norm_convention", "norm_evidence", "norm_convention", "fc_input_order", "hidden_state", "indexed",
      "pairing",
    ])
    isGrafted = try fields.bool("grafted")
    file = try fields.string("file")
    tensors = try fields.int("tensors", in: 0...Int.max)
    sourcePrefix = try fields.string("source_prefix")
    sourceFiles = try fields.strings("source_files")
    layout = try fields.string("layout")
    experts = try fields.unlessNull("experts") { key throws(JSONError) in try fields.int(key, in: 0...Int.max) }
    sourceNormConvention = try fields.word("source_norm_convention", NormConvention.self).rawValue
    normEvidence = try fields.string("norm_evidence")
    normConvention = try fields.word("norm_convention", NormConvention.self).rawValue
    fcInputOrder = try fields.strings("fc_input_order", count: 2)
    hiddenState = try fields.string("hidden_state")
    isIndexed = try fields.bool("indexed")
    let pairing = try fields.object("pairing")
    try pairing.refuseUnknown(["verdict", "evidence", "source_commit", "donor_commit"])
    self.pairing = try pairing.text("verdict", as: "same, derived, foreign or unproven") {
      Pairing.Verdict(rawValue: $0)?.rawValue
    }
    pairingEvidence = try pairing.strings("evidence")
    sourceCommit = try pairing.unlessNull("source_commit") { key throws(JSONError) in try pairing.string(key) }
    donorCommit = try pairing.unlessNull("donor_commit") { key throws(JSONError) in try pairing.string(key) }
  }
}
