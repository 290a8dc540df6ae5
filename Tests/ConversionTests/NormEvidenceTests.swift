import StrictJSON
import Testing

/// How a head's norms are stored is taken from what is recorded, and held against the trunk's.
@Suite struct NormEvidenceTests {
  private func norms(_ head: [String: TinyCheckpoint.Tensor], plus amount: Float) -> [String: TinyCheckpoint.Tensor] {
    head.reduce(into: [:]) { out, pair in
      out[pair.key] =
        TinyCheckpoint.isOffsetNorm(pair.key) ? TinyCheckpoint.shifted(pair.value, by: amount) : pair.value
    }
  }

  @Test func `offsets that are marked as factors are found as never shifted`() throws {
    let whole = TinyCheckpoint(.dense)
    var donor = whole.headOnly
    donor.metadata = ["format": "mlx"]
    try withWorkshop(source: whole.stripped, donor: donor) { shop throws in
      let error = try shop.refusal("norms-never-shifted")
      #expect(error.code == "E_MTP_NORMS")
      #expect(error.summary.contains("never"))
      #expect(error.next?.contains("\"head_norms\": \"offset\"") == true)
      try shop.writeManifest([("donor", "donor"), ("head_norms", "offset")])
      try shop.run()
      for (name, tensor) in TinyCheckpoint.converted(whole.head) {
        #expect(try digest(Package(shop.package).tensor(name).bytes) == digest(tensor.bytes), "\(name)")
      }
    }
  }

  @Test func `factors that are marked as offsets are found as shifted twice`() throws {
    let whole = TinyCheckpoint(.mixture)
    let donor = whole.headOnly.with(TinyCheckpoint.converted(whole.head))
    try withWorkshop(source: whole.stripped, donor: donor) { shop throws in
      let error = try shop.refusal("norms-would-be-shifted-twice")
      #expect(error.code == "E_MTP_NORMS")
      #expect(error.summary.contains("too often"))
      #expect(error.next?.contains("\"head_norms\": \"gamma\"") == true)
    }
  }

  @Test func `factors with one added twice have no remedy but the release`() throws {
    let whole = TinyCheckpoint(.next)
    var donor = whole.headOnly.with(norms(TinyCheckpoint.converted(whole.head), plus: 1))
    donor.metadata = ["format": "mlx"]
    try withWorkshop(source: whole.stripped, donor: donor) { shop throws in
      let error = try shop.refusal("norms-shifted-twice")
      #expect(error.code == "E_MTP_NORMS")
      #expect(error.next?.contains("release") == true)
    }
  }

  /// The means of `pre_fc_norm_*` are far from 1 in released models; they decide nothing.
  @Test(arguments: [Float(-0.75), -0.5, 0.6])
  func `pre-fusion norms decide nothing`(mean: Float) throws {
    var whole = TinyCheckpoint(.dense)
    for name in ["mtp.pre_fc_norm_embedding.weight", "mtp.pre_fc_norm_hidden.weight"] {
      whole.tensors[name] = whole.tensors[name].map { TinyCheckpoint.shifted($0, by: mean) }
    }
    try withWorkshop(source: whole.stripped, donor: whole.headOnly) { shop throws in
      #expect(try shop.open().resolution.head?.norms.convention == .offset)
    }
  }

  /// One type of norm may lie outside the trunk's range in a sound head.
  @Test func `one type that differs is no proof`() throws {
    var whole = TinyCheckpoint(.dense)
    let name = "mtp.layers.0.self_attn.k_norm.weight"
    whole.tensors[name] = whole.tensors[name].map { TinyCheckpoint.shifted($0, by: 1.5) }
    try withWorkshop(source: whole.stripped, donor: whole.headOnly) { shop throws in
      let head = try shop.open().resolution.head
      #expect(head?.norms.convention == .offset)
      #expect(head?.norms.evidence.contains("agree") == false)
    }
  }

  @Test func `an unmarked file beside a conversion is decided by the trunk`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop(source: whole.stripped) { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "mlx")
      for (name, head) in [("offsets", whole.head), ("factors", TinyCheckpoint.converted(whole.head))] {
        try HeadDonor(
          files: mlx + [.init(path: "mtp.safetensors", tensors: head, metadata: [:], isListed: false)],
          config: whole.config
        ).write(to: shop.path + "/" + name)
        try shop.writeManifest([("donor", .string(name)), ("output", .string("out-" + name))])
        try shop.run()
      }
      #expect(
        try digest(readBytes(shop.path + "/out-offsets/mtp.safetensors"))
          == digest(readBytes(shop.path + "/out-factors/mtp.safetensors")))
    }
  }

  @Test func `an unmarked file that the trunk does not decide needs a word`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop(source: whole.stripped) { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "mlx")
      // Half a unit between both readings: neither is nearer.
      let head = norms(whole.head, plus: 0.5)
      try HeadDonor(
        files: mlx + [.init(path: "mtp.safetensors", tensors: head, metadata: [:], isListed: false)],
        config: whole.config
      ).write(to: shop.donor)
      try shop.writeManifest([("donor", "donor")])
      #expect(try shop.refusal("norms-unknown").code == "E_MTP_NORMS_UNKNOWN")
      try shop.writeManifest([("donor", "donor"), ("head_norms", "gamma")])
      #expect(try shop.open().resolution.head?.norms.convention == .gamma)
    }
  }

  @Test func `another order of inputs is refused`() throws {
    var donor = TinyCheckpoint(.dense).headOnly
    donor.metadata["fc_input_order"] = "hidden,embedding"
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop throws in
      #expect(try shop.refusal("head-with-another-input-order").code == "E_MTP_INPUT_ORDER")
    }
  }
}
