/// What one machine does as one: a weight file, or the bytes of an input shard that no weight file needs. They are digested all
/// the same, since the package vouches for whole inputs. See the page *ManyMachines*.
public struct WorkItem: Sendable, Equatable {
  /// What an item is about.
  package enum Content: Sendable, Equatable {
    /// A weight file of the plan, by its number.
    case weights(Int)
    /// What is left of a shard, by its number among the shards of the inputs.
    case rest(Int)
  }

  /// Its place among the items of a plan.
  public let number: Int
  /// The weight file's path in the package, or the shard's name among the inputs.
  public let name: String
  /// Bytes of the inputs that it reads.
  public let bytesRead: Int
  /// Bytes of the package that it writes.
  public let bytesWritten: Int
  package let content: Content

  /// What partitions are balanced by.
  public var bytes: Int { bytesRead + bytesWritten }

  /// The items of a plan: its weight files, then the shards that have bytes left, in the order of their names. They follow from
  /// headers alone.
  /// - Parameters:
  ///   - plan: The tensors and the weight files.
  ///   - inputs: The input files of the plan.
  ///   - headIsDonors: Whether the head's segments are those of a donor.
  package static func all(_ plan: Plan, _ inputs: [InputFile], headIsDonors: Bool) -> [WorkItem] {
    var read = plan.weights.map { _ in 0 }
    var used: [ShardKey: [Range<Int>]] = [:]
    for tensor in plan.tensors {
      for file in Set(tensor.parts.map(\.file)) { read[file] += tensor.tensor.byteCount }
      for segment in tensor.tensor.segments where segment.length > 0 {
        let key = ShardKey(isDonor: tensor.origin == .head && headIsDonors, shard: segment.shard)
        used[key, default: []].append(segment.offset..<segment.offset + segment.length)
      }
    }
    var items = plan.weights.enumerated().map { number, file in
      WorkItem(
        number: number, name: file.path, bytesRead: read[number], bytesWritten: file.bytes, content: .weights(number))
    }
    for (number, input) in inputs.filter({ $0.shard != nil }).enumerated() {
      guard let shard = input.shard else { continue }
      let ranges = used[ShardKey(isDonor: shard.isDonor, shard: shard.number)] ?? []
      let left = shard.neededBytes - covered(ranges)
      guard left > 0 else { continue }
      items.append(
        WorkItem(number: items.count, name: input.name, bytesRead: left, bytesWritten: 0, content: .rest(number)))
    }
    return items
  }

  private struct ShardKey: Hashable {
    let isDonor: Bool
    let shard: Int
  }

  /// Bytes of the union of some ranges.
  private static func covered(_ ranges: [Range<Int>]) -> Int {
    var (bytes, end) = (0, 0)
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > end {
      bytes += range.upperBound - max(range.lowerBound, end)
      end = range.upperBound
    }
    return bytes
  }
}
