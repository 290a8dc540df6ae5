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
