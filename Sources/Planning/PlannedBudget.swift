import Digests
import Diagnostics
import StrictJSON

/// What a budget decided.
public struct PlannedBudget: Sendable, Equatable {
  /// A size, and what it is predicted to cost.
  public struct Point: Sendable, Equatable {
    /// Bytes of the tensors that the budget decides.
    public let bytes: Int
    /// The divergence in nats, the sum over the sets.
    public let kl: Double

    /// Creates a point of the budget.
    public init(bytes: Int, kl: Double) {
      self.bytes = bytes
      self.kl = kl
    }
  }

  /// One format for all tensors that the budget decides.
  public struct Uniform: Sendable, Equatable {
    /// The format in words.
    public let format: String
    /// Its size and cost.
    public let point: Point
  }

  /// Most points of ``frontier``.
  static let mostPoints = 48

  /// The limit in words.
  public let limit: String
  /// The sum of what each set costs alone, in nats: what the package is predicted to cost.
  public let predictedKL: Double
  /// Stored bits of a weight over the tensors that the budget decided.
  public let bitsPerWeight: Double
  /// Bytes of these tensors.
  public let bytes: Int
  /// Elements of these tensors together.
  public let elements: Int
  /// The sensitivity file, and the text that it was measured on.
  public let sensitivity: SHA256Digest
  /// The digest of the text.
  public let text: SHA256Digest
  /// What budgets of other sizes would cost, from the smallest.
  public let frontier: [Point]
  /// What one format for all would cost, of the candidates that fit all, as they were measured.
  public let uniform: [Uniform]

  /// The document for the plan and the audit report.
  package var json: JSONValue {
    .object([
      ("limit", .string(limit)), ("predicted_kl", .init(.number("\(predictedKL)"))),
      ("bits_per_weight", .init(.number("\(bitsPerWeight)"))), ("bytes", .int(bytes)), ("elements", .int(elements)),
      ("sensitivity_sha256", .string(sensitivity.hex)), ("text_sha256", .string(text.hex)),
      ("frontier", .array(frontier.map { .object($0.members) })),
      ("uniform", .array(uniform.map { .object([("format", .string($0.format))] + $0.point.members) })),
    ])
  }

  /// The line for people.
  var note: String {
    "budget of \(limit): \(Fixed.places(bitsPerWeight, 4)) bits a weight over what it decides, a KL of "
      + "\(Fixed.places(predictedKL, 6)) nats predicted (sum of what each set costs alone on the measured text)"
  }
}

extension PlannedBudget.Point {
  var members: [(String, JSONValue)] { [("bytes", .int(bytes)), ("kl", .init(.number("\(kl)")))] }
}
