import Checkpoint
import Diagnostics
import Foundation
import Hub
import TestSupport
import Testing

/// A model is looked at where it is.
@Suite struct LookTests {
  @Test func `the same is read of it as of its folder`() throws {
    let hub = try TestHub()
    for (name, path) in [("hub:org/trunk", Repository.demoTrunk), ("hub:org/donor", Repository.demoDonor)] {
      let model = try hub.look(name)
      let (remote, local) = (try model.open(), try CheckpointFolder(.folder(.init(path))))
      #expect(remote.tensorNames == local.tensorNames)
      #expect(remote.tensorBytes == local.tensorBytes)
      #expect(remote.shards.map(\.name) == local.shards.map(\.name))
      #expect(remote.headEvidence.tensors == local.headEvidence.tensors)
      #expect(remote.headEvidence.normEvidence == local.headEvidence.normEvidence)
      #expect(remote.sidecars.copied == local.sidecars.copied)
      #expect(remote.notes == local.notes && remote.configBytes == local.configBytes)
      #expect(remote.commit == hub.commit(model.repository.name.repository))
    }
  }

  @Test func `little more than headers is moved, and the store never sees the token`() throws {
    let hub = try TestHub()
    _ = try hub.look("hub:org/trunk", ["HF_TOKEN": "hf_secret"]).open()
    let requests = try hub.requests()
    var small = 0
    for name in ["config.json", "model.safetensors.index.json", "README.md"] {
      small += FileManager.default.contents(atPath: Repository.demoTrunk + "/" + name)?.count ?? 0
    }
    let store = requests.filter { $0.port == "cdn" }
    #expect(try hub.storeBytes() <= 64 << 10)
    #expect(store.allSatisfy { $0.range != nil && !$0.hasToken && $0.status == 206 } && !store.isEmpty)
    var resolved = 0
    for request in requests where request.kind == "resolve" { resolved += request.bytes }
    #expect(resolved == small)
    #expect(requests.filter { $0.port == "hub" }.allSatisfy { $0.hasToken })
  }

  @Test func `a header that is longer than the first stretch is read to its end, and not further`() throws {
    let entries = (0..<2000).map { number in
      "\"tensor.\(String(repeating: "x", count: 40)).\(number)\":"
        + "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[\(4 * number),\(4 * number + 4)]}"
    }
    let json = Array("{\(entries.joined(separator: ","))}".utf8)
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    let hub = try TestHub { scratch in
      try scratch.put(length + json + [UInt8](repeating: 0, count: 8000), at: "repos/org/long/model.safetensors")
      try scratch.put("{}", at: "repos/org/long/config.json")
    }
    let model = try hub.look("hub:org/long")
    #expect(try model.shard("model.safetensors").header.tensors.count == 2000)
    let ranges = try hub.storeRequests().compactMap(\.range)
    #expect(ranges == ["bytes=0-65535", "bytes=65536-\(7 + json.count)"])
  }

