import TestSupport
import Foundation
import Testing

/// No command writes into a source, through a link or otherwise.
@Suite struct SourceUntouchedTests {
  @Test func `no command touches source or donor`() throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.donor, toPath: folder["donor"])
    _ = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk", donor: "donor")
    let before = (folder.stamps("trunk"), folder.stamps("donor"))
    for arguments in [
      ["run", "m.json"], ["run", "m.json"], ["inspect", "trunk"], ["diff", "trunk", "donor"], ["plan", "m.json"],
      ["status", "m.json"], ["verify", "out"], ["init", "trunk", "--donor", "donor"],
    ] {
      _ = try CambiumProcess.run(arguments, in: folder.path)
    }
    #expect(folder.stamps("trunk") == before.0)
    #expect(folder.stamps("donor") == before.1)
    #expect(differences(Demo.trunk, folder["trunk"]) == [])
    try expectReferenceFiles(folder)
  }

  @Test(arguments: ["trunk/out", "donor/out", "trunk", "donor/deep/out"])
  func `an output inside an input is refused`(output: String) throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.donor, toPath: folder["donor"])
    _ = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk", donor: "donor")
    let before = folder.tree()
    let outcome = try runDemo(folder, ["--output", output])
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(outcome.err.contains("E_OUTPUT_INSIDE_INPUT"), "\(outcome.err)")
    #expect(folder.tree() == before)
  }

  /// The trunk as a snapshot of the hub's cache; returns its path.
  private func snapshot(_ folder: ScratchFolder) throws -> String {
    _ = try Demo.copyTrunk(to: folder)
    try folder.makeFolder("models--o--n/snapshots")
    try folder.makeFolder("models--o--n/blobs")
    let path = "models--o--n/snapshots/" + String(repeating: "a", count: 40)
    try FileManager.default.moveItem(atPath: folder["trunk"], toPath: folder[path])
    try Demo.writeManifest(in: folder, source: path, donor: Demo.donor)
    return path
  }

  @Test(arguments: ["snapshots/out", "blobs/out", "out"])
  func `an output beside the snapshots of a source in the hub's cache is refused`(output: String) throws {
    let folder = try ScratchFolder()
    _ = try snapshot(folder)
    let before = folder.tree()
    let outcome = try runDemo(folder, ["--output", "models--o--n/" + output])
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(outcome.err.contains("E_OUTPUT_INSIDE_INPUT"), "\(outcome.err)")
    #expect(folder.tree() == before)
  }

  @Test func `a file of the hub's cache that is not what its blob is named for is refused by name`() throws {
    let folder = try ScratchFolder()
    let path = try snapshot(folder)
    let blob = "models--o--n/blobs/" + String(repeating: "0", count: 64)
    try FileManager.default.moveItem(atPath: folder[path + "/merges.txt"], toPath: folder[blob])
    try folder.link(path + "/merges.txt", to: "../../blobs/" + String(repeating: "0", count: 64))
    let outcome = try runDemo(folder, ["--output", "made"])
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(outcome.err.contains("E_BLOB_DIGEST") && outcome.err.contains("merges.txt"), "\(outcome.err)")
    #expect(!folder.exists("made"))
  }

  @Test(arguments: ["trunk/work", "donor/work", "trunk"]) func `a work folder inside an input is refused`(work: String)
    throws
  {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.donor, toPath: folder["donor"])
    _ = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk", donor: "donor")
    let before = folder.tree()
    let outcome = try runDemo(folder, ["--work", work])
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(folder.tree() == before)
  }

  @Test func `an output inside an input through a link is refused`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk")
    try FileManager.default.createSymbolicLink(atPath: folder["alias"], withDestinationPath: "trunk")
    let before = folder.tree("trunk")
    let outcome = try runDemo(folder, ["--output", "alias/out", "--work", "w"])
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(folder.tree("trunk") == before)
  }
}
