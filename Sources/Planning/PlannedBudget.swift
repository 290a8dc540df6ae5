import Digests
import Diagnostics
import StrictJSON

/// What a budget decided.
public struct PlannedBudget: Sendable, Equatable {
  /// The limit in words.
  public let limit: String
  /// The sum of what each set costs alone, in nats: what the package is predicted to cost.
  public let predictedKL: Double
  /// Stored bits of a weight over the tensors that the budget decided.
  public let bitsPerWeight: Double
  /// Bytes of these tensors.
  public let bytes: Int
  /// Of these tensors together.
  public let elements: Int
  /// The sensitivity file, and the text that it was measured on.
  public let sensitivity: SHA256Digest
  /// Of the text.
  public let text: SHA256Digest

  /// For the plan.
  var json: JSONValue {
    .object([
      ("limit", .string(limit)), ("predicted_kl", .init(.number("\(predictedKL)"))),
      ("bits_per_weight", .init(.number("\(bitsPerWeight)"))), ("bytes", .int(bytes)), ("elements", .int(elements)),
      ("sensitivity_sha256", .string(sensitivity.hex)), ("text_sha256", .string(text.hex)),
    ])
  }

  /// For people.
  var note: String {
    "budget of \(limit): \(Fixed.places(bitsPerWeight, 4)) bits a weight over what it decides, a KL of "
      + "\(Fixed.places(predictedKL, 6)) nats predicted (sum of what each set costs alone on the measured text)"
  }
}
