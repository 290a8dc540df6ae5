import Foundation
import StrictJSON
import TestSupport
import Testing

/// A manifest's models may stay on the hub: what is made of them is what is made of their folders.
@Suite struct RemoteRunTests {
  /// Of the donor's one shard: its header, and its tensors, all of which are the head's.
  private static let shard = Demo.donor + "/model-00002-of-00002.safetensors"
  private static var shardBytes: Int {
    (try? FileManager.default.attributesOfItem(atPath: shard)[.size] as? Int) ?? 0
  }

  private func graft(_ hub: LocalHub) throws {
    try hub.writeManifest(
      source: .string(Demo.trunk), donor: LocalHub.remote("org/donor@\(hub.commit("org/donor"))"))
  }

  /// The inputs of the package's audit report.
  private func inputs(_ path: String) throws -> JSONValue? {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/audit.json"))
    return try JSONValue.parse(Array(bytes), file: "audit.json")["inputs"]
  }

  @Test func `a head that stays on the hub is grafted as that of the folder, and little else is moved`() throws {
    let hub = try LocalHub()
    try graft(hub)
    let run = try hub.run(["run", "m.json"], ["HF_TOKEN": "hf_secret"])
    #expect(run.isSuccess, "\(run.summary)")
    try expectReferenceFiles(hub.scratch)
    #expect(try inputs(hub.scratch["out"]) == inputs(Demo.reference.get().path))
    #expect(try hub.storeBytes() <= RemoteRunTests.shardBytes + 1 << 20)
    #expect(try hub.storeRequests().allSatisfy { !$0.hasToken && $0.range != nil })
    #expect(run.err.contains("of 1 shard, instead of"), "\(run.err)")
    #expect(!hub.scratch.exists("cache"))
    for name in ["m.lock.json", "out/provenance.json", "out.work/plan.json"] {
      #expect(!hub.scratch.text(name).contains("hf_secret") && !hub.scratch.text(name).contains(hub.endpoint))
    }
  }

  @Test func `parts that machines made with a head that stays on the hub are merged to the same package`() throws {
    let hub = try LocalHub()
    try graft(hub)
    for part in ["1/2", "0/2"] {
      let run = try hub.run(["run", "m.json", "--partition", part, "--quiet"])
      #expect(run.isSuccess, "\(run.summary)")
    }
    let status = try hub.run(["status", "m.json", "--partitions", "2", "--missing"])
    #expect(status.isSuccess && status.out == "\n", "\(status.summary)")
    let merge = try hub.run(["merge", "m.json", "--settle", "0", "--quiet"])
    #expect(merge.isSuccess, "\(merge.summary)")
    try expectReferenceFiles(hub.scratch)
  }

  @Test func `the plan says what would be moved, and moves headers alone`() throws {
    let hub = try LocalHub()
    try graft(hub)
    let plan = try hub.run(["plan", "m.json"])
    #expect(plan.isSuccess && plan.out.contains("from the hub  donor hub:org/donor@"), "\(plan.summary)")
    #expect(plan.out.contains("in 1 range of 1 shard, instead of"), "\(plan.out)")
    // The first stretch, and the norms behind it.
    #expect(try hub.storeBytes() <= 80 << 10)
    let json = try document(hub.run(["plan", "m.json", "--json"]).out)["remote"]?.arrayValue?.first
    #expect(json?["use"]?.stringValue == "donor")
    let range = json?["files"]?.arrayValue?.first?["ranges"]?.arrayValue?.first
    #expect(range?["bytes"] == json?["bytes"] && range?["offset"]?.intValue == 1544)
    #expect(try hub.scratch.names().sorted() == ["log", "m.json", "repos"])
  }

  @Test func `a trunk that stays on the hub is converted as its folder, and nothing of it is kept`() throws {
    let hub = try LocalHub()
    try hub.writeManifest(
      source: LocalHub.remote("org/trunk@\(hub.commit)"),
      donor: LocalHub.remote("org/donor@\(hub.commit("org/donor"))"))
    let run = try hub.run(["run", "m.json"])
    #expect(run.isSuccess, "\(run.summary)")
    try expectReferenceFiles(hub.scratch)
    #expect(try inputs(hub.scratch["out"]) == inputs(Demo.reference.get().path))
    let trunk =
      try FileManager.default.attributesOfItem(
        atPath: Demo.trunk + "/model-00001-of-00001.safetensors")[.size] as? Int
    #expect(try hub.storeBytes() <= RemoteRunTests.shardBytes + (trunk ?? 0) + 1 << 20)
    let kept = try hub.scratch.tree("out.work/remote").filter { $0.hasSuffix(".ranges") }.reduce(0) { sum, name in
      var status = stat()
      guard stat(hub.scratch["out.work/remote/\(name)"], &status) == 0 else { throw LocalHubFailure() }
      return sum + 512 * Int(status.st_blocks)
    }
    #expect(kept < RemoteRunTests.shardBytes + 1 << 20)
  }

