import Foundation
import StrictJSON
import TestSupport
import Testing

/// The commands that ask a hub, against one on this machine.
@Suite struct HubCommandTests {
  @Test func `a model of the hub is inspected with the words of its folder, and nothing of it is kept`() throws {
    let hub = try LocalHub()
    for (name, folder) in [("trunk", Demo.trunk), ("donor", Demo.donor)] {
      let remote = try hub.run(["inspect", "hub:org/\(name)"])
      let local = try CambiumProcess.run(["inspect", folder])
      #expect(remote.isSuccess && remote.out == local.out, "\(remote.summary)")
      #expect(remote.err.contains("requests; the repository has"), "\(remote.err)")
    }
    #expect(try hub.scratch.names().sorted() == ["log", "repos"])
  }

  @Test func `a head is looked for alone, and said where it is and what a graft would move`() throws {
    let hub = try LocalHub()
    let donor = try hub.run(["inspect", "hub:org/donor", "--head"])
    #expect(donor.isSuccess, "\(donor.summary)")
    #expect(donor.out.contains("MTP head      15 tensors in model-00002-of-00002.safetensors"), "\(donor.out)")
    #expect(donor.out.contains("in 1 range of 1 shard, instead of"), "\(donor.out)")
    #expect(donor.out.contains("searched      1 of 1 headers"), "\(donor.out)")
    #expect(try hub.storeBytes() == 64 << 10)
    let trunk = try document(hub.run(["inspect", "hub:org/trunk", "--head", "--json"]).out)
    #expect(trunk["present"]?.boolValue == false && trunk["headers_read"]?.intValue == 1)
    #expect(try !hub.run(["inspect", Demo.donor, "--head"]).isSuccess)
  }

  @Test func `two models of the hub are compared by what the hub says of their files`() throws {
    let hub = try LocalHub()
    let same = try hub.run(["diff", "hub:org/trunk", "hub:org/trunk@\(hub.commit)"])
    #expect(same.isSuccess && same.out.contains("165 equal, 0 changed, 0 missing, 0 added"), "\(same.summary)")
    let other = try hub.run(["diff", "hub:org/trunk", "hub:org/donor"])
    let local = try CambiumProcess.run(["diff", Demo.trunk, Demo.donor])
    #expect(other.status == 1 && other.out == local.out, "\(other.summary)")
  }

  @Test func `values are compared with a folder when that is asked for`() throws {
    let hub = try LocalHub()
    let unread = try hub.run(["diff", "hub:org/donor", Demo.donor])
    #expect(unread.status == 1 && unread.out.contains("15 tensors"), "\(unread.summary)")
    let read = try hub.run(["diff", "hub:org/donor", Demo.donor, "--values"])
    #expect(read.isSuccess && read.out.contains("15 equal"), "\(read.summary)")
  }

  @Test func `what was fetched is converted from the cache, and a second fetch asks once`() throws {
    let hub = try LocalHub()
    let first = try hub.run(["fetch", "hub:org/trunk"])
    let snapshot = hub.scratch["cache/models--org--trunk/snapshots/\(hub.commit)"]
    #expect(first.isSuccess && first.out == snapshot + "\n", "\(first.summary)")
    #expect(try hub.run(["fetch", "hub:org/donor"]).isSuccess)
    let before = try hub.requests()
    #expect(try hub.run(["fetch", "hub:org/trunk"]).isSuccess)
    #expect(try hub.requests() == before + 1)
    try Demo.writeManifest(
      in: hub.scratch, source: "hub:org/trunk@main", donor: "hub:org/donor@main")
    let run = try runDemo(hub.scratch, environment: ["HF_HUB_CACHE": hub.scratch["cache"]])
    #expect(run.isSuccess, "\(run.summary)")
    try expectReferenceFiles(hub.scratch)
    #expect(try hub.requests() == before + 1)
    let inspected = try hub.run(["inspect", "hub:org/trunk"], ["HF_HUB_OFFLINE": "1"])
    #expect(try inspected.isSuccess && hub.requests() == before + 1)
  }

  @Test func `offline a branch is what the cache has of it, and what the cache lacks is an error`() throws {
    let hub = try LocalHub()
    let fetched = try hub.run(["fetch", "hub:org/trunk"])
    let before = try hub.requests()
    let again = try hub.run(["fetch", "hub:org/trunk"], ["HF_HUB_OFFLINE": "1"])
    #expect(again.isSuccess && again.out == fetched.out, "\(again.summary)")
    let config = hub.scratch["cache/models--org--trunk/snapshots/\(hub.commit)/config.json"]
    let content = try FileManager.default.destinationOfSymbolicLink(atPath: config)
    try FileManager.default.removeItem(
      atPath: hub.scratch["cache/models--org--trunk/blobs/\(URL(fileURLWithPath: content).lastPathComponent)"])
    let lacking = try hub.run(["fetch", "hub:org/trunk"], ["HF_HUB_OFFLINE": "1"])
    #expect(lacking.status == 66 && lacking.err.contains("E_HUB_OFFLINE"), "\(lacking.summary)")
    #expect(try hub.requests() == before)
  }

  @Test func `a dry run says what would be moved, as a document too, and moves nothing`() throws {
    let hub = try LocalHub()
    let outcome = try hub.run(["fetch", "hub:org/trunk", "--include", "*.json", "--dry-run", "--json"])
    let json = try document(outcome.out)
    #expect(json["commit"]?.stringValue == hub.commit)
    #expect(json["files"]?.arrayValue?.allSatisfy { $0["state"]?.stringValue == "missing" } == true)
    #expect(json["bytes"] == json["missing_bytes"])
    #expect(!hub.scratch.exists("cache"))
  }

  @Test func `an error of the hub is a diagnostic with a status of its own`() throws {
    let hub = try LocalHub()
    let absent = try hub.run(["inspect", "hub:org/absent"])
    #expect(absent.status == 66 && absent.err.contains("E_HUB_REPOSITORY"), "\(absent.summary)")
    let offline = try hub.run(["fetch", "hub:org/trunk"], ["HF_HUB_OFFLINE": "1"])
    #expect(offline.status == 66 && offline.err.contains("E_HUB_OFFLINE"), "\(offline.summary)")
    let name = try hub.run(["fetch", "hub:a/b/c"])
    #expect(name.status == 65 && name.err.contains("E_HUB_NAME"), "\(name.summary)")
  }
}
