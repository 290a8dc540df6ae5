import Checkpoint
import SystemPackage
import Planning
import Readers
import StrictJSON
import Testing

/// What each known reader makes of a head in each place. `tools/interop` asks the readers themselves.
@Suite struct ReaderMatrixTests {
  enum Place: String, CaseIterable {
    case none, shard, listed, unlisted, unindexed, modelFile, nested, drafter
  }

  /// A converted model with its head in a place.
  private func verdicts(_ family: TinyCheckpoint.Family, _ place: Place) throws -> ReaderMatrix {
    let whole = TinyCheckpoint(family)
    return try withWorkshop { shop in
      var files = try shop.convertTrunk(whole, .affine4, to: "mlx")
      let head = TinyCheckpoint.converted(whole.head)
      switch place {
      case .none, .drafter: break
      case .shard: files[0].tensors.merge(head) { first, _ in first }
      case .listed, .unlisted, .unindexed:
        files.append(
          .init(path: "mtp.safetensors", tensors: head, metadata: ["format": "mlx"], isListed: place == .listed))
      case .modelFile:
        files.append(
          .init(path: "model-mtp.safetensors", tensors: head, metadata: ["format": "mlx"], isListed: false))
      case .nested:
        files.append(
          .init(path: "mtp/weights.safetensors", tensors: head, metadata: ["format": "mlx"], isListed: false))
      }
      var model = HeadDonor(files: files, config: try readJSON(shop.path + "/mlx/config.json"))
      model.hasIndex = place != .unindexed
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
    (TinyCheckpoint.Family.dense, Place.none, "wwwwwwwww"), (.dense, .shard, "CwCwwHCww"),
    (.dense, .listed, "wwCwwHCww"),
    (.dense, .unlisted, "wwwwwHwww"), (.dense, .unindexed, "wwCwwHCww"), (.dense, .modelFile, "CwwwwHwwH"),
    (.dense, .nested, "wwwwwwwwH"), (.dense, .drafter, "wwHHHHwww"),
    (.next, .none, "wwwwwwwww"), (.next, .shard, "RRRRRRRRR"), (.next, .listed, "wwRRRRRRw"),
    (.next, .unlisted, "wwwwwHwww"), (.next, .unindexed, "wwRRRRRRw"), (.next, .modelFile, "RRwwwHwwR"),
    (.next, .nested, "wwwwwwwwH"), (.next, .drafter, "wwwwwHwww"),
    (.mixture, .unlisted, "wwwwwHwww"), (.mixture, .shard, "CwCwwHCww"),
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
      #expect(matrix["mlx-vlm>=0.6.9"]?.word == .refuses)
      #expect(matrix["mlx-vlm>=0.6.12"]?.word == .withoutHead)
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
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9"])])
      #expect(try shop.refusal("required-reader-finds-no-head").code == "E_READER")
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9"]), ("layouts", ["sidecar", "drafter"])])
      #expect(try shop.open().plan.head != nil)
      try shop.writeManifest([("readers", ["mlx-vlm>=0.6.9"]), ("head", "none")])
      #expect(try shop.open().plan.head == nil)
    }
  }

  @Test func `an unknown reader is refused with the list`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("readers", ["mlx-lm"])])
      #expect(try shop.refusal("unknown-reader").code == "E_READER_UNKNOWN")
    }
  }
}
