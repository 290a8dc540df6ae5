import Planning
import Testing

/// What a budget buys. Expectations are those of a search through all choices, in Python.
@Suite struct AllocationTests {
  /// Six sets in five formats, as the search had them.
  private static func items(seed: UInt64) -> [Allocation.Item] {
    var state = seed
    func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33)
    }
    return (0..<6).map { number in
      let weights = 1 + next() % 9
      let kl = Double(1 + next() % 100) / 1000
      let all = [3, 4, 5, 6, 8].enumerated().map { place, bits in
        Allocation.Choice(candidate: place, bytes: bits * weights * 8, kl: kl / Double(1 << (2 * (bits - 3))))
      }
      return Allocation.Item(name: "\(number)", all)
    }
  }

  @Test(
    arguments: [
      (UInt64(1), 850, 0.01825, [2, 2, 3, 0, 2, 0]), (1, 1100, 0.00371875, [3, 3, 4, 1, 3, 2]),
      (1, 1350, 0.00105859375, [4, 4, 4, 1, 4, 3]), (2, 578, 0.02815625, [3, 2, 3, 3, 1, 0]),
      (2, 918, 0.000740234375, [4, 3, 4, 4, 3, 3]), (3, 1394, 0.017125, [2, 2, 0, 1, 1, 2]),
      (3, 2214, 0.000642578125, [4, 4, 2, 3, 3, 4]),
    ])
  func `within a number of bytes nothing costs less`(seed: UInt64, limit: Int, kl: Double, chosen: [Int]) {
    var allocation = Allocation(Self.items(seed: seed))
    allocation.spend(limit)
    #expect(allocation.bytes <= limit)
    #expect(abs(allocation.kl - kl) < 1e-12)
    #expect(allocation.candidates.map(\.choice.candidate) == chosen)
  }

  /// Behind each KL the fewest bytes that reach it, of the search through all choices.
  @Test(
    arguments: zip(
      UInt64(1)...5, [[608, 712, 896], [416, 464, 632], [1024, 1160, 1584], [880, 984, 1336], [992, 1168, 1560]]))
  func `a KL is reached with bytes within a twentieth of the fewest`(seed: UInt64, fewest: [Int]) {
    let items = Self.items(seed: seed)
    let (most, least) = Allocation(items).klRange
    for (share, fewest) in zip([0.9, 0.3, 0.05], fewest) {
      let limit = least + (most - least) * share
      var allocation = Allocation(items)
      allocation.reach(limit)
      #expect(allocation.kl <= limit)
      #expect(allocation.bytes * 20 <= fewest * 21)
    }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5])
  func `the frontier is what budgets of its sizes reach`(seed: UInt64) throws {
    let items = Self.items(seed: seed)
    let allocation = Allocation(items)
    for count in [4, 1000] {
      let points = allocation.frontier(count)
      #expect(points.count <= count && points.count > 2)
      #expect(points.first?.bytes == allocation.range.least && points.last?.bytes == allocation.range.most)
      #expect(abs((points.last?.kl ?? 9) - allocation.klRange.least) < 1e-12)
      for (before, after) in zip(points, points.dropFirst()) {
        #expect(before.bytes < after.bytes && before.kl > after.kl)
      }
      for point in points {
        var spent = Allocation(items)
        spent.spend(point.bytes)
        #expect(spent.kl <= point.kl + 1e-12)
      }
    }
  }

  @Test func `of equal sets the first by name is chosen, in whatever order they are given`() {
    let choices = [
      Allocation.Choice(candidate: 0, bytes: 10, kl: 1), Allocation.Choice(candidate: 1, bytes: 20, kl: 0.5),
    ]
    for names in [["b", "a", "c"], ["c", "b", "a"], ["a", "b", "c"]] {
      var allocation = Allocation(names.map { Allocation.Item(name: $0, choices) })
      allocation.spend(45)
      #expect(allocation.candidates.map(\.name) == ["a", "b", "c"])
      #expect(allocation.candidates.map(\.choice.candidate) == [1, 0, 0])
    }
  }

  @Test func `what is larger and costs no less is never chosen`() {
    let item = Allocation.Item(
      name: "a",
      [
        Allocation.Choice(candidate: 0, bytes: 10, kl: 0.1), Allocation.Choice(candidate: 1, bytes: 12, kl: 0.1),
        Allocation.Choice(candidate: 2, bytes: 14, kl: 0.2), Allocation.Choice(candidate: 3, bytes: 10, kl: 0.3),
      ])
    #expect(item.choices.map(\.candidate) == [0])
  }
}
