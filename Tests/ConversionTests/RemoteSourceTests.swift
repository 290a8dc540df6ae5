import Checkpoint
import Conversion
import Diagnostics
import Digests
import Files
import Foundation
import Manifests
import Planning
import StrictJSON
import SystemPackage
import Testing

/// A model that stays where it is becomes what its folder becomes.
@Suite struct RemoteSourceTests {
  private static let remote: JSONValue = .object([
    ("hub", .string("org/name@\(FakeElsewhere.commit)")), ("remote", true),
  ])
  /// Files that name the manifest, whose text is another one.
  private static let documents: Set<String> = [
    "README.md", "SHA256SUMS", "audit.html", "audit.json", "provenance.json",
  ]

  private func options(_ shop: Workshop, _ source: FakeElsewhere?, _ donor: FakeElsewhere? = nil) -> RunOptions {
    var options = shop.options
    options.opener = { _, request in
      guard let model = request.use == .source ? source : donor else { throw Workshop.NotRefused() }
      return model
    }
    return options
  }

  /// The package's files, and the inputs that its audit names.
  private func made(_ shop: Workshop) throws -> (files: [String: SHA256Digest], inputs: JSONValue?) {
    (
      try digests(shop.package).filter { !RemoteSourceTests.documents.contains($0.key) },
      try readJSON(shop.package + "/audit.json")["inputs"]
    )
  }

  private func clear(_ shop: Workshop) throws {
    for path in [shop.package, shop.work, shop.path + "/manifest.lock.json"] {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next], [TinyCheckpoint.ExpertLayout.split, .fused])
  func `a trunk with its head is converted as from its folder`(
    family: TinyCheckpoint.Family, experts: TinyCheckpoint.ExpertLayout
  ) throws {
    try withWorkshop(source: TinyCheckpoint(family) { $0.headLayout = experts }) { shop in
      try shop.run()
      let folder = try made(shop)
      try clear(shop)
      try shop.writeManifest([("source", RemoteSourceTests.remote)])
      let model = try FakeElsewhere(shop.source, in: shop.path + "/small")
      try shop.run(options(shop, model))
      let other = try made(shop)
      #expect(folder.files == other.files && folder.inputs == other.inputs)
      // Nothing of it is brought here as a whole, and every byte of its data is asked for.
      #expect(model.wanted.isEmpty)
      let lock = try #require(try LockFile.read(path: FilePath(shop.path + "/manifest.lock.json")))
      #expect(lock.remote.map(\.use) == ["source"] && lock.remote[0].tensors.isEmpty)
      #expect(lock.commits == ["source": FakeElsewhere.commit])
    }
  }

  @Test func `of a donor the head alone is asked for, and each of its tensors is in the lock`() throws {
    let whole = TinyCheckpoint(.dense) { $0.seed = 2 }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: whole) { shop in
      try shop.writeManifest([("donor", "donor"), ("foreign", true)])
      try shop.run()
      let folder = try made(shop)
      try clear(shop)
      try shop.writeManifest([("donor", RemoteSourceTests.remote), ("foreign", true)])
      let model = try FakeElsewhere(shop.donor, in: shop.path + "/small")
      let observer = SilentObserver()
      try shop.run(options(shop, nil, model), observer)
      let other = try made(shop)
      #expect(folder.files == other.files && folder.inputs == other.inputs)
      #expect(observer.notes.contains { $0.contains("of 1 shard, instead of") })
      let head = whole.headOnly.tensors
      let lock = try #require(try LockFile.read(path: FilePath(shop.path + "/manifest.lock.json")))
      let tensors = lock.remote.flatMap(\.tensors)
      #expect(Set(tensors.map(\.name)) == Set(head.keys))
      for tensor in tensors { #expect(tensor.sha256 == digest(head[tensor.name]?.bytes)?.hex) }
      #expect(model.wanted.count == 1)
    }
  }

