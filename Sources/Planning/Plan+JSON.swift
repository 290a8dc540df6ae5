import Digests
import StrictJSON

extension Plan {
  /// The canonical form that the plan's digest is taken of.
  package var json: JSONValue {
    Plan.json(tensors: tensors, dropped: dropped, weights: weights, notes: notes, budget: budget)
  }

  /// The digest of the canonical form, which is made of one tensor after the other: as a tree and as a text, a plan with
  /// experts one by one takes many times its own memory.
  static func digest(
    tensors: [PlannedTensor], dropped: [DroppedTensor], weights: [PlannedWeights], notes: [String],
    budget: PlannedBudget?
  ) -> SHA256Digest {
    let frame = json(tensors: [], dropped: dropped, weights: weights, notes: notes, budget: budget)
    var stream = SHA256Stream()
    var opening = "{"
    for member in (frame.members ?? []).sorted(by: { UTF8Name($0.key) < UTF8Name($1.key) }) {
      stream.update(Array(opening.utf8) + JSONWriter.canonical(.string(member.key)) + Array(":".utf8))
      opening = ","
      guard member.key == tensorsKey else {
        stream.update(JSONWriter.canonical(member.value))
        continue
      }
      stream.update(Array("[".utf8))
      for (number, tensor) in tensors.enumerated() {
        stream.update(Array((number == 0 ? "" : ",").utf8) + JSONWriter.canonical(json(tensor, weights)))
      }
      stream.update(Array("]".utf8))
    }
    stream.update(Array("}".utf8))
    return stream.finish()
  }

  private static let tensorsKey = "tensors"

  static func json(
    tensors: [PlannedTensor], dropped: [DroppedTensor], weights: [PlannedWeights], notes: [String],
    budget: PlannedBudget?
  ) -> JSONValue {
    .object(
      [
        ("cambium_plan", .int(1)), (tensorsKey, .array(tensors.map { json($0, weights) })),
        (
          "dropped",
          .array(
            dropped.map {
              .object([("name", .string($0.name)), ("rule", .string($0.rule)), ("reason", .string($0.reason))])
            })
        ),
        ("weights", .array(weights.map { .object([("path", .string($0.path)), ("bytes", .int($0.bytes))]) })),
        ("notes", .array(notes.map { .string($0) })),
      ] + (budget.map { [("budget", $0.json)] } ?? []))
  }

  private static func json(_ tensor: PlannedTensor, _ weights: [PlannedWeights]) -> JSONValue {
    .object(members(tensor, weights) + adapter(tensor))
  }

  /// What an adapter changes; no member without one.
  private static func adapter(_ tensor: PlannedTensor) -> [(String, JSONValue)] {
    guard let delta = tensor.tensor.delta else { return [] }
    return [
      (
        "adapter",
        .object([
          ("tensors", .array(delta.entries.map { .string($0.name) })),
          ("rounding", .string(delta.rounding.rawValue)),
          ("ranks", .array(delta.products.map { $0.map { .int($0.rank) } ?? .null })),
          ("scales", .array(delta.products.map { $0.map { .init(.number("\($0.scale)")) } ?? .null })),
        ])
      )
    ]
  }

  private static func members(_ tensor: PlannedTensor, _ weights: [PlannedWeights]) -> [(String, JSONValue)] {
    [
      ("name", .string(tensor.name)), ("role", .string(tensor.tensor.role.rawValue)),
      ("origin", .string(tensor.origin.rawValue)), ("verdict", .string(tensor.verdictWord)),
      ("rule", .string(tensor.rule)), ("reason", tensor.reason.map { .string($0) } ?? .null),
      ("format", tensor.format?.json ?? .null),
      ("transforms", .array(tensor.transformNames.map { .string($0) })),
      ("sources", .array(tensor.tensor.sources.map { .string($0) })),
      ("segments", .array(tensor.tensor.segments.map { [.int($0.shard), .int($0.offset), .int($0.length)] })),
      (
        "parts",
        .array(
          tensor.parts.map { part in
            .object([
              ("name", .string(part.name)), ("dtype", .string(part.dtype.rawValue)),
              ("shape", .array(part.shape.map { .int($0) })), ("file", .string(weights[part.file].path)),
              ("offset", .int(part.offset)), ("bytes", .int(part.bytes)),
            ])
          })
      ),
    ]
  }
}