  @Test func `the lock has the digest of each tensor that was read, and a second run asks for nothing`() throws {
    let hub = try LocalHub()
    try graft(hub)
    #expect(try hub.run(["run", "m.json"]).isSuccess)
    let lock = try document(hub.scratch.text("m.lock.json"))
    let remote = lock["remote"]?.arrayValue?.first
    #expect(remote?["commit"]?.stringValue == hub.commit("org/donor"))
    #expect(remote?["tensors"]?.arrayValue?.count == 15 && remote?["files"]?.arrayValue?.count == 1)
    let text = hub.scratch.text("m.lock.json")
    let before = try hub.requests()
    #expect(try hub.run(["run", "m.json", "--locked"]).isSuccess)
    // Another package of the same work folder, without its product: the head is here.
    try FileManager.default.removeItem(atPath: hub.scratch["out"])
    try FileManager.default.removeItem(atPath: hub.scratch["out.work/quantize"])
    let again = try hub.run(["run", "m.json", "--locked"], ["HF_HUB_OFFLINE": "1"])
    #expect(again.isSuccess, "\(again.summary)")
    try expectReferenceFiles(hub.scratch)
    #expect(try hub.requests() == before && hub.scratch.text("m.lock.json") == text)
  }

  @Test func `a lock without a record of the hub is read, and gets one`() throws {
    let hub = try LocalHub()
    try graft(hub)
    #expect(try hub.run(["run", "m.json"]).isSuccess)
    let text = hub.scratch.text("m.lock.json")
    var old = try document(text)
    old.removeKey("remote")
    try hub.scratch.write(String(decoding: JSONWriter.pretty(old), as: UTF8.self), to: "m.lock.json")
    #expect(try hub.run(["run", "m.json"]).isSuccess)
    #expect(hub.scratch.text("m.lock.json") == text)
  }

