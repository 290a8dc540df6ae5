import StrictJSON
import Testing

/// Where the head comes from, and what becomes of it.
@Suite struct HeadConversionTests {
  @Test func `a grafted head is the donor's with one added to its norms`() throws {
    let donor = TinyCheckpoint(.dense) { $0.seed = 2 }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor.headOnly) { shop in
      try shop.run()
      let package = Package(shop.package)
      #expect(
        try digest(package.tensor("mtp.fc.weight").bytes) == digest(donor.tensors["mtp.fc.weight"]?.bytes))
      let norm = try #require(donor.tensors["mtp.norm.weight"]).bytes
      let written = bf16(try package.tensor("mtp.norm.weight").bytes)
      #expect(digest(written) == digest(bf16(norm).map { nearestBF16(value($0) + 1) }))
      let audit = try package.audit
      #expect(audit.head?.isGrafted == true)
      #expect(audit.head?.file == "mtp.safetensors")
      #expect(audit.tensors.filter { $0.origin == "head" }.count == donor.headOnly.tensors.count)
    }
  }

  /// A donor that was converted before stores factors, not offsets: they are not shifted again.
  @Test(arguments: [["norm_convention": "gamma", "format": "pt"], ["format": "mlx"]])
  func `a head in gamma is not shifted again`(metadata: [String: String]) throws {
    var donor = TinyCheckpoint(.dense) { $0.seed = 2 }.headOnly
    donor.tensors = TinyCheckpoint.converted(donor.tensors)
    donor.metadata = metadata
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      try shop.run()
      let package = Package(shop.package)
      for name in ["mtp.norm.weight", "mtp.layers.0.self_attn.q_norm.weight"] {
        #expect(try digest(package.tensor(name).bytes) == digest(donor.tensors[name]?.bytes))
      }
      #expect(try package.auditJSON["head"]?["source_norm_convention"] == "gamma")
      let trunk = "language_model.model.norm.weight"
      let before = try #require(TinyCheckpoint(.dense).tensors["model.language_model.norm.weight"]).bytes
      #expect(digest(bf16(try package.tensor(trunk).bytes)) == digest(bf16(before).map { nearestBF16(value($0) + 1) }))
    }
  }

  /// The head file of a package serves as a donor, and comes out as it went in.
  @Test func `the head of a package is a donor again`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let first = try readBytes(shop.package + "/mtp.safetensors")
      try source.stripped.write(to: shop.path + "/bare")
      try shop.writeManifest([("source", "bare"), ("donor", "package"), ("output", "second")])
      try shop.run()
      #expect(try digest(readBytes(shop.path + "/second/mtp.safetensors")) == digest(first))
    }
  }

  @Test func `head none drops the head`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("head", "none")])
      try shop.run()
      let package = Package(shop.package)
      #expect(!exists(shop.package + "/mtp.safetensors"))
      #expect(try package.names.allSatisfy { !$0.contains("mtp.") })
      let audit = try package.auditJSON
      #expect(audit["head"]?["present"] == false)
      let dropped = audit["dropped"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      #expect(dropped.sorted() == source.headOnly.tensors.keys.sorted())
    }
  }

  @Test func `identical head in source and donor is no conflict`() throws {
    let source = TinyCheckpoint(.next)
    let kept = try withWorkshop(source: source) { shop in
      try shop.run()
      return try readBytes(shop.package + "/mtp.safetensors")
    }
    try withWorkshop(source: source, donor: source.headOnly) { shop in
      try shop.run()
      #expect(try digest(readBytes(shop.package + "/mtp.safetensors")) == digest(kept))
    }
  }

  /// The donor's head lies under another prefix and in one shard with everything else.
  @Test(arguments: ["model.mtp.", "language_model.mtp.", "model.language_model.mtp."])
  func `the head is found wherever it is`(prefix: String) throws {
    let whole = TinyCheckpoint(.dense)
    var donor = whole
    for name in whole.headOnly.tensors.keys { donor.rename(name, to: prefix + name.dropFirst("mtp.".count)) }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      try shop.run()
      let written = try Package(shop.package).tensor("mtp.fc.weight").bytes
      #expect(digest(written) == digest(whole.tensors["mtp.fc.weight"]?.bytes))
    }
  }

  @Test func `split and fused heads make the same package`() throws {
    let split = TinyCheckpoint(.mixture)
    var fused = split
    for name in split.tensors.keys where name.hasPrefix("mtp.layers.0.mlp.experts.") {
      fused.tensors[name] = nil
    }
    let part = { (expert: Int, name: String) in
      split.tensors["mtp.layers.0.mlp.experts.\(expert).\(name).weight"]?.bytes ?? []
    }
    fused.tensors["mtp.layers.0.mlp.experts.gate_up_proj"] = TinyCheckpoint.Tensor(
      dtype: .bf16, shape: [4, 128, 64], bytes: (0..<4).flatMap { part($0, "gate_proj") + part($0, "up_proj") })
    fused.tensors["mtp.layers.0.mlp.experts.down_proj"] = TinyCheckpoint.Tensor(
      dtype: .bf16, shape: [4, 64, 64], bytes: (0..<4).flatMap { part($0, "down_proj") })
    let head = { (source: TinyCheckpoint) in
      try withWorkshop(source: source) { shop in
        try shop.run()
        return try readBytes(shop.package + "/mtp.safetensors")
      }
    }
    #expect(try digest(head(split)) == digest(head(fused)))
  }
}
