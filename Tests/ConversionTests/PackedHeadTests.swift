import StrictJSON
import Testing

/// A head that was quantized before, as the donor's package carries it.
@Suite struct PackedHeadTests {
  /// A donor that is a package with an 8-bit head, made of `whole`, in `donor`.
  private func withPackedDonor(
    _ family: TinyCheckpoint.Family, _ body: (Workshop, TinyCheckpoint) throws -> Void
  ) throws {
    let whole = TinyCheckpoint(family)
    try withWorkshop(source: whole) { shop throws in
      try shop.writeManifest([("pipeline", "lean-mtp"), ("output", "donor")])
      try shop.run()
      try whole.stripped.write(to: shop.source)
      for file in filesBelow(shop.source) where !whole.stripped.shards.map(\.file).contains(file) && file.hasSuffix("s")
      {
        try removeFile(shop.source + "/" + file)
      }
      try body(shop, whole)
    }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .next])
  func `a quantized head keeps its bytes and its parameters`(family: TinyCheckpoint.Family) throws {
    try withPackedDonor(family) { shop, _ throws in
      try shop.writeManifest([("donor", "donor")])
      try shop.run()
      let before = try HeadDonor.read(shop.donor + "/mtp.safetensors")
      let after = try HeadDonor.read(shop.package + "/mtp.safetensors")
      #expect(before.keys.sorted() == after.keys.sorted())
      #expect(after.keys.contains("mtp.fc.scales"))
      for (name, tensor) in before { #expect(digest(after[name]?.bytes) == digest(tensor.bytes), "\(name)") }
      let key = "mtplx_mtp_quantization"
      #expect(try Package(shop.package).config[key] == Package(shop.donor).config[key])
      #expect(try Package(shop.package).config[key]?["bits"] == 8)
      #expect(try verification(of: shop.package).isGood)
    }
  }

  @Test func `a rule that would quantize again is refused in a manifest`() throws {
    try withPackedDonor(.dense) { shop, _ throws in
      for treatment: JSONValue in [["quantize": ["mode": "affine", "bits": 4]], ["cast": "f32"]] {
        try shop.writeManifest([
          ("donor", "donor"), ("rules", [["match": "mtp.fc.weight", "treatment": treatment]]),
        ])
        #expect(try diagnostic { _ = try shop.open() }.code == "E_RULE_STRUCTURE")
      }
    }
  }

  @Test func `a pipeline that quantizes the head leaves it as it is`() throws {
    try withPackedDonor(.dense) { shop, _ throws in
      try shop.writeManifest([("donor", "donor"), ("pipeline", "lean-mtp")])
      let fc = try #require(try shop.open().plan.tensors.first { $0.name == "mtp.fc.weight" })
      #expect(fc.verdict == .keep)
      #expect(fc.reason == "kept: quantized before (affine 8/64)")
    }
  }
}
