import TestSupport
import Foundation
import Testing

/// A symbolic link never leads a read or a write out of its folder.
@Suite struct LinkAttackTests {
  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  @Test(arguments: [true, false]) func `a link in the output's place is refused`(targetExists: Bool) throws {
    let folder = try Demo.folder()
    if targetExists { try folder.makeFolder("victim") }
    try link(folder["out"], to: folder["victim"])
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) || outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.contains("error: E_"))
    #expect(folder.tree("victim").isEmpty)
    #expect(folder.exists("victim") == targetExists)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder["out"]) == folder["victim"])
  }

  @Test func `a link in place of a file of the work folder is refused or replaced`() throws {
    for name in ["lock", "plan.json", "digests.json", "quantize/journal.jsonl", "run.log"] {
      let folder = try Demo.folder()
      try folder.makeFolder("out.work/quantize")
      try folder.write("victim", to: "victim")
      try link(folder["out.work/" + name], to: folder["victim"])
      let outcome = try runDemo(folder)
      #expect(outcome.isSuccess || outcome.end == .exit(74) || outcome.end == .exit(65), "\(name): \(outcome.summary)")
      #expect(folder.text("victim") == "victim", "\(name)")
    }
  }

  @Test func `the names in a work folder that is a link to somebody's folder are said once`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("mine")
    try folder.write("notes", to: "mine/notes.txt")
    try link(folder["out.work"], to: folder["mine"])
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_WORK_FOREIGN"), "\(outcome.summary)")
    #expect(outcome.err.components(separatedBy: "notes.txt").count == 2, "\(outcome.err)")
    #expect(folder.tree("mine") == ["notes.txt"])
  }

  @Test(arguments: ["quantize", "package"])
  func `a link in place of a stage's folder is refused by its own name before anything is written`(stage: String)
    throws
  {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "graft"]).isSuccess)
    try folder.makeFolder("victim")
    try link(folder["out.work/" + stage], to: folder["victim"])
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_TARGET_IS_LINK"), "\(outcome.summary)")
    #expect(outcome.err.contains("/out.work/\(stage)\n"), "\(outcome.err)")
    #expect(folder.tree("victim").isEmpty)
    try FileManager.default.removeItem(atPath: folder["out.work/" + stage])
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test func `a link in place of a weight file of the work folder is named by the name that it has, and stays`() throws
  {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "graft"]).isSuccess)
    try folder.makeFolder("out.work/quantize")
    try folder.write("victim", to: "victim")
    try link(folder["out.work/quantize/model.safetensors"], to: folder["victim"])
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_TARGET_IS_LINK"), "\(outcome.summary)")
    #expect(outcome.err.contains("/quantize/model.safetensors\n"), "\(outcome.err)")
    #expect(folder.exists("out.work/quantize/model.safetensors") && folder.text("victim") == "victim")
  }

  @Test func `a link in place of the lock file is refused`() throws {
    let folder = try Demo.folder()
    try link(folder["m.lock.json"], to: folder["victim"])
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.contains("E_TARGET_IS_LINK"), "\(outcome.err)")
    #expect(!folder.exists("victim"))
  }

  @Test(arguments: ["tokenizer.json", "extra.txt", "model-00001-of-00001.safetensors", "LICENSE"])
  func `a link out of the source is refused`(name: String) throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try folder.write("secret", to: "secret")
    try? FileManager.default.removeItem(atPath: trunk + "/" + name)
    try link(trunk + "/" + name, to: "../secret")
    try Demo.writeManifest(in: folder, source: "trunk")
    for arguments in [["run", "m.json"], ["inspect", "trunk"]] {
      let outcome = try CambiumProcess.run(arguments, in: folder.path)
      #expect(outcome.end == .exit(65), "\(outcome.summary)")
      #expect(outcome.err.contains("E_LINK_ESCAPES"), "\(outcome.err)")
      #expect(outcome.err.contains(name))
    }
    #expect(!folder.exists("out"))
  }

  @Test func `a link within the source is followed`() throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try FileManager.default.moveItem(atPath: trunk + "/vocab.json", toPath: trunk + "/.vocab")
    try link(trunk + "/vocab.json", to: ".vocab")
    try Demo.writeManifest(in: folder, source: "trunk")
    #expect(try runDemo(folder).isSuccess)
    try expectReferenceFiles(folder)
  }
}
