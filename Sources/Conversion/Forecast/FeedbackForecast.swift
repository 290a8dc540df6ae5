import Manifests
import Planning
import StrictJSON

/// What error feedback computes: products of f64 numbers with what is added of them. Counted from the plan, like bytes.
struct FeedbackForecast {
  /// Operations of the factors of the second moments, and of the rows that go through them.
  let operations: Int

  /// What one thread of a small machine does in a second.
  static let rate = 2_000_000_000

  /// Nil for a plan without feedback.
  init?(_ plan: Plan) {
    var inputs: [UTF8Name: Double] = [:]
    var sum = 0.0
    for tensor in plan.tensors where tensor.format?.scales == .feedback {
      let columns = Double(tensor.rowElements)
      sum += Double(tensor.rows) * columns * columns / 2
      for name in Calibration.inputNames(of: tensor.name, shape: tensor.tensor.shape) {
        inputs[UTF8Name(name)] = columns
      }
    }
    guard !inputs.isEmpty else { return nil }
    // Whole numbers that a dictionary returns in any order: sorted, so that the sum is one.
    sum += inputs.values.sorted().reduce(0) { $0 + $1 * $1 * $1 / 6 }
    operations = Int(min(sum, 1e18))
  }

  /// Whole seconds on one thread, upwards.
  var seconds: Int { operations / Self.rate + (operations % Self.rate > 0 ? 1 : 0) }

  /// The line of `plan`.
  var line: String {
    "feedback      about \(TimeEstimate.words(seconds)) more on one thread, an estimate: \(operations / 1_000_000) million "
      + "operations at \(Self.rate / 1_000_000) million per second"
  }

  /// Members of `estimate` of `plan --json`.
  var members: [(String, JSONValue)] {
    [
      ("feedback_operations", .int(operations)), ("feedback_operations_per_second", .int(Self.rate)),
      ("feedback_seconds", .int(seconds)),
    ]
  }
}
