import Diagnostics
import Foundation
import Hub
import TestSupport
import Testing

/// What is there already is taken for the file by its bytes, and is replaced when cambium or the hub's client put it there.
@Suite struct HeldTests {
  private static let home = "cache/models--org--donor"

  /// The donor's weights.
  private static let weights = "model-00002-of-00002.safetensors"

  private static func twoCommits(_ scratch: ScratchFolder) throws {
    for revision in ["main", "next"] {
      try scratch.put(#"{"model_type":"same"}"#, at: "repos/org/two/\(revision)/config.json")
      try scratch.put(revision, at: "repos/org/two/\(revision)/README.md")
    }
    try scratch.put(#"{"main":"main","next":"next"}"#, at: "repos/org/two/.revisions.json")
  }

  private func expectDonor(_ hub: TestHub, _ folder: String) throws {
    for name in ["config.json", HeldTests.weights] {
      let whole = FileManager.default.contents(atPath: hub.scratch["repos/org/donor/\(name)"])
      #expect(whole != nil && FileManager.default.contents(atPath: folder + "/" + name) == whole, "\(name)")
    }
  }

  @Test func `the client's list of files is written for a whole model alone: it misses what was not wanted`() throws {
    let hub = try TestHub { scratch in
      try TestHub.demo(scratch)
      try scratch.put("{}", at: "repos/org/notes/config.json")
      try scratch.put("left alone", at: "repos/org/notes/samples.jsonl")
    }
    try hub.fetch("hub:org/notes")
    try hub.fetch("hub:org/donor")
    #expect(!hub.scratch.exists("cache/models--org--notes/trees"))
    #expect(hub.scratch.exists("\(HeldTests.home)/trees"))
  }

  @Test(arguments: ["{}", nil])
  func `what a person changed after it was fetched stays, whatever its size`(text: String?) throws {
    let hub = try TestHub()
    let folder = hub.scratch.at("out")
    try hub.fetch("hub:org/donor", to: .folder(folder))
    // Of the same size: one sign is another.
    var changed = try hub.scratch.bytes("out/config.json")
    changed[changed.count / 2] ^= 1
    try hub.scratch.put(text.map { Array($0.utf8) } ?? changed, at: "out/config.json")
    let expected = try hub.scratch.bytes("out/config.json")
    let said = refusal { try hub.fetch("hub:org/donor", to: .folder(folder)) }
    #expect(said?.code == "E_HUB_OCCUPIED" && said?.file?.hasSuffix("out/config.json") == true, "\(said?.text ?? "")")
    #expect(said?.found == "a file that was changed after it was fetched")
    #expect(try hub.scratch.bytes("out/config.json") == expected)
  }

  @Test func `damage of weights that keeps their size is reported, and nothing is fetched`() throws {
    let hub = try TestHub()
    let folder = hub.scratch.at("out")
    try hub.fetch("hub:org/donor", to: .folder(folder))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: hub.scratch["out/\(HeldTests.weights)"]))
    try file.write(contentsOf: Data("XX".utf8))
    try file.close()
    let before = try hub.storeRequests().count
    let said = refusal { try hub.fetch("hub:org/donor", to: .folder(folder)) }
    #expect(said?.code == "E_HUB_OCCUPIED" && said?.file?.hasSuffix(HeldTests.weights) == true, "\(said?.text ?? "")")
    #expect(try hub.storeRequests().count == before)
  }

  @Test func `a file of an older commit gives way to the newer one, unless it was changed`() throws {
    let hub = try TestHub(HeldTests.twoCommits)
    for (name, edit) in [("out", nil), ("changed", "mine, of two days")] {
      let folder = hub.scratch.at(name)
      try hub.fetch("hub:org/two@main", to: .folder(folder))
      #expect(hub.scratch.text("\(name)/README.md") == "main")
      if let edit { try hub.scratch.put(edit, at: "\(name)/README.md") }
      let said = refusal { try hub.fetch("hub:org/two@next", to: .folder(folder)) }
      #expect(said?.code == (edit == nil ? nil : "E_HUB_OCCUPIED"), "\(said?.text ?? "")")
      #expect(hub.scratch.text("\(name)/README.md") == edit ?? "next")
    }
  }

