import Diagnostics
import Planning
import StrictJSON

/// Which machine would do what: the partitions of each folder that a manifest asks for, with an estimate of what they read and
/// write.
public struct PartitionPlan {
  /// What is made, and its work items.
  private struct Target {
    let name: String
    let planDigest: String
    let items: [WorkItem]
    let partitions: [[WorkItem]]
  }

  private let count: Int
  private let throughput: Int?
  private let targets: [Target]

  /// - Parameters:
  ///   - runs: The runs of the folders that a manifest asks for.
  ///   - count: How many partitions.
  ///   - throughput: Bytes that a machine reads and writes in a second; nil for no times.
  /// - Throws: `FileError` for a small file of the inputs.
  public init(_ runs: [Run], count: Int, throughput: Int?) throws {
    self.count = count
    self.throughput = throughput
    targets = try runs.map { run in
      let items = try run.items()
      return Target(
        name: run.resolution.target.rawValue, planDigest: run.plan.digest.hex, items: items,
        partitions: Partition.assignment(items, count: count))
    }
  }

  /// Items of a partition, over all that is made.
  private func items(_ partition: Int) -> [WorkItem] {
    targets.flatMap { $0.partitions.indices.contains(partition) ? $0.partitions[partition] : [] }
  }

  private static func sum(_ items: [WorkItem], _ bytes: (WorkItem) -> Int) -> Int {
    items.reduce(into: 0) { $0 += bytes($1) }
  }

  /// Whole seconds, upwards.
  private func seconds(_ items: [WorkItem]) -> Int? {
    guard let throughput, throughput > 0 else { return nil }
    let bytes = PartitionPlan.sum(items, \.bytes)
    return bytes / throughput + (bytes % throughput > 0 ? 1 : 0)
  }

  /// A line for each partition that has something to do.
  public var text: String {
    let rows = (0..<busy).map { partition -> [String] in
      let items = items(partition)
      let bytes = ["\(PartitionPlan.sum(items, \.bytesRead))", "\(PartitionPlan.sum(items, \.bytesWritten))"]
      return ["\(partition)/\(count)", "\(items.count)"] + bytes + (seconds(items).map { ["\($0) s"] } ?? [])
    }
    let header = ["partition", "items", "bytes to read", "bytes to write"] + (throughput == nil ? [] : ["time"])
    var lines = TextTable(header, rows).lines
    if busy < count { lines.append("\(count - busy) partitions have nothing to do") }
    let all = targets.flatMap(\.items)
    lines.append(
      "total         \(PartitionPlan.sum(all, \.bytesRead)) bytes to read and "
        + "\(PartitionPlan.sum(all, \.bytesWritten)) to write, in \(all.count) items")
    if let throughput {
      let longest = (0..<busy).compactMap { seconds(items($0)) }.max() ?? 0
      lines.append("time          \(longest) s for the longest partition, at \(Fixed.bytes(throughput)) per second")
    }
    return lines.joined(separator: "\n")
  }

  /// Partitions with items: the first of all.
  private var busy: Int { targets.map(\.partitions.count).max() ?? 0 }

  /// The document of `plan --partitions N --json`.
  public var json: JSONValue {
    .object([
      ("cambium_partition_plan", 1), ("partitions", .int(count)), ("throughput", throughput.map { .int($0) } ?? .null),
      ("targets", .array(targets.map(json))),
    ])
  }

  private func json(_ target: Target) -> JSONValue {
    .object([
      ("target", .string(target.name)), ("plan_sha256", .string(target.planDigest)),
      (
        "items",
        .array(
          target.items.map {
            .object([
              ("item", .int($0.number)), ("name", .string($0.name)), ("bytes_read", .int($0.bytesRead)),
              ("bytes_written", .int($0.bytesWritten)),
            ])
          })
      ),
      (
        "partitions",
        .array(
          target.partitions.enumerated().map { number, items in
            .object([
              ("partition", .int(number)), ("items", .array(items.map { .int($0.number) })),
              ("bytes_read", .int(PartitionPlan.sum(items, \.bytesRead))),
              ("bytes_written", .int(PartitionPlan.sum(items, \.bytesWritten))),
              ("seconds", seconds(items).map { .int($0) } ?? .null),
            ])
          })
      ),
    ])
  }
}
