import Diagnostics
import Digests
import Checkpoint
import Planning
import StrictJSON

/// The evidence that an adapter's change of a tensor arrived.
package struct DeltaMeasurement: Sendable, Equatable {
  /// The sums over all elements.
  package var sums: DeltaSums
  /// SHA-256 of each of the adapter's tensors, in the order of their names.
  package var digests: [SHA256Digest]

  /// Evidence with the digests of what the adapter changes the tensor by.
  package init(sums: DeltaSums, digests: [SHA256Digest]) {
    self.sums = sums
    self.digests = digests
  }

  /// Stands in for a measurement while sizes are forecast; nil for a tensor that no adapter changes.
  static func placeholder(_ tensor: PlannedTensor) -> DeltaMeasurement? {
    tensor.tensor.delta.map {
      DeltaMeasurement(sums: DeltaSums(), digests: $0.entries.map { _ in SHA256Digest.of([]) })
    }
  }

  /// All measured numbers in constant width.
  package func json(_ delta: TensorDelta) -> JSONValue {
    var members: [(String, JSONValue)] = []
    if let product = delta.sample {
      members += [
        ("rank", .int(product.rank)), ("scale", JSONValue(.number("\(product.scale)"))),
        ("rounding", .string(delta.rounding.rawValue)),
      ]
    }
    members += [
      (
        "tensors",
        .array(
          zip(delta.entries, digests).map {
            .object([("name", .string($0.name)), ("sha256", .string($1.hex))])
          })
      ),
      ("delta_norm", JSONValue(.number(Fixed.withExponent(sums.squares.squareRoot())))),
      ("base_norm", JSONValue(.number(Fixed.withExponent(sums.baseSquares.squareRoot())))),
      ("changed", JSONValue(.number(Fixed.eight(Double(sums.changed) / Double(max(1, sums.elements)))))),
    ]
    return .object(members)
  }
}
