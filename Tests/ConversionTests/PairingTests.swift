import Digests
import Checkpoint
import StrictJSON
import Testing

/// What proves that a head belongs to a trunk, and what happens when it does not.
@Suite struct PairingTests {
  @Test func `a donor with the same trunk is the same model`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop(source: whole.stripped, donor: whole) { shop throws in
      let pairing = try #require(try shop.open().resolution.pairing)
      #expect(pairing.verdict == .same)
      #expect(pairing.evidence.first?.hasPrefix("all ") == true)
    }
  }

  /// A conversion has the same norms, with 1 added.
  @Test func `a conversion of the donor is the same model`() throws {
    let whole = TinyCheckpoint(.next)
    try withWorkshop { shop throws in
      _ = try shop.convertTrunk(whole, .mxfp4, to: "trunk")
      try whole.write(to: shop.donor)
      try shop.writeManifest([("source", "trunk"), ("donor", "donor"), ("pipeline", "graft-only")])
      #expect(try shop.open().resolution.pairing?.verdict == .same)
    }
  }

  /// Tuning moves the norms by little.
  @Test func `a fine-tune of the donor is derived`() throws {
    let whole = TinyCheckpoint(.dense)
    var tuned = whole.stripped
    for (name, tensor) in tuned.tensors where name.hasSuffix("layernorm.weight") {
      tuned.tensors[name] = TinyCheckpoint.shifted(tensor, by: 0.004)
    }
    try withWorkshop(source: tuned, donor: whole) { shop throws in
      let pairing = try #require(try shop.open().resolution.pairing)
      #expect(pairing.verdict == .derived)
      #expect(pairing.evidence.first?.contains("differ by 0.") == true)
    }
  }

  @Test func `another model needs consent and is marked`() throws {
    let donor = TinyCheckpoint(.dense) { $0.seed = 2 }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop throws in
      let error = try shop.refusal("head-of-another-model")
      #expect(error.code == "E_MTP_FOREIGN")
      #expect(error.exitStatus == .badInput)
      try shop.writeManifest([("donor", "donor"), ("foreign", true)])
      try shop.run()
      let pairing = try Package(shop.package).auditJSON["head"]?["pairing"]
      #expect(pairing?["verdict"] == "foreign")
      #expect(try readText(shop.package + "/README.md").contains("foreign"))
      #expect(try shop.open().plan.notes.contains { $0.hasPrefix("the head is foreign") })
    }
  }

  /// Coder models never had a head: whatever is grafted on one was trained with another trunk.
  @Test func `the head of an instruct model is foreign to a coder`() throws {
    let whole = TinyCheckpoint(.next)
    var coder = whole.stripped
    coder.config.set("_name_or_path", to: "org/Tiny-Coder-Next")
    try withWorkshop(source: coder, donor: whole.headOnly) { shop throws in
      let error = try shop.refusal("head-for-a-coder")
      #expect(error.code == "E_MTP_FOREIGN")
      #expect(error.found?.contains("Coder") == true)
    }
  }

  @Test func `a head alone is unproven and says so`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: TinyCheckpoint(.dense).headOnly) { shop throws in
      try shop.run()
      #expect(try Package(shop.package).auditJSON["head"]?["pairing"]?["verdict"] == "unproven")
      #expect(try readText(shop.package + "/README.md").contains("Nothing but shapes"))
    }
  }

  @Test func `replace takes the donor's head instead of the source's`() throws {
    let source = TinyCheckpoint(.dense)
    var donor = source
    donor.tensors["mtp.fc.weight"]?.bytes[0] ^= 1
    try withWorkshop(source: source, donor: donor) { shop throws in
      #expect(try diagnostic { _ = try shop.open() }.code == "E_MTP_EXISTS")
      try shop.writeManifest([("donor", "donor"), ("head", "replace")])
      try shop.run()
      let package = Package(shop.package)
      #expect(try digest(package.tensor("mtp.fc.weight").bytes) == digest(donor.tensors["mtp.fc.weight"]?.bytes))
      let dropped = try package.auditJSON["dropped"]?.arrayValue ?? []
      #expect(dropped.contains { $0["reason"] == "replaced by the donor's head" })
    }
  }

  @Test func `every head tensor has the digest of its source`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop(source: whole.stripped, donor: whole) { shop throws in
      try shop.run()
      for tensor in try Package(shop.package).audit.tensors where tensor.origin == "head" {
        let bytes = try #require(whole.tensors[tensor.name]?.bytes)
        let leaf = bytes.withUnsafeBytes { TreeDigest.leaf($0) }
        #expect(tensor.sourceTreeSHA256 == TreeDigest.of([leaf]).hex, "\(tensor.name)")
      }
    }
  }
}
