import StrictJSON

/// The part of a plan that is known before the sizes of reports are: verdicts and weight files.
struct PlanContents: Sendable {
  let tensors: [PlannedTensor]
  let dropped: [DroppedTensor]
  let weights: [PlannedFile]
  let head: PlannedHead?
  let notes: [String]

  var weightFiles: [String] { weights.map(\.path) }

  /// The canonical form that the plan's digest is taken of.
  var json: JSONValue {
    .object([
      ("cambium_plan", .int(1)),
      (
        "tensors",
        .array(
          tensors.map { tensor in
            .object([
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
                      ("shape", .array(part.shape.map { .int($0) })), ("file", .string(weightFiles[part.file])),
                      ("offset", .int(part.offset)), ("bytes", .int(part.bytes)),
                    ])
                  })
              ),
            ])
          })
      ),
      (
        "dropped",
        .array(
          dropped.map {
            .object([("name", .string($0.name)), ("rule", .string($0.rule)), ("reason", .string($0.reason))])
          })
      ),
      ("weights", .array(weights.map { .object([("path", .string($0.path)), ("bytes", .int($0.bytes))]) })),
      ("notes", .array(notes.map { .string($0) })),
    ])
  }
}

extension Plan {
  var contents: PlanContents {
    PlanContents(
      tensors: tensors, dropped: dropped,
      weights: files.filter { if case .weights = $0.content { true } else { false } }, head: head, notes: notes)
  }
}