  @Test(arguments: ["config.json", HeldTests.weights], [1, nil])
  func `a blob that is torn, or another content, is replaced by the one that was checked`(
    name: String, size: Int?
  ) throws {
    let hub = try TestHub()
    let etag = try hub.etag("org/donor", name)
    let whole = try hub.scratch.bytes("repos/org/donor/\(name)").count
    try hub.scratch.put([UInt8](repeating: 0, count: size ?? whole), at: "\(HeldTests.home)/blobs/\(etag)")
    let notes = Notes()
    let fetch = try hub.fetch("hub:org/donor", observer: notes)
    try expectDonor(hub, fetch.folder.string)
    #expect(notes.notes.contains { $0.hasPrefix("\(name): what the cache has") }, "\(notes.notes)")
  }

  @Test func `a blob that is damaged after it was fetched is fetched again`() throws {
    let hub = try TestHub()
    let fetch = try hub.fetch("hub:org/donor")
    // So that the record of what was held stands, and is newer than the blobs.
    try hub.fetch("hub:org/donor")
    for name in ["config.json", HeldTests.weights] {
      let blob = "\(HeldTests.home)/blobs/\(try hub.etag("org/donor", name))"
      var bytes = try hub.scratch.bytes(blob)
      bytes[bytes.count - 1] ^= 1
      for content in [bytes, Array(bytes.prefix(1000)), []] {
        try hub.scratch.put(content, at: blob)
        try hub.fetch("hub:org/donor")
        try expectDonor(hub, fetch.folder.string)
      }
    }
    let after = try hub.requests().count { $0.kind == "resolve" }
    #expect(try hub.fetch("hub:org/donor").missingBytes == 0)
    #expect(try hub.requests().count { $0.kind == "resolve" } == after)
  }

  @Test func `a link in blobs that leads out of the cache is refused by name, and a pipe is not waited for`() throws {
    let hub = try TestHub()
    let etag = try hub.etag("org/donor", "config.json")
    let blob = "\(HeldTests.home)/blobs/\(etag)"
    try hub.scratch.put(hub.scratch.bytes("repos/org/donor/config.json"), at: "mine.json")
    try hub.scratch.makeFolder("\(HeldTests.home)/blobs")
    try hub.scratch.link(blob, to: hub.scratch["mine.json"])
    let said = refusal { try hub.fetch("hub:org/donor") }
    #expect(said?.code == "E_HUB_OCCUPIED" && said?.file?.hasSuffix(etag) == true, "\(said?.text ?? "")")
    #expect(said?.found?.contains("mine.json") == true)
    try FileManager.default.removeItem(atPath: hub.scratch[blob])
    #expect(mkfifo(hub.scratch[blob], 0o644) == 0)
    #expect(refusal { try hub.fetch("hub:org/donor") }?.code == "E_HUB_OCCUPIED")
  }

  @Test func `a blob that is a link into the cache's own store is read through it, and never written through`() throws {
    let hub = try TestHub()
    let etag = try hub.etag("org/donor", HeldTests.weights)
    let stored = "cache/blobs/ab/ab01"
    try hub.scratch.put(hub.scratch.bytes("repos/org/donor/\(HeldTests.weights)"), at: stored)
    try hub.scratch.makeFolder("\(HeldTests.home)/blobs")
    try hub.scratch.link("\(HeldTests.home)/blobs/\(etag)", to: "../../blobs/ab/ab01")
    let fetch = try hub.fetch("hub:org/donor")
    try expectDonor(hub, fetch.folder.string)
    #expect(try hub.storeRequests().isEmpty)
    try hub.scratch.put("torn", at: stored)
    try hub.fetch("hub:org/donor")
    try expectDonor(hub, fetch.folder.string)
    #expect(hub.scratch.text(stored) == "torn")
  }

  @Test(arguments: [
    "sub", ".cache", ".cache/huggingface", ".cache/huggingface/.cambium", ".cache/huggingface/download",
  ])
  func `nothing is written through a link beneath the folder`(name: String) throws {
    let hub = try TestHub { scratch in
      try scratch.put("{}", at: "repos/org/deep/config.json")
      try scratch.put("{}", at: "repos/org/deep/sub/notes.json")
    }
    try hub.scratch.makeFolder("else")
    try hub.scratch.makeFolder("out/.cache/huggingface")
    if hub.scratch.exists("out/\(name)") { try FileManager.default.removeItem(atPath: hub.scratch["out/\(name)"]) }
    try hub.scratch.link("out/\(name)", to: hub.scratch["else"])
    let said = refusal { try hub.fetch("hub:org/deep", to: .folder(hub.scratch.at("out"))) }
    #expect(said?.code == "E_TARGET_IS_LINK" && said?.file?.hasSuffix("out/\(name)") == true, "\(said?.text ?? "")")
    #expect(hub.scratch.tree("else").isEmpty)
  }
}
