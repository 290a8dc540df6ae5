import Conversion
import Diagnostics
import Foundation
import Planning
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What machines leave in a work folder that they share, and what somebody puts there.
@Suite struct PartitionDamageTests {
  private static let source = TinyCheckpoint(.mixture).stripped
  private static let donor = TinyCheckpoint(.mixture) { $0.seed = 2 }.headOnly

  private func withShop<T>(_ body: (Workshop) throws -> T) throws -> T {
    try withWorkshop(source: Self.source, donor: Self.donor) { shop in
      try shop.writeManifest([("donor", "donor"), ("rules", [["role": "vision", "treatment": "drop"]])])
      return try body(shop)
    }
  }

  private func convert(_ shop: Workshop) throws -> PartitionSummary {
    let partition = try #require(Partition(0, of: 1))
    return try shop.open(shop.options).convert(partition, build: nil, SilentObserver())
  }

  private func status(_ shop: Workshop) throws -> PartitionStatus {
    try PartitionStatus(shop.open(shop.options).andBeside(), count: 1, isDeep: false)
  }

  /// The plan as another machine writes it at this moment: nothing of it, or a part.
  @Test(arguments: ["", "{"])
  func `a machine that begins while another writes the plan, or after one that ended there, does its part`(
    written: String
  ) throws {
    try withShop { shop in
      try FileManager.default.createDirectory(atPath: shop.work, withIntermediateDirectories: true)
      let path = shop.work + "/.plan.json.cambium-tmp-4711-1"
      try writeBytes(Array(written.utf8), path)
      #expect(chmod(path, 0o1644) == 0)
      #expect(!(try convert(shop).done.isEmpty))
      _ = try shop.open(shop.options).merge(MergeOptions(), SilentObserver())
      #expect(exists(shop.package))
    }
  }

  @Test func `parts of two states of a source are never one package`() throws {
    try withShop { shop in
      #expect(!(try convert(shop).done.isEmpty))
      let names = try FileManager.default.contentsOfDirectory(atPath: shop.source)
      let path = shop.source + "/" + (try #require(names.sorted().last { $0.hasSuffix(".safetensors") }))
      var bytes = try readBytes(path)
      bytes[bytes.count - 3] ^= 1
      try writeBytes(bytes, path)
      let refusal = try diagnostic { _ = try shop.open(shop.options).merge(MergeOptions(), SilentObserver()) }
      #expect(refusal.code == "E_ITEMS_MISSING", "\(refusal.text)")
      #expect(try status(shop).isComplete == false)
      // The same machines' next run makes them of what is there now.
      #expect(!(try convert(shop).done.isEmpty))
      _ = try shop.open(shop.options).merge(MergeOptions(), SilentObserver())
      #expect(exists(shop.package))
    }
  }

  @Test func `somebody's file of such a name makes no work folder`() throws {
    try withShop { shop in
      try FileManager.default.createDirectory(atPath: shop.work, withIntermediateDirectories: true)
      let path = shop.work + "/.plan.json.cambium-tmp-4711-1"
      try writeBytes(Array("mine".utf8), path)
      #expect(chmod(path, 0o644) == 0)
      #expect(try diagnostic { _ = try convert(shop) }.code == "E_WORK_FOREIGN")
      #expect(try readBytes(path) == Array("mine".utf8))
    }
  }

  @Test(arguments: ["receipt.json", "item.json", "units.json"])
  func `a link in place of a file of an item is damage: the item is made again, and what it leads to stays`(
    name: String
  ) throws {
    try withShop { shop in
      let items = try convert(shop).done.count
      let (path, victim) = (shop.work + "/items/00000/" + name, shop.work + "/../victim")
      try FileManager.default.moveItem(atPath: path, toPath: victim)
      let content = try readBytes(victim)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim)
      let found = try status(shop)
      #expect(!found.isComplete && found.array == "0")
      #expect(found.damages.count == 1 && found.damages[0].contains(name), "\(found.damages)")
      let again = try convert(shop)
      #expect(again.done.map(\.number) == [0] && again.reused.count == items - 1)
      #expect(try status(shop).isComplete)
      #expect(try readBytes(victim) == content)
      _ = try shop.open(shop.options).merge(MergeOptions(), SilentObserver())
    }
  }

  @Test func `a link in place of the folder of items is refused by its name, and nothing is put behind it`() throws {
    try withShop { shop in
      _ = try convert(shop)
      let (path, victim) = (shop.work + "/items", shop.work + "/../victim")
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim)
      let refused = try diagnostic { _ = try convert(shop) }
      #expect(refused.code == "E_TARGET_IS_LINK" && refused.file?.hasSuffix("/items") == true, "\(refused)")
      #expect(filesBelow(victim).isEmpty)
    }
  }
}
