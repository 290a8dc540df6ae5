import Checkpoint
import Digests
import Manifests
import Quantization

/// What becomes of the tensors: every one with its verdict, every weight file with its bytes. A pure function of
/// manifest, pipeline and headers. Format: see the page *Plan*.
public struct Plan: Sendable {
  /// The tensors of the package.
  public let tensors: [PlannedTensor]
  /// Source tensors that are left out.
  public let dropped: [DroppedTensor]
  /// The weight files; parts name them by index.
  public let weights: [PlannedWeights]
  /// The number format of the package's `quantization` block; nil when nothing is quantized.
  public let format: QuantizationFormat?
  /// What is said of the head; nil without one.
  public let head: PlannedHead?
  /// Facts that a person wants to know.
  public let notes: [String]
  /// Digest of the canonical JSON form.
  public let digest: SHA256Digest
  /// Whether the source was converted before and its trunk keeps files, names and bytes.
  package let keepsSource: Bool
  /// What a budget decided; nil without one.
  public let budget: PlannedBudget?

  init(
    tensors: [PlannedTensor], dropped: [DroppedTensor], weights: [PlannedWeights], format: QuantizationFormat?,
    head: PlannedHead?, notes: [String], keepsSource: Bool, budget: PlannedBudget? = nil
  ) {
    self.keepsSource = keepsSource
    self.budget = budget
    self.tensors = tensors
    self.dropped = dropped
    self.weights = weights
    self.format = format
    self.head = head
    self.notes = notes
    digest = Plan.digest(tensors: tensors, dropped: dropped, weights: weights, notes: notes, budget: budget)
  }

  /// Bytes of all source tensors that are used.
  public var inputBytes: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }

  /// Paths of the weight files in the package.
  package var weightFiles: [String] { weights.map(\.path) }
}

/// One weight file of the package: its header, then tensors at planned offsets.
public struct PlannedWeights: Sendable {
  /// Its path in the package.
  public let path: String
  /// Bytes of the whole file.
  public let bytes: Int
  /// The header, with its length in front.
  package let header: [UInt8]
}

/// A source tensor that is left out.
public struct DroppedTensor: Sendable {
  /// Its canonical name.
  public let name: String
  /// Trunk or head.
  public let origin: TensorOrigin
  /// The rule that decided.
  public let rule: String
  /// Why it is left out.
  public let reason: String
  /// Its size in the source.
  public let bytes: Int
}

/// What the plan says of the head.
public struct PlannedHead: Sendable {
  /// Whether it comes from a donor.
  public let grafted: Bool
  /// How it was recognised in the checkpoint.
  public let evidence: HeadEvidence
  /// How its norms are stored in the checkpoint, with everything that speaks for it.
  public let norms: NormDecision
  /// What proves that head and trunk belong together.
  public let pairing: Pairing
  /// The head's own number of experts; nil where it is not the trunk's.
  public let ownExperts: Int?
  /// The weight file that holds it.
  public let file: String
  /// Whether the index lists it.
  public let indexed: Bool
  /// Commit of the source, when it comes from the hub's cache.
  public let sourceCommit: String?
  /// Commit of the donor, when it comes from the hub's cache.
  public let donorCommit: String?
}