  @Test(arguments: ["donor", "source"])
  func `other bytes of the same commit are an error that names both`(use: String) throws {
    let hub = try LocalHub()
    try hub.writeManifest(
      source: LocalHub.remote("org/trunk@\(hub.commit)"),
      donor: LocalHub.remote("org/donor@\(hub.commit("org/donor"))"))
    #expect(try hub.run(["run", "m.json", "--until", "quantize"]).isSuccess)
    let lock = try document(hub.scratch.text("m.lock.json"))
    try FileManager.default.removeItem(atPath: hub.scratch["out.work"])
    let path = use == "donor" ? "model-00002*" : "model-00001*"
    try hub.setFaults(#"{"on":"cdn","path":"\#(path)","do":"flip","byte":400000}"#)
    let run = try hub.run(["run", "m.json", "--until", "quantize"])
    // The donor's shard is the head alone: it is here whole, and held against the hub's own digest before the lock's.
    let code = use == "donor" ? "E_HUB_DIGEST" : "E_LOCK_REMOTE"
    #expect(run.status == 65 && run.err.contains(code), "\(run.summary)")
    let pinned =
      use == "donor"
      ? lock["remote"]?.arrayValue?.last?["files"]?.arrayValue?.compactMap { $0["stated_sha256"]?.stringValue } ?? []
      : lock["files"]?.arrayValue?.compactMap { $0["tree_sha256"]?.stringValue }.map { "the lock has \($0)" } ?? []
    #expect(pinned.contains { run.err.contains($0) }, "\(run.err)")
    #expect(try document(hub.scratch.text("m.lock.json")) == lock)
  }

  /// What was not whole when a connection broke off is asked for again, and nothing else.
  @Test func `a graft that broke off is made by the same command`() throws {
    let hub = try LocalHub()
    try graft(hub)
    #expect(try hub.run(["run", "m.json", "--until", "inspect"]).isSuccess)
    try hub.setFaults(
      #"{"on":"cdn","times":1,"do":"cut","bytes":1200000}"#,
      #"{"on":"cdn","do":"status","status":404,"message":"gone"}"#)
    let failed = try hub.run(["run", "m.json"])
    #expect(failed.status == 74 && failed.err.contains("E_HUB_REFUSED"), "\(failed.summary)")
    #expect(!hub.scratch.exists("out"))
    try hub.setFaults()
    let before = try hub.storeRequests().count
    let run = try hub.run(["run", "m.json"])
    #expect(run.isSuccess, "\(run.summary)")
    try expectReferenceFiles(hub.scratch)
    let rest = try hub.storeBytes(after: before)
    #expect(rest > 0 && rest <= RemoteRunTests.shardBytes + 80 << 10)
  }

  @Test func `of a shard that has more than the head the rest is not read, and the digest says so`() throws {
    let hub = try LocalHub { scratch in
      try LocalHub.demo(scratch)
      try scratch.makeFolder("repos/org/mixed")
      for name in ["config.json", "README.md"] {
        try FileManager.default.copyItem(atPath: Demo.donor + "/" + name, toPath: scratch["repos/org/mixed/\(name)"])
      }
      let bytes = try MixedShard.bytes(Demo.trunk + "/model-00001-of-00001.safetensors", RemoteRunTests.shard)
      try Data(bytes).write(to: URL(fileURLWithPath: scratch["repos/org/mixed/model.safetensors"]))
    }
    try hub.writeManifest(
      source: .string(Demo.trunk), donor: LocalHub.remote("org/mixed@\(hub.commit("org/mixed"))"))
    let run = try hub.run(["run", "m.json"])
    #expect(run.isSuccess, "\(run.summary)")
    // The weights are those of the folder; the documents name another input.
    #expect(
      differences(try Demo.reference.get().path, hub.scratch["out"]).allSatisfy {
        !$0.contains(".safetensors") && !$0.contains("config")
      })
    #expect(try hub.storeBytes() <= RemoteRunTests.shardBytes + 1 << 20)
    let input = try inputs(hub.scratch["out"])?.arrayValue?.first {
      $0["path"]?.stringValue == "donor/model.safetensors"
    }
    #expect(input?["part_tree_sha256"] != nil && input?["tree_sha256"] == nil)
    let verified = try hub.run(["verify", "out"])
    #expect(verified.isSuccess, "\(verified.summary)")
  }

  @Test func `a branch is resolved and pinned, and a moved one under --locked is an error with both commits`() throws {
    let hub = try LocalHub { scratch in
      try LocalHub.demo(scratch)
      try scratch.makeFolder("repos/org/moving")
      for name in ["one", "two"] {
        try FileManager.default.copyItem(atPath: Demo.donor, toPath: scratch["repos/org/moving/\(name)"])
      }
      try scratch.write("another card", to: "repos/org/moving/two/README.md")
      try scratch.write(#"{"main":"one","other":"two"}"#, to: "repos/org/moving/.revisions.json")
    }
    let (one, two) = (hub.commit("org/moving"), hub.commit("org/moving", "other"))
    try hub.writeManifest(source: .string(Demo.trunk), donor: LocalHub.remote("org/moving"))
    #expect(try hub.run(["run", "m.json", "--until", "quantize"]).isSuccess)
    #expect(try document(hub.scratch.text("m.lock.json"))["commits"]?["donor"]?.stringValue == one)
    // Without a network the branch is the commit that the lock pins.
    let before = try hub.requests()
    #expect(try hub.run(["run", "m.json", "--locked", "--until", "quantize"], ["HF_HUB_OFFLINE": "1"]).isSuccess)
    #expect(try hub.requests() == before)
    try hub.setFaults(#"{"on":"api","path":"org/moving","do":"move","revision":"main","value":"\#(two)"}"#)
    _ = try hub.run(["inspect", "hub:org/moving"])
    try hub.setFaults()
    let moved = try hub.run(["run", "m.json", "--locked"])
    #expect(moved.status == 65 && moved.err.contains("E_LOCK_DIFFERS"), "\(moved.summary)")
    #expect(moved.err.contains(one) && moved.err.contains(two), "\(moved.err)")
  }

  @Test func `a manifest with fetch fetches into the cache what it names, once`() throws {
    let hub = try LocalHub()
    try hub.writeManifest(source: "hub:org/trunk", donor: "hub:org/donor", [("fetch", true)])
    for arguments in [["run", "m.json", "--dry-run"], ["plan", "m.json"]] {
      #expect(try hub.run(arguments).err.contains("E_HUB_NOT_CACHED") && hub.requests() == 0)
    }
    let run = try hub.run(["run", "m.json"])
    #expect(run.isSuccess, "\(run.summary)")
    try expectReferenceFiles(hub.scratch)
    #expect(hub.scratch.exists("cache/models--org--trunk/snapshots/\(hub.commit)/config.json"))
    #expect(try document(hub.scratch.text("m.lock.json"))["commits"]?["source"]?.stringValue == hub.commit)
    let before = try hub.requests()
    let again = try hub.run(["run", "m.json", "--locked"], ["HF_HUB_OFFLINE": "1"])
    #expect(try again.isSuccess && hub.requests() == before, "\(again.summary)")
  }

  @Test func `a model of the cache that is named without a revision is that of main, and the lock has its commit`()
    throws
  {
    let hub = try LocalHub()
    #expect(try hub.run(["fetch", "hub:org/trunk"]).isSuccess && hub.run(["fetch", "hub:org/donor"]).isSuccess)
    let before = try hub.requests()
    try hub.writeManifest(source: "hub:org/trunk", donor: .object([("hub", "org/donor")]))
    let run = try hub.run(["run", "m.json"])
    #expect(try run.isSuccess && hub.requests() == before, "\(run.summary)")
    try expectReferenceFiles(hub.scratch)
    let commits = try document(hub.scratch.text("m.lock.json"))["commits"]
    #expect(commits?["source"]?.stringValue == hub.commit)
  }

  @Test func `no other command and no other manifest uses the network`() throws {
    let hub = try LocalHub()
    // A package, so that there is something to look at.
    try hub.writeManifest(source: .string(Demo.trunk), donor: .string(Demo.donor))
    #expect(try hub.run(["run", "m.json"]).isSuccess)
    for arguments in [
      ["plan", "m.json"], ["status", "m.json"], ["inspect", "out"], ["diff", "out", "out"], ["verify", "out"],
      ["audit", "out"], ["init", Demo.trunk, "--donor", Demo.donor, "--dry-run"],
    ] {
      let outcome = try hub.run(arguments)
      #expect(outcome.isSuccess, "\(arguments): \(outcome.summary)")
    }
    // One that names models of the hub, and says nothing of fetching them.
    try hub.writeManifest(source: "hub:org/trunk", donor: "hub:org/donor")
    for arguments in [["plan", "m.json"], ["run", "m.json"], ["init", "hub:org/trunk", "--dry-run"]] {
      #expect(try hub.run(arguments).err.contains("E_HUB_NOT_CACHED"), "\(arguments)")
    }
    // One that has them read there, for commands that are not to do that.
    try hub.writeManifest(source: LocalHub.remote("org/trunk"), donor: LocalHub.remote("org/donor"))
    let derived = try hub.run(["verify", "out", "--rederive", "m.json"])
    #expect(!derived.isSuccess, "\(derived.summary)")
    // The work folder says how far a run has come, and what in it is a run's.
    let status = try hub.run(["status", "m.json"])
    #expect(status.isSuccess && status.out.contains("package   done"), "\(status.summary)")
    let cleaned = try hub.run(["clean", "m.json"])
    #expect(cleaned.isSuccess && !hub.scratch.exists("out.work"), "\(cleaned.summary)")
    #expect(try hub.requests() == 0)
  }

  @Test func `offline a model that stays on the hub is an error, and nothing is asked`() throws {
    let hub = try LocalHub()
    try hub.writeManifest(source: .string(Demo.trunk), donor: LocalHub.remote("org/donor"))
    for command in ["plan", "run"] {
      let outcome = try hub.run([command, "m.json"], ["HF_HUB_OFFLINE": "1"])
      #expect(outcome.status == 66 && outcome.err.contains("E_HUB_OFFLINE"), "\(outcome.summary)")
    }
    #expect(try hub.requests() == 0 && !hub.scratch.exists("out.work"))
  }
}

private struct LocalHubFailure: Error {}

/// Two safetensors files in one.
enum MixedShard {
  static func bytes(_ paths: String...) throws -> [UInt8] {
    var members: [(String, JSONValue)] = []
    var data: [UInt8] = []
    for path in paths {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = try JSONValue.parse(Array(bytes[8..<8 + length]), file: path)
      for member in header.members ?? [] where member.key != "__metadata__" {
        let ends = (member.value["data_offsets"]?.arrayValue ?? []).compactMap(\.intValue).map { $0 + data.count }
        members.append(
          (
            member.key,
            .object([
              ("dtype", member.value["dtype"] ?? .null), ("shape", member.value["shape"] ?? .null),
              ("data_offsets", .array(ends.map { .int($0) })),
            ])
          ))
      }
      data += bytes[(8 + length)...]
    }
    var header = JSONWriter.canonical(.object(members))
    while header.count % 8 != 0 { header.append(32) }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
  }
}
