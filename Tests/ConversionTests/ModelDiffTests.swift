import PackageCheck
import SystemPackage
import Testing

/// `diff`: what is missing, added or changed between two folders, and whether a head is there.
@Suite struct ModelDiffTests {
  private func diff(_ left: TinyCheckpoint, _ right: TinyCheckpoint) throws -> ModelDiff {
    try withWorkshop(source: left, donor: right) { try ModelDiff(FilePath($0.source), FilePath($0.donor), threads: 2) }
  }

  @Test func `equal tensors in other shards are no difference`() throws {
    let left = TinyCheckpoint(.dense)
    var right = left
    right.trunkShards = 4
    right.metadata = ["format": "other"]
    let diff = try diff(left, right)
    #expect(diff.isEmpty)
    #expect(diff.equal == left.tensors.count)
    #expect(diff.head == (15, 15))
  }

  @Test func `a stripped head is missing`() throws {
    let whole = TinyCheckpoint(.dense)
    let diff = try diff(whole, whole.stripped)
    #expect(diff.missing == whole.headOnly.tensors.keys.sorted())
    #expect(diff.added.isEmpty && diff.changed.isEmpty)
    #expect(diff.head == (whole.headOnly.tensors.count, 0))
    #expect(diff.text.contains("- mtp.fc.weight"))
    #expect(diff.json["head_tensors_right"] == 0)
  }

  @Test func `one bit is a change`() throws {
    let left = TinyCheckpoint(.dense)
    var right = left
    right.tensors["lm_head.weight"]?.bytes[7] ^= 1
    right.tensors["extra.weight"] = right.tensors["lm_head.weight"]
    right.tensors["model.visual.pos_embed.weight"]?.shape = [8, 128]
    let diff = try diff(left, right)
    #expect(diff.changed.map(\.tensor) == ["lm_head.weight", "model.visual.pos_embed.weight"])
    #expect(diff.changed.map(\.how) == ["other values", "BF16 [16, 64] → BF16 [8, 128]"])
    #expect(diff.added == ["extra.weight"])
  }

  /// A checkpoint and its package, under the package's names: kept and converted tensors are equal, packed ones differ.
  @Test(arguments: [TinyCheckpoint.Family.dense, .next])
  func `a checkpoint is compared with its package`(family: TinyCheckpoint.Family) throws {
    try withWorkshop(source: TinyCheckpoint(family)) { shop in
      try shop.run()
      let diff = try ModelDiff(FilePath(shop.source), FilePath(shop.package), threads: 2)
      let audit = try Package(shop.package).audit
      let quantized = audit.tensors.filter { $0.verdict == "quantized" }
      #expect(diff.canonical)
      #expect(diff.missing.isEmpty)
      #expect(diff.changed.map(\.tensor).sorted() == quantized.map(\.name).sorted())
      #expect(diff.added.sorted() == quantized.map { $0.name.dropLast("weight".count) + "scales" }.sorted())
      #expect(diff.equal == audit.tensors.count - quantized.count)
      #expect(diff.head.left > 0)
      #expect(diff.head.right == audit.tensors.count { $0.origin == "head" })
    }
  }

  @Test func `a folder without weights is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      #expect(
        try diagnostic { _ = try ModelDiff(FilePath(shop.source), FilePath(shop.path), threads: 1) }.code
          == "E_NO_SAFETENSORS")
      #expect(
        try diagnostic { _ = try ModelDiff(FilePath(shop.path + "/nowhere"), FilePath(shop.source), threads: 1) }.code
          == "E_SOURCE_MISSING")
    }
  }
}
