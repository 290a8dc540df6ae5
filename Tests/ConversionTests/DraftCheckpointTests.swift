import Audit
import Digests
import Foundation
import Manifests
import Safetensors
import StrictJSON
import SystemPackage
import TestSupport
import Testing

/// A drafter with weights of its own that a manifest names.
@Suite struct DraftCheckpointTests {
  private static let fixtures = Repository.tests("InferenceTests") + "/Fixtures/drafters"
  private static let dflash = fixtures + "/demo-dflash"
  private static let eagle3 = fixtures + "/tiny-eagle3"
  private static let check: JSONValue = ["prompts": 1, "tokens": 12, "depths": [1]]

  /// A shop with the demo and a drafter.
  private func withDrafter(
    _ drafter: String = dflash, _ members: [(String, JSONValue)] = [], without: [String] = [],
    _ body: (Workshop) throws -> Void
  ) throws {
    try withWorkshop { shop in
      try shop.writeManifest(
        [
          ("source", .string(Repository.demoTrunk)), ("donor", .string(Repository.demoDonor)),
          ("drafter", .string(drafter)), ("check", DraftCheckpointTests.check),
        ] + members, without: without)
      try body(shop)
    }
  }

  /// A copy of a drafter in the shop that may be changed: `drafter`.
  private func copy(_ drafter: String = dflash, to shop: Workshop) throws -> String {
    let path = shop.path + "/copied-drafter"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try writeBytes(readBytes(drafter + "/" + name), path + "/" + name)
    }
    try editJSON(shop.manifest) { $0.set("drafter", to: .string(path)) }
    return path
  }

  @Test func `the drafter is in the package as it was, and the package accounts for it`() throws {
    try withDrafter { shop in
      let folder = try copy(to: shop)
      for name in ["LICENSE", "README.md", "dflash.py", "training_metrics.json"] {
        try writeBytes(Array("of the drafter: \(name)\n".utf8), folder + "/" + name)
      }
      let observer = SilentObserver()
      try shop.run(nil, observer)
      let names = filesBelow(shop.package + "/drafter")
      #expect(names == ["LICENSE", "README.md", "config.json", "model.safetensors"])
      for name in names where name != "config.json" {
        #expect(digest(try readBytes(shop.package + "/drafter/" + name)) == digest(try readBytes(folder + "/" + name)))
      }
      // The configuration is the same but for the code that it names, and that is not there.
      var config = try readJSON(folder + "/config.json")
      #expect(config["auto_map"] != nil)
      config.removeKey("auto_map")
      #expect(try readJSON(shop.package + "/drafter/config.json") == config)
      #expect(observer.notes.contains { $0.contains("auto_map in the drafter's config.json is left out") })

      let report = try verification(of: shop.package)
      #expect(report.isGood, "\(report.text)")
      #expect(report.checks.contains { $0.name == "drafter" && $0.scope.contains("25 tensors") })

      let package = Package(shop.package)
      let drafter = try #require(try package.audit.drafter)
      #expect(drafter.architecture == "DFlashDraftModel" && drafter.decoder == "dflash")
      #expect(drafter.block == 8 && drafter.taps == [1, 4, 6] && drafter.file == "drafter/model.safetensors")
      let weights = try SafetensorsFile(path: FilePath(folder + "/model.safetensors"))
      #expect(drafter.tensors.map(\.name) == weights.header.tensors.map(\.name))
      #expect(drafter.bytes == weights.header.dataSize)
      // None of a tensor's bytes reach over a leaf: its digest is that of one.
      let norm = try #require(weights.header["norm.weight"])
      let wanted = TreeDigest.of([try weights.readData(of: norm).withUnsafeBytes { TreeDigest.leaf($0) }])
      #expect(drafter.tensors.first { $0.name == "norm.weight" }?.treeSHA256 == wanted.hex)

      let lock = try #require(try LockFile.read(path: FilePath(shop.path + "/manifest.lock.json")))
      for name in names {
        let own = SHA256Digest.of(try readBytes(folder + "/" + name))
        #expect(lock.files.first { $0.path == "drafter/" + name }?.sha256 == own.hex, "\(name)")
        #expect(try package.audit.inputs.contains { $0.path == "drafter/" + name && $0.sha256 == own.hex })
      }
      let provenance = try readJSON(shop.package + "/provenance.json")
      let external = provenance["predicate"]?["buildDefinition"]?["externalParameters"]
      #expect(external?["drafter"]?.stringValue == "a local folder")
      #expect(try readText(shop.package + "/README.md").contains("Drafter: `drafter/`, DFlashDraftModel, blocks of 8"))
      #expect(try readText(shop.package + "/audit.html").contains("<section id=\"drafter\">"))
      let index = try readJSON(shop.package + "/model.safetensors.index.json")
      #expect(index["weight_map"]?.members?.contains { $0.value.stringValue?.contains("drafter") == true } == false)
      // The drafter's own files have one name each, and nothing is written into their folder.
      #expect(filesBelow(folder).count == 6)
    }
  }

  @Test func `decoding with the drafter is checked, and its acceptance is on the card`() throws {
    try withDrafter { shop in
      let summary = try shop.run()
      let shares = try #require(summary.check?.acceptance(of: "dflash"))
      #expect((1...7).contains(shares.shares.count) && (shares.tokensPerRound ?? 0) >= 1)
      let first = try #require(shares.shares.first ?? nil)
      let line = try #require(
        try readText(shop.package + "/README.md").split(separator: "\n").first { $0.hasPrefix("| dflash |") })
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(cells.count == 9 && Double(cells[1]).map { abs($0 - first) < 1e-4 } == true, "\(line)")
      #expect(try readText(shop.package + "/audit.html").contains("<tr><td>dflash<td"))
      let settings = try readJSON(shop.package + ".check.json")["report"]?["settings"]?.arrayValue ?? []
      #expect(settings.compactMap { $0["name"]?.stringValue } == ["mtp-1", "dflash"])
      #expect(settings.allSatisfy { $0["equal"]?.boolValue == true })
    }
  }

  @Test func `a drafter that drafts token by token goes the same way`() throws {
    try withDrafter(DraftCheckpointTests.eagle3) { shop in
      let summary = try shop.run()
      let shares = try #require(summary.check?.acceptance(of: "eagle3"))
      #expect((1...5).contains(shares.shares.count))
      #expect(try verification(of: shop.package).isGood)
      let drafter = try #require(try Package(shop.package).audit.drafter)
      #expect(drafter.block == nil && drafter.decoder == "eagle3" && drafter.tensors.count == 15)
      // What names no code stays as it was, to the byte.
      let name = "/config.json"
      #expect(try readBytes(shop.package + "/drafter" + name) == readBytes(DraftCheckpointTests.eagle3 + name))
    }
  }

  @Test func `a package without a head is decoded with its drafter alone`() throws {
    try withDrafter(DraftCheckpointTests.dflash, [("head", "none")], without: ["donor"]) { shop in
      let summary = try shop.run()
      #expect(summary.check?.acceptance(of: "dflash") != nil && summary.check?.acceptance(depth: 1) == nil)
      let card = try readText(shop.package + "/README.md")
      #expect(card.contains("with the drafter (dflash) and without."))
      #expect(try verification(of: shop.package).isGood)
    }
  }

  @Test func `the folder of the head alone has no drafter`() throws {
    try withDrafter(DraftCheckpointTests.dflash, [("layouts", ["sidecar", "drafter"]), ("check", false)]) { shop in
      try shop.run()
      let beside = try shop.open().beside(.drafter)
      _ = try beside.execute(SilentObserver())
      #expect(!exists(shop.package + "-mtp/drafter") && exists(shop.package + "/drafter"))
      #expect(try verification(of: shop.package + "-mtp").isGood && verification(of: shop.package).isGood)
    }
  }

  @Test func `a second run does nothing, and one with another drafter makes the package anew`() throws {
    try withDrafter { shop in
      let folder = try copy(to: shop)
      try shop.run()
      #expect(try shop.run().done.isEmpty)
      let before = try readBytes(shop.package + "/SHA256SUMS")
      // The lower byte of a number: it stays one.
      try flipByte(folder + "/model.safetensors", fromEnd: 2)
      let done = try shop.run().done.map(\.rawValue)
      #expect(done.contains("check") && done.contains("package"))
      #expect(try readBytes(shop.package + "/SHA256SUMS") != before && verification(of: shop.package).isGood)
    }
  }

  @Test func `what is changed, missing or added in the drafter's folder is found, also with new sums`() throws {
    try withDrafter(DraftCheckpointTests.dflash, [("check", false)]) { shop in
      let folder = try copy(to: shop)
      try writeBytes([1, 10], folder + "/LICENSE")
      try shop.run()
      let changes: [(name: String, word: String, change: (String) throws -> Void)] = [
        ("a byte of a tensor", "tree_sha256", { try flipByte($0 + "/drafter/model.safetensors") }),
        ("a licence", "drafter/LICENSE", { try writeBytes([2, 10], $0 + "/drafter/LICENSE") }),
        ("no licence", "drafter/LICENSE", { try FileManager.default.removeItem(atPath: $0 + "/drafter/LICENSE") }),
        (
          "no configuration", "drafter/config.json",
          { try FileManager.default.removeItem(atPath: $0 + "/drafter/config.json") }
        ),
        (
          "another class", "DSparkDraftModel",
          { try editJSON($0 + "/drafter/config.json") { $0.set("architectures", to: ["DSparkDraftModel"]) } }
        ),
        ("a file more", "drafter/extra.txt", { try writeBytes([1], $0 + "/drafter/extra.txt") }),
        (
          "weights more", "drafter/more.safetensors",
          { try writeBytes(readBytes($0 + "/drafter/model.safetensors"), $0 + "/drafter/more.safetensors") }
        ),
        (
          "an audit without it", "the audit has no drafter",
          { try editJSON($0 + "/audit.json") { $0.removeKey("drafter") } }
        ),
      ]
      for (number, (name, word, change)) in changes.enumerated() {
        let package = Package(shop.path + "/copy-\(number)")
        try FileManager.default.copyItem(atPath: shop.package, toPath: package.path)
        try change(package.path)
        try package.sumAgain()
        let problems = try verification(of: package.path).checks.flatMap(\.problems)
        #expect(problems.contains { $0.contains(word) }, "\(name): \(problems)")
      }
    }
  }

  @Test func `a drafter of another model is refused with both numbers before anything is written`() throws {
    for (field, number, expected) in [
      ("num_target_layers", 9, "8, the model's"), ("hidden_size", 320, "256, the model's"),
      ("vocab_size", 4095, "4096, the model's"),
    ] {
      try withDrafter { shop in
        let folder = try copy(to: shop)
        try editJSON(folder + "/config.json") { $0.set(field, to: .int(number)) }
        let error = try diagnostic { try shop.run() }
        #expect(error.code == "E_DRAFTER_TARGET" && error.expected == expected && error.found == "\(number)")
        #expect(!exists(shop.package) && !exists(shop.work))
      }
    }
  }

  @Test func `a tokenizer beside the drafter has to be the source's`() throws {
    try withDrafter(DraftCheckpointTests.dflash, [("check", false)]) { shop in
      let folder = try copy(to: shop)
      let own = try readBytes(Repository.demoTrunk + "/tokenizer.json")
      try writeBytes(own, folder + "/tokenizer.json")
      try shop.run()
      #expect(!exists(shop.package + "/drafter/tokenizer.json"))
      try writeBytes(own + [10], folder + "/tokenizer.json")
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_DRAFTER_TARGET" && error.found == SHA256Digest.of(own + [10]).hex)
      #expect(error.expected?.contains(SHA256Digest.of(own).hex) == true)
    }
  }

  @Test func `a folder that is no drafter, and an output inside the drafter, are refused`() throws {
    try withDrafter(Repository.demoTrunk) { shop in
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_DRAFTER_KIND")
    }
    try withDrafter("nowhere") { shop in
      #expect(throws: (any Error).self) { try shop.run() }
      #expect(!exists(shop.work))
    }
    try withDrafter { shop in
      let folder = try copy(to: shop)
      try editJSON(shop.manifest) { $0.set("output", to: .string(folder + "/out")) }
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_OUTPUT_INSIDE_INPUT")
    }
  }

  @Test func `every document of a run with a drafter is refused with each of its fields damaged`() throws {
    try withDrafter(DraftCheckpointTests.dflash, [("check", false)]) { shop in
      try shop.run()
      var refused = 0
      for document in try shop.documents() { refused += try document.requireRefusals() }
      #expect(refused > 100)
    }
  }
}
