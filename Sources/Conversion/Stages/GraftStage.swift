import Planning
import StrictJSON
import Workspace

/// Brings the head in: records where each of its tensors is and what is done to it. The product is an index of byte
/// ranges, not a copy; the bytes are digested when they are read.
struct GraftStage: Stage {
  private static let fileName = "graft.json"

  let name = StageName.graft
  let folder: WorkFolder
  let plan: Plan
  let folders: SourceFolders
  /// Whether the head comes from a donor.
  let hasDonor: Bool
  let inputs: RunInputs
  let observer: any RunObserver

  func parameters() -> JSONValue {
    .object([
      (
        "head",
        .array(
          headTensors.map {
            .object([
              ("name", .string($0.name)), ("transforms", .array($0.transformNames.map { .string($0) })),
            ])
          })
      ),
      ("grafted", .bool(plan.head?.grafted ?? false)),
    ])
  }

  func inputRecords() throws -> [FileRecord] {
    let prefix = hasDonor ? "donor/" : "source/"
    return try inputs.headerRecords { $0.name.hasPrefix(prefix) }
  }

  private var headTensors: [PlannedTensor] { plan.tensors.filter { $0.origin == .head } }

  var outputPaths: [String] { [GraftStage.fileName] }

  func run() throws -> [FileRecord] {
    let tensors = headTensors
    observer.began(.graft, bytes: tensors.reduce(0) { $0 + $1.tensor.byteCount })
    var rows: [JSONValue] = []
    let shards = folders.head.shards
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
      observer.advanced(.graft, bytes: tensor.tensor.byteCount, item: tensor.name)
    }
    var report: [(String, JSONValue)] = [("cambium_graft", 1), ("present", .bool(plan.head != nil))]
    if let head = plan.head {
      report += [
        ("grafted", .bool(head.grafted)), ("layout", .string(head.evidence.layout ?? "none")),
        ("experts", head.evidence.experts.map { .int($0) } ?? .null),
        ("source_norm_convention", .string(head.norms.convention.rawValue)),
        ("norm_evidence", .string(head.norms.evidence)),
      ]
    }
    report.append(("tensors", .array(rows)))
    return [try folder.write(.object(report), as: GraftStage.fileName, of: name)]
  }
}
