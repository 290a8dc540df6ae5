import Conversion
import Diagnostics
import Digests
import Foundation
import Planning
import StrictJSON
import SystemPackage
import TestSupport
import Testing
import Threads

/// One conversion by many machines: N never shows in a byte.
@Suite struct PartitionTests {
  private static let source = TinyCheckpoint(.mixture).stripped
  private static let donor = TinyCheckpoint(.mixture) { $0.seed = 2 }.headOnly
  private static let one = SHA256Digest.of([1])
  private static let other = SHA256Digest.of([2])

  /// Several weight files, and shards with bytes that none of them needs.
  private func withShop<T>(_ body: (Workshop, RunOptions) throws -> T) throws -> T {
    try withWorkshop(source: Self.source, donor: Self.donor) { shop in
      try shop.writeManifest([("donor", "donor"), ("rules", [["role": "vision", "treatment": "drop"]])])
      var options = shop.options
      options.shardLimit = 60_000
      return try body(shop, options)
    }
  }

  private func convert(
    _ shop: Workshop, _ options: RunOptions, _ index: Int, of count: Int, build: SHA256Digest? = nil
  ) throws -> PartitionSummary {
    let partition = try #require(Partition(index, of: count))
    return try shop.open(options).convert(partition, build: build, SilentObserver())
  }

  private func status(_ shop: Workshop, _ options: RunOptions, _ count: Int, isDeep: Bool = false) throws
    -> PartitionStatus
  {
    try PartitionStatus(shop.open(options).andBeside(), count: count, isDeep: isDeep)
  }

  private func numbers(_ status: PartitionStatus, _ key: String) -> [Int] {
    (status.json[key]?.arrayValue ?? []).compactMap(\.intValue)
  }

  private func single() throws -> [String: SHA256Digest] {
    try withShop { shop, options in
      try shop.run(options)
      return try digests(shop.package)
    }
  }

  @Test(arguments: [1, 2, 5, 50])
  func `partitions in any order, twice each and two at a time, damaged and deleted, give the package of a single run`(
    count: Int
  ) throws {
    let expected = try single()
    #expect(expected.keys.filter { $0.hasSuffix(".safetensors") }.count > 3)
    try withShop { shop, options in
      var generator = SplitMix(seed: UInt64(count))
      let order = (Array(0..<count) + Array(0..<count)).shuffled(using: &generator)
      let wasWhole = try Workers.forEach(count: order.count, threads: 2) { place, worker in
        var own = options
        (own.threads, own.memory) = (1 + worker * 2, place % 2 == 0 ? 64 << 20 : 256 << 20)
        _ = try convert(shop, own, order[place], of: count)
      }
      #expect(wasWhole)
      #expect(try status(shop, options, count, isDeep: true).isComplete)
      #expect(filesBelow(shop.work).allSatisfy { !$0.contains("cambium-attempt") })

      // One output is changed, and another item is deleted.
      let items = try shop.open(options).items()
      #expect(items.contains { $0.name.hasPrefix("source/") }, "bytes that no weight file needs have items, too")
      let parts = try #require(Optional(Partition.assignment(items, count: count)))
      let owner = { (item: Int) in parts.firstIndex { $0.contains { $0.number == item } } ?? -1 }
      try flipByte(shop.work + "/items/00000/" + items[0].name, fromEnd: 10)
      try FileManager.default.removeItem(atPath: shop.work + "/items/00002")
      #expect(throws: ItemError.self) { try shop.open(options).merge(MergeOptions(), SilentObserver()) }
      #expect(!exists(shop.package))
      let found = try status(shop, options, count, isDeep: true)
      #expect(numbers(found, "damaged") == [owner(0)])
      #expect(numbers(found, "missing") == (owner(2) == owner(0) ? [] : [owner(2)]))
      #expect(found.damages.count == 1 && found.damages[0].contains(items[0].name))
      // Sizes alone do not show it.
      #expect(numbers(try status(shop, options, count), "damaged") == [])

      for again in Set([owner(0), owner(2)]).sorted() {
        let done = try convert(shop, options, again, of: count).done.map(\.number)
        #expect(done == [0, 2].filter { owner($0) == again })
      }
      _ = try shop.open(options).merge(MergeOptions(), SilentObserver())
      #expect(try digests(shop.package) == expected)
    }
  }

