import Checkpoint
import SystemPackage
import PackageCheck
import StrictJSON
import Testing

/// `inspect` answers in plain words: is there a usable head, in which state, and what can be done.
@Suite struct HeadDiagnosisTests {
  private func inspect(_ checkpoint: TinyCheckpoint) throws -> Inspection {
    try withWorkshop(source: checkpoint) { shop in Inspection(try CheckpointFolder(.folder(FilePath(shop.source)))) }
  }

  private func diagnosis(_ checkpoint: TinyCheckpoint) throws -> HeadDiagnosis { try inspect(checkpoint).diagnosis }

  @Test func `a complete head is usable`() throws {
    let found = try diagnosis(TinyCheckpoint(.dense))
    #expect(found.state == .usable)
    #expect(found.summary == "complete: 15 tensors")
  }

  @Test func `a coder is told that no head was ever released`() throws {
    var coder = TinyCheckpoint(.next).stripped
    coder.config.set("_name_or_path", to: "org/Tiny-Coder-Next")
    let found = try diagnosis(coder)
    #expect(found.state == .absent)
    #expect(found.summary.contains("Coder"))
    #expect(found.advice.first?.contains("\"foreign\": true") == true)
  }

  @Test func `a pruned model is sent to the model that was pruned`() throws {
    let found = try diagnosis(TinyCheckpoint(.next) { $0.experts = 3 }.stripped)
    #expect(found.state == .absent)
    #expect(found.summary.contains("REAP"))
    #expect(found.advice.last?.contains("drafter") == true)
  }

  @Test func `a stripped fine-tune is sent to its base`() throws {
    let found = try diagnosis(TinyCheckpoint(.dense).stripped)
    #expect(found.state == .absent)
    #expect(found.summary.contains("fine-tuning"))
    #expect(found.advice.first?.contains("its card names org/tiny") == true)
  }

  @Test func `a model that promises nothing has nothing`() throws {
    let found = try diagnosis(TinyCheckpoint(.dense) { $0.hasHead = false })
    #expect(found.state == .absent)
    #expect(found.summary == "no head, and config.json promises none")
  }

  @Test func `a conversion without a head is sent to its source`() throws {
    try withWorkshop { shop throws in
      _ = try shop.convertTrunk(TinyCheckpoint(.next), .affine4, to: "mlx")
      let inspection = Inspection(try CheckpointFolder(.folder(FilePath(shop.path + "/mlx"))))
      #expect(inspection.diagnosis.state == .absent)
      #expect(inspection.diagnosis.advice.first?.contains("graft-only") == true)
      #expect(inspection.problems.isEmpty)
      #expect(inspection.readers != nil)
    }
  }

  @Test func `a misplaced head is named with the readers that break`() throws {
    let whole = TinyCheckpoint(.next)
    try withWorkshop { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "mlx")
      try DonorShape.insideConversion.donor(whole, mlx: mlx).write(to: shop.donor)
      let found = Inspection(try CheckpointFolder(.folder(FilePath(shop.donor)))).diagnosis
      #expect(found.state == .misplaced)
      #expect(found.summary.contains("mlx-lm>=0.32 refuses"))
    }
  }

  /// The advice is good: done as it says, the package is sound.
  @Test func `norms that were not shifted are named and can be repaired`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "mlx")
      let raw = HeadDonor.File(
        path: "mtp.safetensors", tensors: whole.head, metadata: ["format": "mlx"], isListed: false)
      try HeadDonor(files: mlx + [raw], config: try readJSON(shop.path + "/mlx/config.json")).write(to: shop.source)
      let inspection = Inspection(try CheckpointFolder(.folder(FilePath(shop.source))))
      #expect(inspection.diagnosis.state == .broken)
      #expect(inspection.diagnosis.summary.contains("never had 1 added"))
      #expect(inspection.problems.contains { $0.hasPrefix("E_MTP_NORMS") })
      try shop.writeManifest([("pipeline", "graft-only"), ("head", "keep"), ("head_norms", "offset")])
      try shop.run()
      for (name, tensor) in TinyCheckpoint.converted(whole.head) {
        #expect(try digest(Package(shop.package).tensor(name).bytes) == digest(tensor.bytes), "\(name)")
      }
      #expect(Inspection(try CheckpointFolder(.folder(FilePath(shop.package)))).diagnosis.state == .usable)
    }
  }

  @Test func `a head with a missing expert is broken`() throws {
    var donor = TinyCheckpoint(.next)
    donor.tensors["mtp.layers.0.mlp.experts.2.down_proj.weight"] = nil
    let found = try diagnosis(donor)
    #expect(found.state == .broken)
    #expect(found.summary.hasPrefix("E_MTP_EXPERTS_INCOMPLETE"))
    #expect(found.summary.contains("missing 2"))
  }

  @Test func `a drafter is recognised`() throws {
    let whole = TinyCheckpoint(.mixture)
    try withWorkshop { shop throws in
      try DonorShape.drafter.donor(whole, mlx: []).write(to: shop.donor)
      let inspection = Inspection(try CheckpointFolder(.folder(FilePath(shop.donor))))
      #expect(inspection.diagnosis.state == .usable)
      #expect(inspection.diagnosis.summary.contains("drafter"))
      #expect(inspection.problems.isEmpty)
    }
  }

  /// Fused experts are two of the package's tensors, experts one by one a third of a tensor each: neither is counted.
  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next], [TinyCheckpoint.ExpertLayout.split, .fused])
  func `inspect counts the folder's own tensors, and all places say the same`(
    family: TinyCheckpoint.Family, layout: TinyCheckpoint.ExpertLayout
  ) throws {
    let source = TinyCheckpoint(family) { $0.headLayout = layout }
    let found = try inspect(source)
    let json = found.json
    #expect(json["head"]?["tensors"]?.intValue == source.head.count)
    #expect(found.diagnosis.summary.hasPrefix("complete: \(source.head.count) tensors"))
    let roles = json["roles"]?.arrayValue ?? []
    #expect(roles.first { $0["role"] == "mtp" }?["tensors"]?.intValue == source.head.count)
    for key in ["tensors", "bytes"] {
      #expect(roles.reduce(0) { $0 + ($1[key]?.intValue ?? 0) } == json[key]?.intValue, "\(key)")
    }
  }

  @Test func `state and advice are in the document`() throws {
    let json = try inspect(TinyCheckpoint(.dense).stripped).json["head"]?["diagnosis"]
    #expect(json?["state"] == "absent")
    #expect(json?["advice"]?.arrayValue?.isEmpty == false)
  }
}
