import Testing

/// Wherever a head lies and however it is stored, on whatever trunk it is grafted: the package carries the same bytes.
@Suite struct DonorShapeTests {
  static let families: [TinyCheckpoint.Family] = [.dense, .mixture, .next]

  /// Trunk and donor are the same model, so that every shape that carries a trunk is paired with it.
  @Test(arguments: families)
  func `every shape on every trunk makes the same head`(family: TinyCheckpoint.Family) throws {
    let whole = TinyCheckpoint(family)
    try withWorkshop(source: whole.stripped) { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "mlx-donor")
      var wanted: String?
      for kind in TrunkKind.allCases {
        let trunk = kind == .raw ? "source" : "trunk-\(kind)"
        if kind != .raw { _ = try shop.convertTrunk(whole, kind, to: trunk) }
        for shape in DonorShape.allCases
        where family.isMixture || !["fusedExperts", "stackedExperts"].contains("\(shape)") {
          let donor = "donor-\(shape)"
          if !exists(shop.path + "/" + donor) { try shape.donor(whole, mlx: mlx).write(to: shop.path + "/" + donor) }
          try shop.writeManifest([
            ("source", .string(trunk)), ("donor", .string(donor)), ("pipeline", "graft-only"),
            ("output", .string("out-\(kind)-\(shape)")),
          ])
          try shop.run()
          let head = try #require(
            digest(try readBytes(shop.path + "/out-\(kind)-\(shape)/mtp.safetensors"))
          ).hex
          if wanted == nil { wanted = head }
          #expect(head == wanted, "\(shape.rawValue) on \(kind.rawValue)")
        }
      }
      // And they are the right ones: the norms have 1 added, everything else is as it was.
      let package = Package(shop.path + "/out-raw-lastShard")
      for (name, tensor) in TinyCheckpoint.converted(whole.head) {
        #expect(try digest(package.tensor(name).bytes) == digest(tensor.bytes), "\(name)")
      }
    }
  }

  @Test func `a head in F32 is kept in F32`() throws {
    let whole = TinyCheckpoint(.dense)
    var donor = whole.headOnly
    for (name, tensor) in donor.tensors {
      let wide = bf16(tensor.bytes).flatMap { [0, 0, UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      donor.tensors[name] = .init(dtype: .f32, shape: tensor.shape, bytes: wide)
    }
    try withWorkshop(source: whole.stripped, donor: donor) { shop throws in
      try shop.run()
      let package = Package(shop.package)
      let fc = try package.tensor("mtp.fc.weight")
      #expect(fc.dtype == .f32)
      #expect(digest(fc.bytes) == digest(donor.tensors["mtp.fc.weight"]?.bytes))
      let norm = try package.tensor("mtp.norm.weight")
      let before = bf16(try #require(whole.tensors["mtp.norm.weight"]).bytes)
      let wanted = before.map { value($0) + 1 }.flatMap { number in
        (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt32($0))) }
      }
      #expect(digest(norm.bytes) == digest(wanted))
    }
  }

  /// The copy for another reader in a folder below is not read when the folder itself has the head.
  @Test func `a head beside its nested copy is read once`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop(source: whole.stripped) { shop throws in
      var donor = DonorShape.nested.donor(whole, mlx: [])
      donor.files.append(.init(path: "mtp.safetensors", tensors: whole.head, isListed: false))
      try donor.write(to: shop.donor)
      try shop.writeManifest([("donor", "donor")])
      let run = try shop.open()
      #expect(run.resolution.head?.evidence.shards == ["mtp.safetensors"])
      #expect(run.plan.notes.contains { $0.hasPrefix("donor: mtp/model.safetensors is not read") })
    }
  }
}
