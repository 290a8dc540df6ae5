import Diagnostics
import Planning
import StrictJSON
import SystemPackage

/// What a partition has to say when it is over.
public struct PartitionSummary: Sendable {
  /// Which one.
  public let partition: Partition
  /// Items that were done now.
  public var done: [WorkItem] = []
  /// Items that were done already.
  public var reused: [WorkItem] = []
  private let target: PackageTarget
  private let work: FilePath

  init(_ partition: Partition, of resolution: Resolution, work: FilePath) {
    self.partition = partition
    target = resolution.target
    self.work = work
  }

  /// The line that it ends with.
  public var text: String {
    let bytes = CheckedSum(done.map(\.bytesWritten))
    return
      "partition \(partition.index)/\(partition.count) of \(target.rawValue): \(done.count) items done, \(bytes) bytes written, "
      + "\(reused.count) were there; work folder \(work)"
  }

  /// The document of `run --partition --json`.
  public var json: JSONValue {
    .object([
      ("cambium_partition", 1), ("tool", .string(Tool.name)), ("target", .string(target.rawValue)),
      ("work", .string(work.string)), ("partition", .int(partition.index)), ("partitions", .int(partition.count)),
      ("done", .array(done.map { .string($0.name) })), ("reused", .array(reused.map { .string($0.name) })),
    ])
  }
}
