import Checkpoint
import Digests
import Manifests
import Quantization
import Safetensors

/// What a run will do: every tensor with its verdict, every file with its bytes. A pure function of manifest, pipeline
/// and headers. Format: see the page *Plan*.
public struct Plan: Sendable {
  public let tensors: [PlannedTensor]
  public let dropped: [DroppedTensor]
  /// By path.
  public let files: [PlannedFile]
  /// The number format of the package's `quantization` block; nil when nothing is quantized.
  public let format: QuantizationFormat?
  public let head: PlannedHead?
  /// Facts that a person wants to know.
  public let notes: [String]
  /// Of the canonical JSON form.
  public let digest: SHA256Digest

  /// Bytes of the package.
  public var outputBytes: Int { files.reduce(0) { $0 + $1.bytes } }
  /// Bytes of all source tensors that are used.
  public var inputBytes: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }
}

/// Where a tensor comes from.
public enum TensorOrigin: String, Sendable {
  case trunk
  case head
}

/// What is done with a tensor, decided.
public enum Verdict: Sendable, Equatable {
  case keep
  case cast(FloatType)
  case quantize(QuantizationFormat)
}

/// One tensor of the package.
public struct PlannedTensor: Sendable {
  public let tensor: ResolvedTensor
  public let origin: TensorOrigin
  public let verdict: Verdict
  /// The rule that decided.
  public let rule: String
  /// Why the verdict is not what the rule asks for, or what the rule's author says.
  public let reason: String?
  /// Rows that are treated independently, and elements in each.
  public let rows: Int
  public let rowElements: Int
  /// What is written.
  public let parts: [PlannedPart]

  public var name: String { tensor.name }
  public var sourceRowBytes: Int { rowElements * tensor.dtype.bits / 8 }
  /// `quantized`, `kept`, `converted`: the word of reports.
  public var verdictWord: String {
    switch verdict {
    case .quantize: "quantized"
    case .cast: "converted"
    case .keep: tensor.transform == .addOne || tensor.transform == .patchEmbed ? "converted" : "kept"
    }
  }
  public var outputBytes: Int { parts.reduce(0) { $0 + $1.bytes } }
}

extension PlannedTensor {
  /// A tensor with its verdict and no place yet. Rows are those of the last axis; a permuted tensor's are those of the
  /// first, and a vector is one row.
  init(_ tensor: ResolvedTensor, _ origin: TensorOrigin, _ verdict: Verdict, rule: String, reason: String?) {
    let shape = tensor.shape
    let whole = shape.count < 2 || tensor.transform == .patchEmbed
    let rowElements =
      whole ? (shape.count < 2 ? shape.reduce(1, *) : shape.dropFirst().reduce(1, *)) : shape.last ?? 1
    self.init(
      tensor: tensor, origin: origin, verdict: verdict, rule: rule, reason: reason,
      rows: rowElements == 0 ? 0 : shape.reduce(1, *) / rowElements, rowElements: rowElements, parts: [])
  }

  /// A tensor as a package keeps it.
  static func kept(_ tensor: ResolvedTensor) -> PlannedTensor {
    PlannedTensor(tensor, .trunk, .keep, rule: "", reason: nil)
  }
}

/// One tensor in a file of the package.
public struct PlannedPart: Sendable {
  public let name: String
  public let dtype: DType
  public let shape: [Int]
  /// Index into ``Plan/files``.
  public let file: Int
  /// From the beginning of the file, bytes.
  public let offset: Int
  public let bytes: Int
}

/// A source tensor that is left out.
public struct DroppedTensor: Sendable {
  public let name: String
  public let origin: TensorOrigin
  public let rule: String
  public let reason: String
  public let bytes: Int
}

/// One file of the package.
public struct PlannedFile: Sendable {
  public enum Content: Sendable {
    /// Header bytes, then tensors at planned offsets.
    case weights(header: [UInt8])
    /// Copied from the source byte for byte.
    case copied(from: String)
    /// Known already.
    case generated([UInt8])
    /// Made at the end, of the planned size: `README.md`, `audit.json`, `audit.html`, `provenance.json`,
    /// `SHA256SUMS`.
    case measured
  }

  public let path: String
  public let bytes: Int
  public let content: Content

  public var kind: String {
    switch content {
    case .weights: "weights"
    case .copied: "copied"
    case .generated: "generated"
    case .measured: "measured"
    }
  }
}

/// What the plan says of the head.
public struct PlannedHead: Sendable {
  public let grafted: Bool
  public let evidence: HeadEvidence
  /// How its norms are stored in the checkpoint, with everything that speaks for it.
  public let norms: NormDecision
  public let pairing: Pairing
  public let ownExperts: Int?
  public let file: String
  /// Whether the index lists it.
  public let indexed: Bool
  /// Commits of source and donor, when they come from the hub's cache.
  public let sourceCommit: String?
  public let donorCommit: String?
}
