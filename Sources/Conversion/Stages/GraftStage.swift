import StrictJSON
import Workspace

/// Brings the head in: records where each of its tensors lies and what is done to it. The product is an index of byte
/// ranges, not a copy; the bytes are digested when they are read.
struct GraftStage: Stage {
  let name = StageName.graft

  func parameters(_ context: RunContext) -> JSONValue {
    .object([
      (
        "head",
        .array(
          headTensors(context).map {
            .object([
              ("name", .string($0.name)), ("transforms", .array($0.transformNames.map { .string($0) })),
            ])
          })
      ),
      ("grafted", .bool(context.plan.head?.grafted ?? false)),
    ])
  }

  func inputs(_ context: RunContext) throws -> [FileRecord] {
    let prefix = context.resolution.donor == nil ? "source/" : "donor/"
    return try context.headerRecords { $0.name.hasPrefix(prefix) }
  }

  private func headTensors(_ context: RunContext) -> [PlannedTensor] {
    context.plan.tensors.filter { $0.origin == .head }
  }

  func run(_ context: RunContext) throws -> [FileRecord] {
    let tensors = headTensors(context)
    context.observer.began(.graft, bytes: tensors.reduce(0) { $0 + $1.tensor.byteCount })
    var rows: [JSONValue] = []
    let shards = context.reader(.head).folder.shards
    for tensor in tensors {
      rows.append(
        .object([
          ("name", .string(tensor.name)), ("source_tensors", .array(tensor.tensor.sources.map { .string($0) })),
          (
            "source_ranges",
            .array(
              tensor.tensor.segments.map {
                .object([
                  ("file", .string(shards[$0.shard].name)), ("offset", .int($0.offset)),
                  ("bytes", .int($0.length)),
                ])
              })
          ),
          ("dtype", .string(tensor.tensor.dtype.rawValue)), ("shape", .array(tensor.tensor.shape.map { .int($0) })),
          ("transforms", .array(tensor.transformNames.map { .string($0) })),
        ]))
      context.observer.advanced(.graft, bytes: tensor.tensor.byteCount, item: tensor.name)
    }
    var report: [(String, JSONValue)] = [("cambium_graft", 1), ("present", .bool(context.plan.head != nil))]
    if let head = context.plan.head {
      report += [
        ("grafted", .bool(head.grafted)), ("layout", .string(head.evidence.layout ?? "none")),
        ("experts", head.evidence.experts.map { .int($0) } ?? .null),
        ("source_norm_convention", .string(head.norms.convention.rawValue)),
        ("norm_evidence", .string(head.norms.evidence)),
      ]
    }
    report.append(("tensors", .array(rows)))
    return [try context.write(.object(report), as: "graft.json", of: .graft)]
  }
}
