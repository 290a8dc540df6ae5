import Checkpoint
import Foundation
import Hub
import TestSupport
import Testing

/// What was read of a model that stays on the hub is kept in a folder, and is not asked for again.
@Suite struct KeptTests {
  private static let shard = "model-00002-of-00002.safetensors"

  private func name(_ hub: TestHub) -> String { "hub:org/donor@\(hub.commit("org/donor"))" }

  /// The model, by way of what was kept.
  private func again(_ hub: TestHub, _ environment: [String: String] = [:]) throws -> RemoteModel {
    let all = hub.environment(environment)
    return try #require(
      try RemoteModel(
        HubName(name(hub)), settings: hub.settings(environment), environment: all, keptIn: hub.scratch.at("kept")))
  }

  /// Looks at the model, keeps it, and fetches all of its shard.
  private func keepAll(_ hub: TestHub) throws {
    let model = try hub.look(name(hub))
    _ = try model.open().headEvidence
    try model.keep(in: hub.scratch.at("kept"))
    let header = try model.shard(KeptTests.shard).header
    let notes = Notes()
    try model.fetch([(KeptTests.shard, [header.dataStart..<header.fileSize])]) { notes.advanced(bytes: $0, file: $1) }
    #expect(notes.bytes >= header.dataSize)
  }

  private func expectSame(_ model: RemoteModel) throws {
    let (remote, local) = (try model.open(), try CheckpointFolder(.folder(.init(Repository.demoDonor))))
    #expect(remote.tensorNames == local.tensorNames && remote.configBytes == local.configBytes)
    for name in local.tensorNames {
      let (one, other) = (try #require(remote[name]), try #require(local[name]))
      #expect(
        try remote.shards[one.shard].file.readData(of: one.entry)
          == local.shards[other.shard].file.readData(of: other.entry), "\(name)")
    }
  }

  @Test func `nobody is asked for what is here`() throws {
    let hub = try TestHub()
    try keepAll(hub)
    let before = try hub.requests().count
    try expectSame(again(hub, ["HF_HUB_OFFLINE": "1"]))
    #expect(try hub.requests().count == before)
  }

  @Test func `what is kept of a shard is a hole but for what was read`() throws {
    let hub = try TestHub()
    let model = try hub.look(name(hub))
    try model.keep(in: hub.scratch.at("kept"))
    let etag = try hub.etag("org/donor", KeptTests.shard)
    let path = hub.scratch["kept/models--org--donor/ranges/\(etag).ranges"]
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(Int(status.st_size) == model.repository[KeptTests.shard]?.size)
    #expect(512 * Int(status.st_blocks) < 512 << 10)
  }

  @Test(arguments: ["\"cambium_ranges\": 1", "\"etag\"", "\"offset\": 0"])
  func `a list that is of another file or form counts for nothing`(text: String) throws {
    let hub = try TestHub()
    try keepAll(hub)
    let etag = try hub.etag("org/donor", KeptTests.shard)
    let list = "kept/models--org--donor/ranges/\(etag).json"
    let known = hub.scratch.text(list)
    #expect(known.contains(text))
    try hub.scratch.put(
      known.replacing(
        text,
        with: text.replacing("1", with: "2").replacing("et", with: "te")
          .replacing(": 0", with: ": -1")), at: list)
    let before = try hub.storeRequests().count
    try expectSame(again(hub))
    #expect(try hub.storeRequests().count > before)
  }

  @Test func `a small file that was changed here is asked for again`() throws {
    let hub = try TestHub()
    try keepAll(hub)
    try hub.scratch.put(
      "{}", at: "kept/models--org--donor/snapshots/\(hub.commit("org/donor"))/config.json")
    try expectSame(again(hub))
  }

  @Test func `what was kept is known again by its content, and nothing else beside it is`() throws {
    let hub = try TestHub()
    try keepAll(hub)
    let files = { hub.scratch.tree("kept").filter { hub.scratch.isFile("kept/" + $0) } }
    let names = {
      try Set(KeptModels.entries(in: hub.scratch.at("kept")).map { String(decoding: $0.name, as: UTF8.self) })
    }
    let all = Set(files())
    #expect(try all.count > 4 && names() == all)
    let model = "models--org--donor/"
    let snapshot = model + "snapshots/\(hub.commit("org/donor"))/"
    let etag = try hub.etag("org/donor", KeptTests.shard)
    let mine = [
      snapshot + "notes.txt", model + "notes.txt", "notes.txt", model + "trees/notes.json", model + "ranges/a.ranges",
      model + "snapshots/notes/config.json", "models/org/config.json",
    ]
    for name in mine { try hub.scratch.put("mine", at: "kept/" + name) }
    // Changed: of the same size and of another one.
    let config = hub.scratch.text("kept/" + snapshot + "config.json")
    try hub.scratch.put("[" + config.dropFirst(), at: "kept/" + snapshot + "config.json")
    try hub.scratch.put("mine", at: "kept/" + model + "ranges/\(etag).ranges")
    #expect(try names() == all.subtracting([snapshot + "config.json", model + "ranges/\(etag).ranges"]))
  }

  @Test func `another digest of the same commit than was listed is an error that names both`() throws {
    let hub = try TestHub()
    let model = try hub.look(name(hub))
    try model.keep(in: hub.scratch.at("kept"))
    let second = try again(hub)
    let file = try second.shard(KeptTests.shard)
    let largest = try #require(file.header.tensors.max { $0.byteCount < $1.byteCount })
    let other = String(repeating: "0", count: 64)
    try hub.setFaults(#"{"on":"resolve","path":"*.safetensors","do":"etag","value":"\#(other)"}"#)
    let said = refusal { _ = try file.readData(of: largest) }
    #expect(said?.code == "E_HUB_CHANGED")
    #expect(
      try said?.found?.contains(other) == true
        && said?.expected?.contains(hub.etag("org/donor", KeptTests.shard)) == true)
  }
}

extension ScratchFolder {
  fileprivate func isFile(_ name: String) -> Bool {
    (try? status(name)).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
  }
}
