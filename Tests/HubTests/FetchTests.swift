import Checkpoint
import Diagnostics
import Foundation
import Hub
import TestSupport
import Testing

/// A model is fetched whole, file by file, into the layout that the hub's own client has.
@Suite struct FetchTests {
  private static let large = 44 << 20

  /// A repository with a file of eleven pieces, which two workers share.
  private static func big(_ scratch: ScratchFolder) throws {
    let bytes = [UInt8](unsafeUninitializedCapacity: large) { buffer, count in
      for at in buffer.indices { buffer[at] = UInt8(truncatingIfNeeded: at ^ at >> 8 ^ at >> 17) }
      count = large
    }
    try scratch.put(bytes, at: "repos/org/big/model.safetensors")
    try scratch.put("{}", at: "repos/org/big/config.json")
    try scratch.put("", at: "repos/org/big/LICENSE")
    try scratch.put("x", at: "repos/org/big/sub/notes.json")
  }

  /// What a file holds, and not what a link says.
  private func content(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  private func expectSame(_ hub: TestHub, _ folder: String, _ repository: String) throws {
    for path in hub.scratch.tree("repos/" + repository) where !path.hasPrefix(".") {
      var isFolder: ObjCBool = false
      let full = hub.scratch["repos/\(repository)/\(path)"]
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isFolder.boolValue else { continue }
      #expect(content(full) == content(folder + "/" + path), "\(path)")
    }
  }

  @Test func `the cache has blobs, relative links and the branch, and nothing that is not whole`() throws {
    let hub = try TestHub(FetchTests.big)
    let notes = Notes()
    let fetch = try hub.fetch("hub:org/big", observer: notes)
    try expectSame(hub, fetch.folder.string, "org/big")
    let home = "cache/models--org--big"
    let commit = hub.commit("org/big")
    #expect(fetch.folder.string == hub.scratch["\(home)/snapshots/\(commit)"])
    #expect(hub.scratch.text("\(home)/refs/main") == commit)
    let file = fetch.repository["model.safetensors"]
    let blob = try #require(file?.etag)
    let link = hub.scratch["\(home)/snapshots/\(commit)/model.safetensors"]
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "../../blobs/\(blob)")
    let deep = hub.scratch["\(home)/snapshots/\(commit)/sub/notes.json"]
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: deep).hasPrefix("../../../blobs/"))
    #expect(hub.scratch.tree("\(home)/.cambium") == ["held.json"])
    #expect(notes.bytes == FetchTests.large + 3)
  }

  @Test func `a second run moves nothing, and asks nothing for a commit`() throws {
    let hub = try TestHub()
    try hub.fetch("hub:org/trunk")
    let before = try hub.requests().count
    let second = try hub.fetch("hub:org/trunk")
    #expect(second.missingBytes == 0)
    #expect(try hub.requests().count == before + 1)
    try hub.fetch("hub:org/trunk@\(hub.commit("org/trunk"))", ["HF_HUB_OFFLINE": "1"])
    #expect(try hub.requests().count == before + 1)
  }

  @Test func `what was fetched is opened from the cache`() throws {
    let hub = try TestHub()
    let fetch = try hub.fetch("hub:org/donor")
    #expect(try CheckpointFolder(.folder(fetch.folder)).tensorCount > 0)
  }

  @Test func `a fetch that was cut goes on with the pieces that are missing`() throws {
    let hub = try TestHub(FetchTests.big)
    // The first stretch of 32 MiB comes; the other one is refused for ever.
    try hub.setFaults(#"{"on":"cdn","path":"model.safetensors","range":true,"skip":1,"do":"status","status":404}"#)
    let said = refusal { try hub.fetch("hub:org/big", include: ["model.safetensors"]) }
    #expect(said?.code == "E_HUB_REFUSED", "\(said?.text ?? "nothing")")
    let home = "cache/models--org--big"
    #expect(!hub.scratch.exists("\(home)/refs/main"))
    #expect(hub.scratch.tree("\(home)/blobs").isEmpty)
    #expect(hub.scratch.tree("\(home)/.cambium").count == 2)
    try hub.setFaults()
    let before = try hub.storeRequests().count
    let notes = Notes()
    let fetch = try hub.fetch("hub:org/big", include: ["model.safetensors"], observer: notes)
    let moved = try hub.storeBytes(after: before)
    #expect(moved < FetchTests.large && moved > 0)
    #expect(notes.notes.contains { $0.contains("are here from an earlier run") }, "\(notes.notes)")
    let whole = content(hub.scratch["repos/org/big/model.safetensors"])
    #expect(whole != nil && content(fetch.folder.string + "/model.safetensors") == whole)
  }

  @Test func `what an earlier run left is thrown away with a word when nothing says what of it is whole`() throws {
    let hub = try TestHub(FetchTests.big)
    try hub.setFaults(#"{"on":"cdn","skip":1,"do":"status","status":404}"#)
    _ = refusal { try hub.fetch("hub:org/big", include: ["model.safetensors"]) }
    try hub.setFaults()
    for name in hub.scratch.tree("cache/models--org--big/.cambium") where name.hasSuffix(".json") {
      try hub.scratch.put("{", at: "cache/models--org--big/.cambium/" + name)
    }
    let notes = Notes()
    let fetch = try hub.fetch("hub:org/big", observer: notes)
    #expect(notes.notes.contains { $0.contains("of no use") }, "\(notes.notes)")
    try expectSame(hub, fetch.folder.string, "org/big")
  }

  @Test func `a flipped byte leaves nothing behind, and the next run fetches the file again`() throws {
    let hub = try TestHub(FetchTests.big)
    try hub.setFaults(#"{"on":"cdn","path":"model.safetensors","do":"flip","byte":40000000}"#)
    let said = refusal { try hub.fetch("hub:org/big") }
    #expect(said?.code == "E_HUB_DIGEST", "\(said?.text ?? "nothing")")
    let home = "cache/models--org--big"
    #expect(hub.scratch.tree("\(home)/.cambium").isEmpty)
    let etag = try hub.etag("org/big", "model.safetensors")
    #expect(!hub.scratch.tree("\(home)/blobs").contains(etag))
    try hub.setFaults()
    try expectSame(hub, try hub.fetch("hub:org/big").folder.string, "org/big")
  }

  @Test func `transfers that break off, addresses that expire and lying lengths are survived or named`() throws {
    let hub = try TestHub(FetchTests.big)
    try hub.setFaults(
      #"{"on":"cdn","times":3,"do":"cut","bytes":3000000}"#,
      #"{"on":"cdn","times":1,"do":"status","status":403,"message":"expired"}"#,
      #"{"on":"cdn","times":2,"do":"short","bytes":100000}"#, #"{"on":"cdn","times":1,"do":"chunked"}"#)
    let said = refusal { try hub.fetch("hub:org/big") }
    #expect(said == nil || said?.code == "E_HUB_LENGTH", "\(said?.text ?? "")")
    try hub.setFaults()
    try expectSame(hub, try hub.fetch("hub:org/big").folder.string, "org/big")
  }

  @Test func `a folder has the files, and beside them what they are`() throws {
    let hub = try TestHub()
    let folder = hub.scratch.at("out")
    try hub.fetch("hub:org/donor", to: .folder(folder))
    try expectSame(hub, folder.string, "org/donor")
    let lines = hub.scratch.text("out/.cache/huggingface/download/config.json.metadata").split(separator: "\n")
    #expect(lines.count == 3 && String(lines[0]) == hub.commit("org/donor"))
    #expect(try String(lines[1]) == hub.etag("org/donor", "config.json"))
    let before = try hub.requests().count
    try hub.fetch("hub:org/donor", to: .folder(folder))
    #expect(try hub.requests().count == before + 1)
  }

  @Test func `a folder that was fetched says from which commit, and that a part of it is another's`() throws {
    let hub = try TestHub()
    let folder = hub.scratch.at("out")
    try hub.fetch("hub:org/donor", to: .folder(folder))
    let commit = hub.commit("org/donor")
    let opened = try CheckpointFolder(.folder(folder))
    #expect(opened.notes.contains("fetched from the hub at commit \(commit)"), "\(opened.notes)")
    let record = "out/.cache/huggingface/download/config.json.metadata"
    let other = String(repeating: "0", count: 40)
    try hub.scratch.put(hub.scratch.text(record).replacing(commit, with: other), at: record)
    let mixed = try CheckpointFolder(.folder(folder))
    #expect(mixed.notes.contains { $0.contains("2 commits of the hub") }, "\(mixed.notes)")
  }

  @Test func `what a killed run left of a file that is whole is removed`() throws {
    let hub = try TestHub()
    let fetch = try hub.fetch("hub:org/donor", include: ["config.json"])
    let home = "cache/models--org--donor"
    let etag = try #require(fetch.items.first?.file.etag)
    let link = "\(home)/snapshots/\(fetch.repository.commit)/config.json"
    // As a run leaves it that dies between the name and the link.
    try FileManager.default.removeItem(atPath: hub.scratch[link])
    try hub.scratch.put("{}", at: "\(home)/.cambium/\(etag).json")
    let before = try hub.requests().count { $0.kind == "resolve" }
    try hub.fetch("hub:org/donor", include: ["config.json"])
    // One file was wanted, so the list of all of them is our own.
    let own = ["held.json", "tree-\(fetch.repository.commit).json"]
    #expect(hub.scratch.exists(link) && hub.scratch.tree("\(home)/.cambium") == own)
    #expect(try hub.requests().count { $0.kind == "resolve" } == before)
  }

  @Test func `a cache that cannot be written does when it has everything`() throws {
    let hub = try TestHub()
    let fetch = try hub.fetch("hub:org/donor")
    let before = hub.scratch.tree("cache").map { "\($0)" }
    let stamp = try hub.scratch.status("cache/models--org--donor/refs/main")
    try hub.fetch("hub:org/donor")
    let after = try hub.scratch.status("cache/models--org--donor/refs/main")
    // Not even written again.
    #expect(stamp.st_ino == after.st_ino && hub.scratch.tree("cache") == before)
    #expect(fetch.missingBytes > 0)
  }

  @Test func `a file of somebody else's is not replaced`() throws {
    let hub = try TestHub()
    try hub.scratch.put("mine", at: "out/config.json")
    let said = refusal { try hub.fetch("hub:org/donor", to: .folder(hub.scratch.at("out"))) }
    #expect(said?.code == "E_HUB_OCCUPIED")
    #expect(hub.scratch.text("out/config.json") == "mine")
  }

  @Test func `the same content under another commit is linked, not fetched`() throws {
    let hub = try TestHub { scratch in
      for revision in ["main", "next"] {
        try FileManager.default.createDirectory(
          atPath: scratch["repos/org/two"], withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Repository.demoDonor, toPath: scratch["repos/org/two/\(revision)"])
      }
      try scratch.put("other", at: "repos/org/two/next/README.md")
      try scratch.put(#"{"main":"main","next":"next"}"#, at: "repos/org/two/.revisions.json")
    }
    try hub.fetch("hub:org/two")
    let before = try hub.storeRequests().count
    let second = try hub.fetch("hub:org/two@next")
    #expect(second.missingBytes == 5)
    #expect(try hub.storeRequests().count == before)
  }

  @Test func `without links the snapshot has copies`() throws {
    let hub = try TestHub()
    let fetch = try hub.fetch("hub:org/donor", ["HF_HUB_DISABLE_SYMLINKS": "1"])
    let status = try hub.scratch.status("cache/models--org--donor/snapshots/\(fetch.repository.commit)/config.json")
    #expect(status.st_mode & S_IFMT == S_IFREG)
    try expectSame(hub, fetch.folder.string, "org/donor")
    #expect(try hub.fetch("hub:org/donor").missingBytes == 0)
  }

  @Test func `patterns choose, and none that matches is an error`() throws {
    let hub = try TestHub()
    let fetch = try Fetch(
      HubName("hub:org/trunk"), to: .cache, selection: FetchSelection(include: ["*.json"], exclude: ["vocab*"]),
      settings: hub.settings())
    #expect(fetch.items.map(\.file.path).allSatisfy { $0.hasSuffix(".json") && $0 != "vocab.json" })
    #expect(refusal { try hub.fetch("hub:org/trunk", include: ["*.bin"]) }?.code == "E_HUB_NOTHING")
  }
}

extension TestHub {
  /// The digest that a file of a repository is named by.
  func etag(_ repository: String, _ path: String) throws -> String {
    let fetch = try Fetch(
      HubName("hub:\(repository)"), to: .cache, selection: FetchSelection(include: [path]), settings: settings())
    return fetch.items.first?.file.etag ?? ""
  }
}
