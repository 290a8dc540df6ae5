import TestSupport
import Foundation
import Testing

/// `hub:org/name@revision` is found in the local cache of the hub client, and the cache is only read.
@Suite struct HubCacheTests {
  static let commit = "0123456789abcdef0123456789abcdef01234567"

  static let absentCommit = String(repeating: "f", count: 40)

  /// A cache as the hub client lays it out: blobs, and snapshots of relative links.
  private func makeCache(in folder: ScratchFolder, _ cache: String) throws {
    for (name, source) in [("models--org--trunk", Demo.trunk), ("models--org--donor", Demo.donor)] {
      let model = cache + "/" + name
      try folder.makeFolder(model + "/blobs")
      try folder.makeFolder(model + "/snapshots/" + HubCacheTests.commit)
      try folder.makeFolder(model + "/refs")
      try folder.write(HubCacheTests.commit, to: model + "/refs/main")
      for (number, file) in try FileManager.default.contentsOfDirectory(atPath: source).sorted().enumerated() {
        try FileManager.default.copyItem(atPath: source + "/" + file, toPath: folder[model + "/blobs/b\(number)"])
        try FileManager.default.createSymbolicLink(
          atPath: folder[model + "/snapshots/" + HubCacheTests.commit + "/" + file],
          withDestinationPath: "../../blobs/b\(number)")
      }
    }
  }

  struct Layout: Sendable, CustomTestStringConvertible {
    let variable: String
    let value: String
    let cache: String
    let revision: String
    var testDescription: String { "\(variable), @\(revision)" }
  }

  @Test(arguments: [
    Layout(variable: "HF_HUB_CACHE", value: "hub", cache: "hub", revision: commit),
    Layout(variable: "HF_HOME", value: "home", cache: "home/hub", revision: commit),
    Layout(variable: "XDG_CACHE_HOME", value: "xdg", cache: "xdg/huggingface/hub", revision: "main"),
    Layout(variable: "HOME", value: "me", cache: "me/.cache/huggingface/hub", revision: "main"),
  ]) func `the cache makes the package of the plain folder`(layout: Layout) throws {
    let folder = try ScratchFolder()
    try makeCache(in: folder, layout.cache)
    try Demo.writeManifest(
      in: folder, source: "hub:org/trunk@" + layout.revision, donor: "hub:org/donor@" + layout.revision)
    let before = folder.stamps(layout.cache)
    let outcome = try runDemo(folder, environment: [layout.variable: folder[layout.value]])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(folder.stamps(layout.cache) == before)
    try expectReferenceFiles(folder)
    let commits = try document(folder.text("m.lock.json"))["commits"]
    #expect(commits?["source"]?.stringValue == HubCacheTests.commit)
    #expect(commits?["donor"]?.stringValue == HubCacheTests.commit)
  }

  @Test func `B4 F8 init names everything after the model, and pins a branch to its commit`() throws {
    let folder = try ScratchFolder()
    try makeCache(in: folder, "hub")
    for source in ["hub:org/trunk", "hub:org/trunk@main", "hub:org/trunk@" + HubCacheTests.commit] {
      let made = try CambiumProcess.run(
        ["init", source, "--donor", "hub:org/donor", "--force"], in: folder.path,
        environment: ["HF_HUB_CACHE": folder["hub"]])
      #expect(made.isSuccess && made.out == folder["trunk.json"] + "\n", "\(made.summary)")
      let manifest = try document(folder.text("trunk.json"))
      #expect(manifest["source"]?.stringValue == "hub:org/trunk@" + HubCacheTests.commit)
      #expect(manifest["donor"]?.stringValue == "hub:org/donor@" + HubCacheTests.commit)
      #expect(manifest["output"]?.stringValue == "trunk-mxfp4")
    }
    let absent = try CambiumProcess.run(
      ["init", "hub:org/other"], in: folder.path, environment: ["HF_HUB_CACHE": folder["hub"]])
    #expect(absent.end == .exit(66) && absent.err.contains("cambium fetch hub:org/other@main"), "\(absent.summary)")
  }

  @Test func `the cache variable goes before the home`() throws {
    let folder = try ScratchFolder()
    try makeCache(in: folder, "hub")
    try folder.makeFolder("home/hub")
    let outcome = try CambiumProcess.run(
      ["inspect", "hub:org/trunk@main"], in: folder.path,
      environment: ["HF_HUB_CACHE": folder["hub"], "HF_HOME": folder["home"]])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(outcome.out.contains("165 in 1 file"))
  }

  @Test(arguments: ["hub:org/absent@main", "hub:org/trunk@other", "hub:org/trunk@" + absentCommit])
  func `what is not cached is refused with the download command`(reference: String) throws {
    let folder = try ScratchFolder()
    try makeCache(in: folder, "hub")
    try Demo.writeManifest(in: folder, source: reference)
    let before = folder.stamps("hub")
    let outcome = try runDemo(folder, environment: ["HF_HUB_CACHE": folder["hub"]])
    #expect(outcome.end == .exit(66), "\(outcome.summary)")
    #expect(outcome.err.contains("E_HUB_NOT_CACHED"))
    #expect(outcome.err.contains("cambium fetch \(reference)"), "\(outcome.err)")
    #expect(folder.stamps("hub") == before)
    #expect(!folder.exists("out"))
  }

  @Test(arguments: ["hub:org", "hub:org/", "hub:org/name@", "hub:a/b/c@main", "hub:../x@main", "hub:org/x@../up"])
  func `a reference that is none is 65`(reference: String) throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, source: reference)
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(outcome.err.contains("E_HUB_REFERENCE"), "\(outcome.err)")
  }

  @Test func `a link out of the model's cache is refused`() throws {
    let folder = try ScratchFolder()
    try makeCache(in: folder, "hub")
    try folder.write("secret", to: "hub/secret")
    let snapshot = "hub/models--org--trunk/snapshots/" + HubCacheTests.commit
    try FileManager.default.removeItem(atPath: folder[snapshot + "/vocab.json"])
    try FileManager.default.createSymbolicLink(
      atPath: folder[snapshot + "/vocab.json"], withDestinationPath: "../../../secret")
    let outcome = try CambiumProcess.run(
      ["inspect", "hub:org/trunk@main"], in: folder.path, environment: ["HF_HUB_CACHE": folder["hub"]])
    #expect(outcome.end == .exit(65))
    #expect(outcome.err.contains("E_LINK_ESCAPES"), "\(outcome.err)")
  }
}
