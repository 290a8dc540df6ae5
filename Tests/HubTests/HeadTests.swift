import Checkpoint
import Diagnostics
import Foundation
import StrictJSON
import Hub
import TestSupport
import Testing

/// The head of a model is taken from the hub without the model.
@Suite struct HeadTests {
  /// The trunk and the head of the demo in one repository: two shards, of which one has the head.
  private static func whole(_ scratch: ScratchFolder) throws {
    try FileManager.default.copyItem(atPath: Repository.demoTrunk, toPath: scratch["repos/org/whole"])
    try FileManager.default.copyItem(
      atPath: Repository.demoDonor + "/model-00002-of-00002.safetensors",
      toPath: scratch["repos/org/whole/mtp.safetensors"])
  }

  @Test func `its tensors are those of the shard, and little else is moved`() throws {
    let hub = try TestHub(HeadTests.whole)
    let fetch = try HeadFetch(hub.look("hub:org/whole"))
    let before = try hub.storeRequests().count
    let folder = hub.scratch.at("head")
    #expect(try fetch.write(to: folder, connections: 4, observer: Notes()))
    let moved = try hub.storeBytes(after: before)
    #expect(moved == fetch.bytes + fetch.waste && fetch.waste < 1 << 20)
    #expect(fetch.forecast.contains("of 1 shard, instead of"))
    let (made, donor) = (
      try CheckpointFolder(.folder(folder)), try CheckpointFolder(.folder(.init(Repository.demoDonor)))
    )
    #expect(made.tensorNames == donor.tensorNames)
    for name in donor.tensorNames {
      let (one, other) = (try #require(made[name]), try #require(donor[name]))
      #expect(
        try made.shards[one.shard].file.readData(of: one.entry)
          == donor.shards[other.shard].file.readData(of: other.entry), "\(name)")
    }
  }

  @Test func `the record says where every byte comes from, and no secret`() throws {
    let hub = try TestHub(HeadTests.whole)
    let model = try hub.look("hub:org/whole", ["HF_TOKEN": "hf_secret"])
    _ = try HeadFetch(model).write(to: hub.scratch.at("head"), connections: 2, observer: Notes())
    let text = hub.scratch.text("head/hub.json")
    let record = try JSONValue.parse(Array(text.utf8), file: "hub.json")
    #expect(record["commit"]?.stringValue == hub.commit("org/whole"))
    #expect(record["tensors"]?.arrayValue?.count == 15)
    #expect(record["files"]?.arrayValue?.count == 1)
    #expect(record["proof"]?.stringValue == "every file was read whole, and has its digest")
    #expect(!text.contains("hf_secret") && !text.contains("Signature"))
  }

  @Test func `a shard that holds the head alone is held against the digest that the hub states`() throws {
    let hub = try TestHub(HeadTests.whole)
    let fetch = try HeadFetch(hub.look("hub:org/whole"))
    try hub.setFaults(#"{"on":"cdn","path":"mtp.safetensors","do":"flip","byte":1000000}"#)
    let said = refusal { _ = try fetch.write(to: hub.scratch.at("head"), connections: 4, observer: Notes()) }
    #expect(said?.code == "E_HUB_DIGEST", "\(said?.text ?? "nothing")")
    #expect(try said?.expected == hub.etag("org/whole", "mtp.safetensors"))
    #expect(!hub.scratch.exists("head"))
    #expect(hub.scratch.tree("cache/models--org--whole/.cambium").allSatisfy { !$0.hasSuffix(".ranges") })
    try hub.setFaults()
    #expect(
      try HeadFetch(hub.look("hub:org/whole")).write(to: hub.scratch.at("head"), connections: 4, observer: Notes()))
  }

  @Test func `a second run fetches nothing, and another content of the same commit is an error that names both`() throws
  {
    let hub = try TestHub(HeadTests.whole)
    let folder = hub.scratch.at("head")
    #expect(try HeadFetch(hub.look("hub:org/whole")).write(to: folder, connections: 2, observer: Notes()))
    #expect(try !HeadFetch(hub.look("hub:org/whole")).write(to: folder, connections: 2, observer: Notes()))
    let text = hub.scratch.text("head/hub.json")
    let etag = try hub.etag("org/whole", "mtp.safetensors")
    try hub.scratch.put(text.replacing(etag, with: String(repeating: "0", count: 64)), at: "head/hub.json")
    let said = refusal {
      _ = try HeadFetch(hub.look("hub:org/whole")).write(to: folder, connections: 2, observer: Notes())
    }
    #expect(said?.code == "E_HUB_CHANGED")
    #expect(said?.found?.contains(etag) == true && said?.expected?.contains("00000000") == true)
  }

  @Test func `a transfer that ends badly leaves no folder`() throws {
    let hub = try TestHub(HeadTests.whole)
    let fetch = try HeadFetch(hub.look("hub:org/whole"))
    try hub.setFaults(#"{"on":"cdn","do":"range"}"#)
    let said = refusal { _ = try fetch.write(to: hub.scratch.at("head"), connections: 2, observer: Notes()) }
    #expect(said?.code == "E_HUB_RANGE")
    #expect(try !hub.scratch.names().contains { $0.contains("head") })
  }

  @Test func `a head that broke off goes on with what is missing`() throws {
    let hub = try TestHub(HeadTests.whole)
    let fetch = try HeadFetch(hub.look("hub:org/whole"))
    try hub.setFaults(
      #"{"on":"cdn","times":1,"do":"cut","bytes":1200000}"#,
      #"{"on":"cdn","do":"status","status":404,"message":"gone"}"#)
    let said = refusal { _ = try fetch.write(to: hub.scratch.at("head"), connections: 4, observer: Notes()) }
    #expect(said?.code == "E_HUB_REFUSED")
    #expect(try !hub.scratch.names().contains { $0.contains("head") })
    try hub.setFaults()
    let notes = Notes()
    let again = try HeadFetch(hub.look("hub:org/whole"))
    let before = try hub.storeRequests().count
    #expect(try again.write(to: hub.scratch.at("head"), connections: 4, observer: notes))
    // What was here counts as done, and the rest alone comes.
    #expect(try hub.storeBytes(after: before) < fetch.bytes - 1_000_000)
    #expect(notes.bytes == fetch.bytes + fetch.waste)
    #expect(hub.scratch.tree("cache/models--org--whole/.cambium").allSatisfy { !$0.hasSuffix(".ranges") })
    let (made, donor) = (
      try CheckpointFolder(.folder(hub.scratch.at("head"))),
      try CheckpointFolder(.folder(.init(Repository.demoDonor)))
    )
    for name in donor.tensorNames {
      let (one, other) = (try #require(made[name]), try #require(donor[name]))
      #expect(
        try made.shards[one.shard].file.readData(of: one.entry)
          == donor.shards[other.shard].file.readData(of: other.entry), "\(name)")
    }
  }

  @Test func `a model without a head has none to fetch, and what is not ours stays`() throws {
    let hub = try TestHub()
    #expect(refusal { _ = try HeadFetch(hub.look("hub:org/trunk")) }?.code == "E_HUB_NOTHING")
    try hub.scratch.put("mine", at: "head/x")
    let said = refusal {
      _ = try HeadFetch(hub.look("hub:org/donor")).write(to: hub.scratch.at("head"), connections: 2, observer: Notes())
    }
    #expect(said?.code == "E_HUB_OCCUPIED")
  }
}
