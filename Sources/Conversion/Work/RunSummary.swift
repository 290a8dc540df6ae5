import Audit
import Digests
import SystemPackage

/// What a run has to say when it is over.
public struct RunSummary: Sendable {
  /// The last stage that was asked for.
  public let until: StageName
  /// Absolute path of the work folder.
  public let work: FilePath
  /// Stages that were done, and those whose receipts were valid.
  public var done: [StageName] = []
  /// Stages whose receipts were valid.
  public var reused: [StageName] = []
  /// Mean cosine of the quantized tensors; nil before verification or when none is quantized.
  public var meanCosine: Double?
  /// The quantized tensor with the least cosine.
  public var worst: (tensor: String, cosine: Double)?
  /// The outcome of decoding; nil before the check.
  package var check: CheckOutcome?
  /// Bytes of the package's files, found to be as planned; nil before packaging.
  public var packageBytes: Int?
  /// SHA-256 of the package's `SHA256SUMS`, and so of everything in it; nil before packaging.
  public var sums: SHA256Digest?

  init(until: StageName, work: FilePath) {
    self.until = until
    self.work = work
  }
}