  @Test func `partitions with a donor elsewhere read its head alone, and a merge makes the package of a run`() throws {
    let whole = TinyCheckpoint(.dense) { $0.seed = 2 }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: whole) { shop in
      try shop.writeManifest([("donor", RemoteSourceTests.remote), ("foreign", true)])
      let options = options(shop, nil, try FakeElsewhere(shop.donor, in: shop.path + "/small"))
      try shop.run(options)
      let single = try made(shop)
      try clear(shop)
      // The rest of the donor's shard is read by nobody, and so it is nobody's work.
      let items = try shop.open(options).items()
      #expect(!items.isEmpty && !items.contains { $0.name.hasPrefix("donor/") }, "\(items.map(\.name))")
      for index in 0..<2 {
        let partition = try #require(Partition(index, of: 2))
        _ = try shop.open(options).convert(partition, build: nil, SilentObserver())
      }
      _ = try shop.open(options).merge(MergeOptions(), SilentObserver())
      let merged = try made(shop)
      #expect(single.files == merged.files && single.inputs == merged.inputs)
    }
  }

  @Test func `other bytes of the same commit are refused, and the lock stays`() throws {
    let whole = TinyCheckpoint(.dense) { $0.seed = 2 }
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: whole.headOnly) { shop in
      try shop.writeManifest([("donor", RemoteSourceTests.remote)])
      try shop.run(options(shop, nil, FakeElsewhere(shop.donor, in: shop.path + "/small")))
      let path = shop.path + "/manifest.lock.json"
      let bytes = try readBytes(path)
      let pinned = try #require(try LockFile.read(path: FilePath(path))).remote.flatMap(\.tensors)
      let tensor = try #require(pinned.first { $0.name == "mtp.fc.weight" })
      for folder in [shop.package, shop.work] { try FileManager.default.removeItem(atPath: folder) }
      let other = try FakeElsewhere(shop.donor, in: shop.path + "/small", flipped: (tensor.file, tensor.offset))
      let error = try diagnostic { try shop.run(options(shop, nil, other)) }
      #expect(error.code == "E_LOCK_REMOTE" && error.exitStatus == .badInput)
      #expect(error.found?.contains("mtp.fc.weight: sha256 is ") == true)
      #expect(error.found?.hasSuffix("the lock has \(tensor.sha256)") == true, "\(error.text)")
      #expect(try readBytes(path) == bytes && !exists(shop.package))
    }
  }

  @Test func `a command without the network refuses the manifest`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("source", RemoteSourceTests.remote)])
      #expect(try shop.refusal("hub-remote").code == "E_HUB_REMOTE")
    }
  }

  @Test func `a source with a head of its own and a donor elsewhere needs a decision`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense), donor: TinyCheckpoint(.dense).headOnly) { shop in
      try shop.writeManifest([("donor", RemoteSourceTests.remote)])
      let model = try FakeElsewhere(shop.donor, in: shop.path + "/small")
      #expect(try diagnostic { try shop.run(options(shop, nil, model)) }.code == "E_MTP_EXISTS")
      try shop.writeManifest([("donor", RemoteSourceTests.remote), ("head", "replace")])
      try shop.run(options(shop, nil, model))
    }
  }

  @Test(arguments: ["relative_floor", "max_kl", "min_top1"])
  func `a check that decodes with the source is refused before anything is read`(field: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([
        ("source", RemoteSourceTests.remote), ("check", .object([(field, .int(1))])),
      ])
      let model = try FakeElsewhere(shop.source, in: shop.path + "/small")
      let error = try diagnostic { try shop.run(options(shop, model)) }
      #expect(error.code == "E_CHECK_MISSING" && error.text.contains(field), "\(error.text)")
    }
  }

  @Test func `both forms of a model of the hub are one`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      func source(_ value: JSONValue) throws -> ModelReference {
        try shop.writeManifest([("source", value)])
        return try Manifest(path: FilePath(shop.manifest)).source
      }
      let cached = try ModelReference.hub(HubReference("hub:org/name@main"))
      for value: JSONValue in [
        "hub:org/name@main", "hub:org/name", .object([("hub", "org/name")]),
        .object([("hub", "hub:org/name@main"), ("remote", false)]),
      ] { #expect(try source(value) == cached) }
      let remote = try source(.object([("hub", "org/name"), ("remote", true)]))
      #expect(try remote == .hub(HubReference("hub:org/name", isRemote: true)) && remote != cached)
      for (value, code): (JSONValue, String) in [
        (.object([("hub", "org/name"), ("fetched", true)]), "E_JSON_UNKNOWN_FIELD"),
        (.object([("remote", true)]), "E_JSON_MISSING_FIELD"),
        (.object([("hub", "org/name"), ("remote", "yes")]), "E_JSON_TYPE"),
        (.object([("hub", "name")]), "E_HUB_REFERENCE"), (.object([("hub", "../x/y")]), "E_HUB_REFERENCE"),
      ] { #expect(try diagnostic { _ = try source(value) }.code == code) }
    }
  }

  @Test func `a lock with records of the hub survives reading back, and one without them is still read`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      let path = FilePath(shop.path + "/manifest.lock.json")
      var lock = try #require(try LockFile.read(path: path))
      #expect(lock.remote.isEmpty && lock.json["remote"] == nil)
      let sum = String(repeating: "0f", count: 32)
      lock.remote = [
        LockFile.Remote(
          use: "donor", repository: "org/name", commit: FakeElsewhere.commit,
          files: [
            .init(path: "a", bytes: 7, stated: nil, header: sum), .init(path: "b", bytes: 8, stated: sum, header: sum),
          ],
          tensors: [.init(name: "mtp.x", file: "a", offset: 1, bytes: 2, sha256: sum)])
      ]
      try writeBytes(JSONWriter.pretty(lock.json), path.string)
      #expect(try LockFile.read(path: path) == lock)
    }
  }
}
