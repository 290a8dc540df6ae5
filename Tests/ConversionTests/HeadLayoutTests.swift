import Checkpoint
import SystemPackage
import Planning
import Safetensors
import StrictJSON
import Testing

/// Where the head is put.
@Suite struct HeadLayoutTests {
  @Test func `a sidecar is not in the index`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.run()
      #expect(try index(shop.package).allSatisfy { !$0.hasPrefix("mtp.") })
    }
  }

  @Test func `an indexed head is in the index and in its total`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("layouts", ["indexed"])])
      try shop.run()
      #expect(try index(shop.package).contains("mtp.fc.weight"))
      #expect(try verification(of: shop.package).isGood)
      #expect(try CheckpointFolder(.folder(FilePath(shop.package))).notes.isEmpty)
    }
  }

  @Test func `an indexed head is refused where a reader breaks`() throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop throws in
      try shop.writeManifest([("layouts", ["indexed"])])
      #expect(try shop.refusal("indexed-head-of-qwen3-next").code == "E_HEAD_LAYOUT")
    }
  }

  @Test(arguments: [
    ["sidecar", "indexed"], ["sidecar", "mtp-folder"], ["mtp-folder", "drafter", "indexed"], ["sidecar", "sidecar"], [],
    ["shard"],
  ])
  func `layouts that contradict each other are refused`(layouts: [String]) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("layouts", .array(layouts.map { .string($0) }))])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_MANIFEST_VALUE")
    }
  }

  /// The drafter's folder: the same bytes under names without `mtp.`, a configuration of its own, a package like any.
  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next])
  func `a drafter is a separate folder`(family: TinyCheckpoint.Family) throws {
    try withWorkshop(source: TinyCheckpoint(family)) { shop throws in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      try shop.run()
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      let folder = shop.package + "-mtp"
      let head = try HeadDonor.read(shop.package + "/mtp.safetensors")
      let drafter = try HeadDonor.read(folder + "/model.safetensors")
      #expect(drafter.keys.map { "mtp." + $0 }.sorted() == head.keys.sorted())
      for (name, tensor) in drafter { #expect(digest(tensor.bytes) == digest(head["mtp." + name]?.bytes), "\(name)") }
      let config = try Package(folder).config
      #expect(config["model_type"] == "qwen3_5_mtp")
      #expect(config["block_size"] == 3)
      #expect(config["text_config"]?["hidden_size"] == 64)
      #expect(config["base_model_type"]?.stringValue == (family == .next ? "qwen3_next" : nil))
      #expect(try verification(of: folder).isGood)
      #expect(exists(folder + "/tokenizer.json") && !exists(folder + "/generation_config.json"))
      // And it is a donor again.
      let again = try CheckpointFolder(.folder(FilePath(folder)))
      #expect(try again.head(for: CheckpointFolder(.folder(FilePath(shop.package)))).tensors.count == head.count)
    }
  }

  @Test func `a drafter alone leaves the package without a head`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("layouts", ["drafter"])])
      try shop.run()
      #expect(!exists(shop.package + "/mtp.safetensors"))
      #expect(try Package(shop.package).config["text_config"]?["mtp_num_hidden_layers"] == 0)
    }
  }

  /// A pruned trunk with a whole head: one number of experts cannot serve both, the drafter's own can.
  @Test func `a drafter has its own number of experts`() throws {
    let source = TinyCheckpoint(.next) { $0.experts = 3 }.stripped
    let donor = TinyCheckpoint(.next) { $0.experts = 5 }.headOnly
    try withWorkshop(source: source, donor: donor) { shop throws in
      try shop.writeManifest([("donor", "donor"), ("layouts", ["sidecar", "drafter"])])
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      #expect(try Package(shop.package + "-mtp").config["text_config"]?["num_experts"] == 5)
    }
  }

  @Test func `a drafter without a head is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("head", "none"), ("layouts", ["sidecar", "drafter"])])
      var beside = shop.options
      beside.target = .drafter
      #expect(try diagnostic { _ = try shop.open(beside) }.code == "E_HEAD_LAYOUT")
      #expect(PackageTarget.all(try shop.open().resolution.manifest) == [.package])
    }
  }

  /// The package's lock and the drafter's pin different plans, each in a file of its own.
  @Test func `each folder has its lock`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      var options = shop.options
      for target in PackageTarget.allCases {
        options.target = target
        try shop.run(options)
      }
      options.locked = true
      for target in PackageTarget.allCases {
        options.target = target
        try shop.run(options)
      }
      #expect(exists(shop.path + "/manifest.lock.json") && exists(shop.path + "/manifest-mtp.lock.json"))
    }
  }

  private func index(_ package: String) throws -> [String] {
    try readJSON(package + "/model.safetensors.index.json")["weight_map"]?.members?.map(\.key) ?? []
  }
}
