import Checkpoint
import SystemPackage
import Planning
import Readers
import StrictJSON
import Testing

/// What each known reader makes of a head in each place. `tools/interop` asks the readers themselves.
@Suite struct ReaderMatrixTests {
  enum Place: String, CaseIterable {
    case none, shard, listed, unlisted, unindexed, modelFile, nested, declared, drafter
  }

  /// A converted model with its head in a place.
  private func verdicts(
    _ family: TinyCheckpoint.Family, _ place: Place,
    _ change: (inout [String: TinyCheckpoint.Tensor]) -> Void = { _ in }
  ) throws -> ReaderMatrix {
    let whole = TinyCheckpoint(family)
    return try withWorkshop { shop in
      var files = try shop.convertTrunk(whole, .affine4, to: "mlx")
      var head = TinyCheckpoint.converted(whole.head)
      change(&head)
      switch place {
      case .none, .drafter: break
      case .shard: files[0].tensors.merge(head) { first, _ in first }
      case .listed, .unlisted, .unindexed:
        files.append(
          .init(path: "mtp.safetensors", tensors: head, metadata: ["format": "mlx"], isListed: place == .listed))
      case .modelFile:
        files.append(
          .init(path: "model-mtp.safetensors", tensors: head, metadata: ["format": "mlx"], isListed: false))
      case .nested, .declared:
        files.append(
          .init(path: "mtp/weights.safetensors", tensors: head, metadata: ["format": "mlx"], isListed: false))
      }
      var config = try readJSON(shop.path + "/mlx/config.json")
      if place != .none, var text = config["text_config"] {
        text.set("mtp_num_hidden_layers", to: 1)
        config.set("text_config", to: text)
      }
      var model = HeadDonor(files: files, config: config)
      model.hasIndex = place != .unindexed
      if place == .declared {
        model.others["mtp/manifest.json"] = ["artifact_schema_version": 1, "rmsnorm_weight_format": "mlx_gamma"]
      }
      try model.write(to: shop.path + "/model")
      if place == .drafter { try DonorShape.drafter.donor(whole, mlx: []).write(to: shop.path + "/model-mtp") }
      return try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.path + "/model"))))
    }
  }

  private static let short: [Character: ReaderVerdict.Word] = [
    "H": .withHead, "w": .withoutHead, "R": .refuses, "C": .corrupts,
  ]

  /// One letter a reader, in the order of `Reader.all`: H with head, w without, R refuses, C would corrupt.
  @Test(arguments: [
    (TinyCheckpoint.Family.dense, Place.none, "wwwwwwwwwC"), (.dense, .shard, "CwCwwHCwwC"),
    (.dense, .listed, "wwCwwHCwwC"),
    (.dense, .unlisted, "wwwwwHwwwC"), (.dense, .unindexed, "wwCwwHCwwC"), (.dense, .modelFile, "CwwwwHwwHC"),
    (.dense, .nested, "wwwwwwwwHC"), (.dense, .declared, "wwwwwwwwHC"), (.dense, .drafter, "wwHHHHwwwC"),
    (.next, .none, "wwwwwwwwwC"), (.next, .shard, "RRRRRRRRRR"), (.next, .listed, "wwRRRRRRwC"),
    (.next, .unlisted, "wwwwwHwwwC"), (.next, .unindexed, "wwRRRRRRwC"), (.next, .modelFile, "RRwwwHwwRR"),
    (.next, .nested, "wwwwwwwwwC"), (.next, .drafter, "wwwwwHwwwC"),
    (.mixture, .unlisted, "wwwwwHwwwC"), (.mixture, .shard, "CwCwwHCwwC"), (.mixture, .declared, "wwwwwwwwHC"),
  ])
  func `every reader has its verdict in every place`(family: TinyCheckpoint.Family, place: Place, wanted: String) throws
  {
    let matrix = try verdicts(family, place)
    #expect(matrix.rows.map(\.verdict.word) == wanted.compactMap { Self.short[$0] })
    #expect(matrix.rows.allSatisfy { !$0.verdict.reason.isEmpty })
    #expect(matrix.json.arrayValue?.count == Reader.all.count)
  }

  /// The stock splitter's folder of a Qwen3-Next head is refused by older releases; ours is not.
  @Test func `a drafter of the package is loaded by every release`() throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop throws in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      var options = shop.options
      for target in PackageTarget.allCases {
        options.target = target
        try shop.run(options)
      }
      for path in [shop.package, shop.package + "-mtp"] {
        let matrix = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(path))))
        let words = matrix.rows.filter { $0.reader.name.hasPrefix("mlx-vlm") }.map(\.verdict.word)
        #expect(words == Array(repeating: .withHead, count: 4), "\(path)")
      }
    }
  }

  /// mlx-vlm up to 0.6.10 looks for the router's 8 bits under another name.
  @Test func `number formats of single modules are missed by older releases`() throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop throws in
      try shop.writeManifest([
        ("rules", [["role": "router", "treatment": ["quantize": ["mode": "affine", "bits": 8]]]])
      ])
      try shop.run()
      let matrix = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package))))
      #expect(matrix["mlx-vlm>=0.6.9,<0.6.12"]?.word == .refuses)
      #expect(matrix["mlx-vlm>=0.6.12,<0.7.8"]?.word == .withoutHead)
    }
  }

  @Test func `a head with its own number of experts is only loaded from a drafter`() throws {
    let source = TinyCheckpoint(.next) { $0.experts = 3 }.stripped
    let donor = TinyCheckpoint(.next) { $0.experts = 5 }.headOnly
    try withWorkshop(source: source, donor: donor) { shop throws in
      try shop.run()
      let folder = try CheckpointFolder(.folder(FilePath(shop.package)))
      let alone = try ReaderMatrix.verdicts(of: folder)
      #expect(alone["mlx-vlm>=0.7.8"]?.word == .withoutHead)
      #expect(alone["mlx-vlm>=0.7.8"]?.reason.contains("it has 5 experts, num_experts is 3") == true)
      try shop.writeManifest([("donor", "donor"), ("layouts", ["sidecar", "drafter"])])
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      #expect(try ReaderMatrix.verdicts(of: folder)["mlx-vlm>=0.7.8"]?.word == .withHead)
    }
  }

  @Test func `a head whose norms were never shifted corrupts drafts`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "mlx")
      let raw = HeadDonor.File(
        path: "mtp.safetensors", tensors: whole.head, metadata: ["format": "mlx"], isListed: false)
      try HeadDonor(files: mlx + [raw], config: try readJSON(shop.path + "/mlx/config.json")).write(to: shop.donor)
      let verdict = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.donor))))["mlx-vlm>=0.7.8"]
      #expect(verdict?.word == .corrupts)
    }
  }

  @Test func `a head that says nothing of its norms is shifted again by vllm-mlx, and the reason says what helps`()
    throws
  {
    // Two norms of every real head lie below a half, as plain factors.
    let low = { (head: inout [String: TinyCheckpoint.Tensor]) in
      for name in ["mtp.pre_fc_norm_embedding.weight", "mtp.pre_fc_norm_hidden.weight"] {
        let count = head[name]?.elementCount ?? 0
        head[name]?.bytes = bytes(Array(repeating: 0x3E80, count: count))
      }
    }
    for place in [Place.nested, .modelFile] {
      let verdict = try verdicts(.dense, place, low)["vllm-mlx"]
      #expect(verdict?.word == .corrupts)
      #expect(verdict?.reason.hasPrefix("it adds 1 to mtp.pre_fc_norm_embedding.weight and 1 more") == true)
      #expect(verdict?.reason.contains("mtp/manifest.json") == true)
    }
    #expect(try verdicts(.dense, .declared, low)["vllm-mlx"]?.word == .withHead)
  }

  @Test func `a head in the folder without its prefix gives vllm-mlx nothing to draft with`() throws {
    let bare = { (head: inout [String: TinyCheckpoint.Tensor]) in
      head = head.renamed { String($0.dropFirst("mtp.".count)) }
    }
    let matrix = try verdicts(.dense, .declared, bare)
    #expect(matrix["vllm-mlx"]?.word == .corrupts)
    #expect(matrix["vllm-mlx"]?.reason.contains("begins with mtp.") == true)
    #expect(matrix["mlx-lm>=0.32"]?.word == .withoutHead)
  }

  @Test func `layers out of the interval, and a missing tokenizer, are what readers refuse`() throws {
    try withWorkshop { shop throws in
      let files = try shop.convertTrunk(TinyCheckpoint(.dense), .affine4, to: "mlx")
      var config = try readJSON(shop.path + "/mlx/config.json")
      try HeadDonor(files: files, config: config).write(to: shop.path + "/plain")
      func words(_ name: String) throws -> Set<ReaderVerdict.Word> {
        Set(
          try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.path + "/" + name)))).rows.map(
            \.verdict.word))
      }
      #expect(try words("plain") == [.withoutHead, .corrupts])
      try removeFile(shop.path + "/plain/tokenizer.json")
      #expect(try words("plain") == [.refuses])
      // The same layers, with an interval that says another thing.
      var text = try #require(config["text_config"])
      text.set("layer_types", to: ["linear_attention", "linear_attention", "linear_attention", "full_attention"])
      text.set("full_attention_interval", to: 2)
      config.set("text_config", to: text)
      try HeadDonor(files: files, config: config).write(to: shop.path + "/pruned")
      #expect(try words("pruned") == [.refuses])
      let verdict = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.path + "/pruned"))))[
        "mlx-lm>=0.32"]
      #expect(verdict?.reason == "it goes by full_attention_interval 2, but layer 1 has linear attention")
    }
  }

  // MARK: readers that a manifest requires

  @Test func `required readers that load are no obstacle`() throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop throws in
      let names = ["mlx-lm<=0.31.3", "mlx-lm>=0.32", "mlx-vlm>=0.7.8", "mlx-swift-lm>=2026-08-31"]
      try shop.writeManifest([("readers", .array(names.map { .string($0) }))])
      #expect(try shop.open().plan.head != nil)
    }
  }

  @Test func `a required reader that would corrupt the model refuses the plan`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("layouts", ["indexed"]), ("readers", ["mlx-vlm<0.6.9"])])
      let error = try shop.refusal("required-reader-would-corrupt")
      #expect(error.code == "E_READER")
      #expect(error.expected == "mlx-vlm<0.6.9 loads with head")
    }
  }

  @Test func `a required reader that finds no head refuses the plan`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9,<0.6.12"])])
      #expect(try shop.refusal("required-reader-finds-no-head").code == "E_READER")
      // The name of earlier versions means the same.
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9"])])
      #expect(try shop.refusal("required-reader-finds-no-head").code == "E_READER")
      // The drafter's folder is made behind the package; until then the reader finds no head.
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9"]), ("layouts", ["sidecar", "drafter"])])
      try shop.run()
      #expect(try !verification(of: shop.package).isGood)
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      #expect(try verification(of: shop.package).isGood)
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9"]), ("head", "none")])
      #expect(try shop.open().plan.head == nil)
    }
  }

  @Test func `an unknown reader is refused with the list`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("readers", ["mlx-llm"])])
      #expect(try shop.refusal("unknown-reader").code == "E_READER_UNKNOWN")
    }
  }
}