  @Test func `values that are asked for come from where they are`() throws {
    let hub = try TestHub()
    let (model, local) = (try hub.look("hub:org/donor"), try CheckpointFolder(.folder(.init(Repository.demoDonor))))
    let remote = try model.open()
    for name in local.tensorNames {
      let (one, other) = (try #require(remote[name]), try #require(local[name]))
      let left = try remote.shards[one.shard].file.readData(of: one.entry)
      #expect(try left == local.shards[other.shard].file.readData(of: other.entry), "\(name)")
    }
  }

  @Test func `an address that has expired is asked for anew, once a range`() throws {
    let hub = try TestHub()
    let model = try hub.look("hub:org/donor")
    let file = try model.shard("model-00002-of-00002.safetensors")
    let largest = try #require(file.header.tensors.max { $0.byteCount < $1.byteCount })
    try hub.setFaults(#"{"on":"cdn","times":1,"do":"status","status":403,"message":"Request has expired"}"#)
    _ = try file.readData(of: largest)
    #expect(hub.waits.all.isEmpty)
    #expect(try hub.requests().filter { $0.kind == "resolve" && $0.path.hasSuffix(".safetensors") }.count == 2)
  }

  @Test func `a transfer that breaks off goes on where it stopped`() throws {
    let hub = try TestHub()
    let model = try hub.look("hub:org/donor")
    let file = try model.shard("model-00002-of-00002.safetensors")
    let largest = try #require(file.header.tensors.max { $0.byteCount < $1.byteCount })
    try hub.setFaults(#"{"on":"cdn","times":6,"do":"cut","bytes":1000}"#)
    let bytes = try file.readData(of: largest)
    let local = try CheckpointFolder(.folder(.init(Repository.demoDonor)))
    let place = try #require(local[largest.name])
    #expect(try bytes == local.shards[place.shard].file.readData(of: place.entry))
    // Each attempt brought something: none counts against the five.
    #expect(hub.waits.all == Array(repeating: 1000, count: 6))
  }

  @Test func `a repository that was renamed is found under its new name`() throws {
    let hub = try TestHub { scratch in
      try TestHub.demo(scratch)
      try scratch.put(#"{"main":".","renamed":"org/donor"}"#, at: "repos/org/older/.revisions.json")
    }
    #expect(try hub.look("hub:org/older").open().tensorCount > 0)
  }

  @Test func `a mirror with a path is asked under its path, and is not left for the hub behind it`() throws {
    let hub = try TestHub(["--prefix", "/mirror/hf", "--page", "2"])
    let model = try hub.look("hub:org/trunk")
    #expect(model.repository.files.count == 12)
    #expect(try hub.requests().filter { $0.kind == "tree" }.count == 6)
  }

  @Test func `a mirror that names no commit does for a model of which the commit is named`() throws {
    let hub = try TestHub()
    try hub.setFaults(#"{"on":"resolve","do":"nocommit"}"#)
    #expect(try hub.look("hub:org/donor@\(hub.commit("org/donor"))").open().tensorCount > 0)
  }

  @Test func `without leave to use the network nothing is asked`() throws {
    let hub = try TestHub()
    let said = refusal { _ = try hub.look("hub:org/donor", ["HF_HUB_OFFLINE": "1"]) }
    #expect(said?.code == "E_HUB_OFFLINE" && said?.found == "HF_HUB_OFFLINE is set")
    #expect(try hub.requests().isEmpty)
  }

  @Test func `a gated repository opens with a token`() throws {
    let hub = try TestHub { scratch in
      try TestHub.demo(scratch)
      try scratch.put(#"{"main":".","gated":true}"#, at: "repos/org/donor/.revisions.json")
    }
    let said = refusal { _ = try hub.look("hub:org/donor") }
    #expect(said?.code == "E_HUB_GATED")
    #expect(said?.next?.contains("\(hub.endpoint)/org/donor") == true)
    #expect(try hub.look("hub:org/donor", ["HF_TOKEN": "hf_a"]).open().tensorCount > 0)
  }

  /// The demo's trunk in one shard, a head in another, and many shards beside them; of an index that names the head or not.
  private static func many(_ scratch: ScratchFolder, namesHead: Bool) throws {
    try FileManager.default.copyItem(atPath: Repository.demoTrunk, toPath: scratch["repos/org/many"])
    try FileManager.default.copyItem(
      atPath: Repository.demoDonor + "/model-00002-of-00002.safetensors",
      toPath: scratch["repos/org/many/model-00041-of-00041.safetensors"])
    var rows = ["\"model.x\":\"model-00001-of-00001.safetensors\""]
    for number in 2..<41 {
      let name = "model-\(number).safetensors"
      let json = Array(
        "{\"model.y.\(number)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".utf8)
      let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
      try scratch.put(length + json + [0, 0, 0, 0], at: "repos/org/many/\(name)")
      rows.append("\"model.y.\(number)\":\"\(name)\"")
    }
    if namesHead {
      rows += [
        "\"mtp.fc.weight\":\"model-00041-of-00041.safetensors\"", "\"mtp.absent\":\"model-00041-of-00041.safetensors\"",
      ]
    }
    try scratch.put(
      "{\"weight_map\":{\(rows.joined(separator: ","))}}", at: "repos/org/many/model.safetensors.index.json")
  }

  @Test func `a head that the index names is looked at by the header of its shard alone`() throws {
    let hub = try TestHub { try LookTests.many($0, namesHead: true) }
    let all = hub.environment()
    let model = try #require(
      try RemoteModel(HubName("hub:org/many"), settings: hub.settings(), environment: all, extent: .head))
    let look = try model.lookForHead()
    #expect(look.tensors.count == 15 && look.shards.map(\.name) == ["model-00041-of-00041.safetensors"])
    #expect(look.missing == ["mtp.absent"] && look.searched.read == 1 && look.searched.all == 41)
    #expect(try hub.storeBytes() == 64 << 10)
    #expect(look.forecast?.contains("in 1 range of 1 shard, instead of") == true)
  }

  @Test func `a head that no index names is searched for in all headers, 64 KiB of each at most`() throws {
    let hub = try TestHub { try LookTests.many($0, namesHead: false) }
    let all = hub.environment()
    let model = try #require(
      try RemoteModel(HubName("hub:org/many"), settings: hub.settings(), environment: all, extent: .head))
    let look = try model.lookForHead()
    #expect(look.tensors.count == 15 && look.searched.read == 41)
    #expect(try hub.storeBytes() <= 41 * 64 << 10)
  }

  @Test func `nothing is left of a look`() throws {
    let hub = try TestHub()
    do {
      let model = try hub.look("hub:org/donor")
      _ = try model.open()
      let names = try hub.scratch.names()
      #expect(names.contains { $0.hasPrefix("cambium-") })
      withExtendedLifetime(model) {}
    }
    #expect(try !hub.scratch.names().contains { $0.hasPrefix("cambium-") })
    #expect(!hub.scratch.exists("cache"))
  }
}