  @Test
  func
    `a work folder in which another machine writes its plan at this moment is ours, and a file of that name alone is not`()
    throws
  {
    try withShop { shop, options in
      let making = shop.work + "/.plan.json.cambium-tmp-1-1"
      try FileManager.default.createDirectory(atPath: shop.work, withIntermediateDirectories: false)
      try writeBytes([UInt8(ascii: "{")], making)
      do {
        _ = try convert(shop, options, 0, of: 1)
        Issue.record("somebody's file was taken for one of ours")
      } catch let error as any CambiumError {
        #expect(error.diagnostic.code == "E_WORK_FOREIGN")
      }
      // The mark of a file in the making.
      #expect(chmod(making, 0o1644) == 0)
      #expect(try !convert(shop, options, 0, of: 1).done.isEmpty)
    }
  }

  @Test func `what some partitions left is done by others of another count`() throws {
    let expected = try single()
    try withShop { shop, options in
      _ = try convert(shop, options, 3, of: 5)
      _ = try convert(shop, options, 0, of: 5)
      for index in 0..<2 { _ = try convert(shop, options, index, of: 2) }
      _ = try shop.open(options).merge(MergeOptions(), SilentObserver())
      #expect(try digests(shop.package) == expected)
    }
  }

  @Test func `a merge that is made again publishes nothing anew, and a package that is gone is made again`() throws {
    try withShop { shop, options in
      for index in 0..<2 { _ = try convert(shop, options, index, of: 2) }
      #expect(try shop.open(options).merge(MergeOptions(), SilentObserver()).done == StageName.allCases)
      let package = try identities(shop.package)
      #expect(try shop.open(options).merge(MergeOptions(), SilentObserver()).reused == StageName.allCases)
      #expect(try identities(shop.package) == package)
      #expect(try status(shop, options, 2, isDeep: true).isComplete)
      #expect(try convert(shop, options, 0, of: 2).done.isEmpty)
      // A run finds everything done as well.
      #expect(try shop.run(options).reused == StageName.allCases)
    }
  }

  @Test func `a merge names what is missing, and puts nothing into the output's place`() throws {
    try withShop { shop, options in
      _ = try convert(shop, options, 1, of: 3)
      let open = try #require(try Optional(shop.open(options)))
      do {
        _ = try open.merge(MergeOptions(), SilentObserver())
        Issue.record("the merge was not refused")
      } catch let error as ItemError {
        #expect(error.diagnostic.code == "E_ITEMS_MISSING")
        #expect(error.diagnostic.exitStatus == .resumable)
        #expect(error.diagnostic.found?.contains("is not there") == true)
      }
      #expect(!exists(shop.package))
      #expect(try status(shop, options, 3).array == "0,2")
    }
  }

  @Test func `what two builds made is put together only when that is said`() throws {
    try withShop { shop, options in
      _ = try convert(shop, options, 0, of: 2, build: Self.one)
      _ = try convert(shop, options, 1, of: 2, build: Self.other)
      var merging = MergeOptions()
      merging.build = Self.one
      do {
        _ = try shop.open(options).merge(merging, SilentObserver())
        Issue.record("the merge was not refused")
      } catch let error as ItemError {
        #expect(error.diagnostic.code == "E_ITEMS_MIXED")
        #expect(error.diagnostic.exitStatus == .badInput)
      }
      merging.allowsMixedTools = true
      let observer = SilentObserver()
      _ = try shop.open(options).merge(merging, observer)
      #expect(observer.notes.contains { $0.hasPrefix("several builds of the program") })
      #expect(exists(shop.package))
    }
  }

