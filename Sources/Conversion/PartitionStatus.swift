import Planning
import StrictJSON

/// Which partitions have something to do, and why.
public struct PartitionStatus {
  private struct Row {
    let target: PackageTarget
    let item: WorkItem
    let partition: Int
    let state: ItemState
  }

  private let count: Int
  private let rows: [Row]

  /// - Parameters:
  ///   - runs: The runs of the folders that a manifest asks for.
  ///   - count: How many partitions.
  ///   - isDeep: Whether weight files are read.
  /// - Throws: what reading the work folders throws.
  public init(_ runs: [Run], count: Int, isDeep: Bool) throws {
    self.count = count
    rows = try runs.flatMap { run -> [Row] in
      let states = try run.itemStates(isDeep: isDeep)
      var owners = states.map { _ in 0 }
      for (partition, items) in Partition.assignment(states.map(\.item), count: count).enumerated() {
        for item in items { owners[item.number] = partition }
      }
      return states.map {
        Row(target: run.resolution.target, item: $0.item, partition: owners[$0.item.number], state: $0.state)
      }
    }
  }

  /// Whether a merge would find all that it needs.
  public var isComplete: Bool { rows.allSatisfy { $0.state == .done } }

  /// Partitions with a damaged item.
  var damaged: [Int] { partitions { $0.word == "damaged" } }
  /// Partitions with an item that is missing, and none that is damaged.
  var missing: [Int] {
    let damaged = Set(damaged)
    return partitions { $0.word == "missing" }.filter { !damaged.contains($0) }
  }

  private func partitions(_ matches: (ItemState) -> Bool) -> [Int] {
    Set(rows.filter { matches($0.state) }.map(\.partition)).sorted()
  }

  /// The partitions that have something to do, as `sbatch --array` takes them: `0,3-7`; empty for none.
  public var array: String { Partition.array((missing + damaged).sorted()) }

  /// A line for each item that is not as its receipt says.
  public var damages: [String] {
    rows.filter { $0.state.word == "damaged" }.map {
      "partition \($0.partition)/\(count), item \($0.item.number), \($0.item.name): \($0.state.detail ?? "")"
    }
  }

  /// The lines of `status --partitions`.
  public var text: String {
    let done = rows.count { $0.state == .done }
    let open = array
    return "\(done) of \(rows.count) work items are done\n"
      + (open.isEmpty ? "every partition is done" : "partitions with something to do: \(open)")
  }

  /// The document of `status --partitions --json`.
  public var json: JSONValue {
    let open = Set(missing + damaged)
    return .object([
      ("cambium_partitions", 1), ("partitions", .int(count)),
      ("done", .array((0..<count).filter { !open.contains($0) }.map { .int($0) })),
      ("missing", .array(missing.map { .int($0) })), ("damaged", .array(damaged.map { .int($0) })),
      (
        "items",
        .array(
          rows.map {
            .object([
              ("target", .string($0.target.rawValue)), ("item", .int($0.item.number)), ("name", .string($0.item.name)),
              ("partition", .int($0.partition)), ("state", .string($0.state.word)),
              ("detail", $0.state.detail.map { .string($0) } ?? .null),
            ])
          })
      ),
    ])
  }
}
