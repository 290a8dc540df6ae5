/// One of N equal callings, `I/N`, counted from 0: which work items it has follows from the items and N alone.
public struct Partition: Sendable, Equatable {
  /// The most partitions that can be asked for.
  public static let most = 100_000

  /// The index, from 0 on.
  public let index: Int
  /// How many there are.
  public let count: Int

  /// - Returns: nil unless 0 ≤ index < count ≤ ``most``.
  public init?(_ index: Int, of count: Int) {
    guard (1...Partition.most).contains(count), (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// `7/50`.
  /// - Returns: nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Partition.number(parts[0]), let count = Partition.number(parts[1]) else {
      return nil
    }
    self.init(index, of: count)
  }

  /// A number in decimal digits, as this program and engines write it.
  public static func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int(text)
  }

  /// The items of each partition, in the order of their numbers: the largest first, each to the partition with the fewest
  /// bytes, of those the first. Partitions after the last that has items are left out.
  public static func assignment(_ items: [WorkItem], count: Int) -> [[WorkItem]] {
    // No more can get any.
    var partitions: [[WorkItem]] = Array(repeating: [], count: max(0, min(count, items.count)))
    var bytes = partitions.map { _ in 0 }
    for item in items.sorted(by: { ($1.bytes, $0.number) < ($0.bytes, $1.number) }) {
      guard let least = bytes.indices.min(by: { (bytes[$0], $0) < (bytes[$1], $1) }) else { break }
      partitions[least].append(item)
      bytes[least] += item.bytes
    }
    return partitions.map { $0.sorted { $0.number < $1.number } }
  }

  /// The items of this partition.
  public func items(of all: [WorkItem]) -> [WorkItem] {
    let partitions = Partition.assignment(all, count: count)
    return index < partitions.count ? partitions[index] : []
  }

  /// Ascending numbers, those that follow one another as a range: `0,3-7`, as the arrays of engines have them.
  public static func array(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