  @Test func `damage that sizes do not show is found before anything is published, whatever the merge trusts`() throws {
    try withShop { shop, options in
      _ = try convert(shop, options, 0, of: 1)
      let items = try shop.open(options).items()
      try flipByte(shop.work + "/items/00001/" + items[1].name, fromEnd: 10)
      var merging = MergeOptions()
      merging.trustsReceipts = true
      do {
        _ = try shop.open(options).merge(merging, SilentObserver())
        Issue.record("the merge was not refused")
      } catch let error as VerificationError {
        // Whoever removed the work folder would lose what all the other machines have made.
        #expect(error.diagnostic.code == "E_PUBLISHED_FILE")
        #expect(error.diagnostic.next?.contains("without --trust-receipts") == true)
        #expect(error.diagnostic.next?.contains("clean") == false)
      }
      #expect(!exists(shop.package))
      #expect(try status(shop, options, 1, isDeep: true).damages.count == 1)
      // The partition makes it anew, and the next merge takes it in place of what was damaged.
      #expect(try convert(shop, options, 0, of: 1).done.map(\.number) == [1])
      _ = try shop.open(options).merge(merging, SilentObserver())
      #expect(try digests(shop.package) == single())
    }
  }

  @Test func `what was decoded with weights on trust is not taken again`() throws {
    try withShop { shop, options in
      _ = try convert(shop, options, 0, of: 1)
      var merging = MergeOptions()
      merging.trustsReceipts = true
      _ = try shop.open(options).merge(merging, SilentObserver())
      let trusting = try shop.open(options).merge(merging, SilentObserver())
      #expect(trusting.done.contains(.check) && trusting.reused.contains(.verify))
      let reading = try shop.open(options).merge(MergeOptions(), SilentObserver())
      #expect(reading.done.contains(.check))
      #expect(try shop.open(options).merge(MergeOptions(), SilentObserver()).reused.contains(.check))
      #expect(try digests(shop.package) == single())
    }
  }

  @Test func `a changed header makes every item anew`() throws {
    try withShop { shop, options in
      _ = try convert(shop, options, 0, of: 1)
      var changed = Self.source
      changed.metadata["note"] = "another"
      try changed.write(to: shop.source)
      let found = try status(shop, options, 1)
      #expect(!found.isComplete)
      #expect(found.damages.isEmpty)
      #expect(try convert(shop, options, 0, of: 1).reused.isEmpty)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 100])
  func `every item has one partition, and none has more than its share and one item`(count: Int) throws {
    try withShop { shop, options in
      let items = try shop.open(options).items()
      let partitions = Partition.assignment(items, count: count)
      #expect(partitions.count == min(count, items.count))
      #expect(partitions.joined().map(\.number).sorted() == Array(items.indices))
      let bytes = partitions.map { $0.reduce(0) { $0 + $1.bytes } }
      let (all, largest) = (items.reduce(0) { $0 + $1.bytes }, items.map(\.bytes).max() ?? 0)
      #expect((bytes.max() ?? 0) <= all / count + largest)
      #expect(try shop.open(options).items() == items)
      // Every byte of the weights is written once, and every byte of the inputs' data is read.
      let run = try shop.open(options)
      #expect(items.reduce(0) { $0 + $1.bytesWritten } == run.plan.weights.reduce(0) { $0 + $1.bytes })
    }
  }

  @Test func `partitions are spelled in one way`() {
    #expect(Partition("7/50") == Partition(7, of: 50))
    for text in [
      "", "7", "50/50", "-1/5", "+1/5", "1/0", "1/5/9", " 1/5", "1/100001", "1/", "/5", "9999999999999999999/5",
    ] {
      #expect(Partition(text) == nil, "\(text)")
    }
    #expect(Partition.array([]) == "")
    #expect(Partition.array([4]) == "4")
    #expect(Partition.array([0, 3, 4, 5, 7, 8]) == "0,3-5,7-8")
  }
}
