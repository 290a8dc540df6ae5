import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What was published is the user's. Named after the cases of the attack.
@Suite struct OwnershipTests {
  private func published() throws -> ScratchFolder {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    return folder
  }

  /// The same manifest with another text.
  private func change(_ folder: ScratchFolder, name: String = "m.json") throws {
    try Demo.writeManifest(in: folder, name: name, pipeline: "affine4")
  }

  private func content(_ folder: ScratchFolder, _ name: String) -> [String: Data?] {
    Dictionary(
      uniqueKeysWithValues: folder.tree(name).map {
        ($0, FileManager.default.contents(atPath: folder[name + "/" + $0]))
      })
  }

  private func verifies(_ folder: ScratchFolder, _ name: String = "out") throws -> Bool {
    try CambiumProcess.run(["verify", name], in: folder.path).isSuccess
  }

  @Test
  func
    `01 a published package shares no inode with the work folder, and no later run changes it or what it was moved to`()
    throws
  {
    let folder = try published()
    for name in folder.tree("out") {
      var status = stat()
      #expect(lstat(folder["out/" + name], &status) == 0 && status.st_nlink == 1, "\(name)")
    }
    try FileManager.default.moveItem(atPath: folder["out"], toPath: folder["moved"])
    #expect(try runDemo(folder).isSuccess)
    let (moved, there) = (content(folder, "moved"), content(folder, "out"))
    try change(folder)
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    #expect(content(folder, "moved") == moved)
    #expect(content(folder, "out") == there)
  }

  @Test func `01 weights leave the work folder with the package, where every later run finds them`() throws {
    let folder = try published()
    try #require(!folder.exists("out.work/quantize/model.safetensors"), "this file system has reflinks")
    let first = try weights(folder)
    #expect(try runDemo(folder).progress.contains("quantize: done before"))
    // Another text on the card: the package alone is made again.
    try Demo.writeManifest(in: folder, baseModel: "someone/else")
    let second = try runDemo(folder)
    #expect(second.isSuccess && second.progress.contains("quantize: done before"), "\(second.summary)")
    #expect(try weights(folder) == first)
    #expect(!folder.exists("out.work/quantize/model.safetensors"))
    #expect(try verifies(folder))
    // Removed with the package, they are made again.
    try FileManager.default.removeItem(atPath: folder["out"])
    let third = try runDemo(folder)
    #expect(third.isSuccess && third.err.contains("model.safetensors is missing and is made again"), "\(third.summary)")
    #expect(try weights(folder) == first)
  }

  @Test func `01 killed at any removal, also of giving the weights up, a run is gone on with and loses nothing`() throws
  {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, check: false)
    #expect(try runDemo(folder).isSuccess)
    let wanted = content(folder, "out")
    var pass = 0
    var isKilled = true
    while isKilled {
      pass += 1
      try #require(pass < 60)
      for name in ["out", "out.work"] where folder.exists(name) {
        try FileManager.default.removeItem(atPath: folder[name])
      }
      isKilled = try !runDemo(folder, environment: ["CAMBIUM_CRASH_AT": "remove:\(pass)"]).isSuccess
      let again = try runDemo(folder)
      #expect(again.isSuccess, "\(pass): \(again.summary)")
      #expect(content(folder, "out") == wanted, "\(pass)")
      // Only where there are reflinks does the work folder keep a file, one of its own.
      var status = stat()
      if lstat(folder["out.work/quantize/model.safetensors"], &status) == 0 { #expect(status.st_nlink == 1) }
      #expect(lstat(folder["out/model.safetensors"], &status) == 0 && status.st_nlink == 1)
    }
    #expect(pass > 2)
  }

  @Test func `01 weights that somebody changed in the package stop the next run before it converts`() throws {
    let folder = try published()
    try flip(folder["out/model.safetensors"], at: 4_000_000)
    let before = content(folder, "out")
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_OUTPUT_EXISTS"), "\(outcome.summary)")
    #expect(outcome.err.contains("model.safetensors"), "\(outcome.err)")
    #expect(!outcome.progress.contains("quantize: done in"), "\(outcome.err)")
    #expect(content(folder, "out") == before)
    #expect(try runDemo(folder, ["--replace"]).isSuccess)
    try expectReference(folder)
  }

  @Test func `02 a file of the package that became a link is none of it: the run refuses, and --replace means it`()
    throws
  {
    let folder = try published()
    try folder.makeFolder("keep")
    try FileManager.default.moveItem(atPath: folder["out/mtp.safetensors"], toPath: folder["keep/w"])
    try folder.link("out/mtp.safetensors", to: folder["keep/w"])
    let kept = FileManager.default.contents(atPath: folder["keep/w"])
    let refused = try runDemo(folder)
    #expect(refused.end == .exit(65) && refused.err.contains("mtp.safetensors"), "\(refused.summary)")
    let replaced = try runDemo(folder, ["--replace"])
    #expect(replaced.isSuccess, "\(replaced.summary)")
    #expect(try verifies(folder))
    try expectReference(folder)
    #expect(FileManager.default.contents(atPath: folder["keep/w"]) == kept)
  }

  @Test func `02 a finished run says what somebody put into the package, and leaves it`() throws {
    let folder = try published()
    try folder.write("mine", to: "out/notes.txt")
    let again = try runDemo(folder)
    #expect(again.isSuccess && again.err.contains("what is not the package's"), "\(again.summary)")
    #expect(again.err.contains("notes.txt"), "\(again.err)")
    #expect(folder.text("out/notes.txt") == "mine")
  }

  private func weights(_ folder: ScratchFolder) throws -> Data {
    try #require(FileManager.default.contents(atPath: folder["out/model.safetensors"]))
  }

  @Test func `01 a work folder whose files have other names as well writes into none of them`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "check"]).isSuccess)
    // As an earlier version published it.
    let (weights, name) = (folder["out.work/quantize/model.safetensors"], folder["backup.safetensors"])
    #expect(link(weights, name) == 0)
    let before = FileManager.default.contents(atPath: name)
    try change(folder)
    #expect(try runDemo(folder).isSuccess)
    #expect(FileManager.default.contents(atPath: name) == before)
  }

  @Test func `02 a foreign folder at the output's place stays, and is listed, even with --replace`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("out")
    try folder.write("four years", to: "out/thesis.txt")
    for options in [[], ["--replace"]] {
      let outcome = try runDemo(folder, options)
      #expect(outcome.end == .exit(65) && outcome.err.contains("E_OUTPUT_EXISTS"), "\(outcome.summary)")
      #expect(outcome.err.contains("thesis.txt"), "\(outcome.err)")
      #expect(folder.text("out/thesis.txt") == "four years")
    }
  }

  @Test
  func `02 a package of another manifest is not replaced, with one work folder or with two, until --replace says so`()
    throws
  {
    let folder = try published()
    try change(folder, name: "other.json")
    let before = content(folder, "out")
    for options in [[], ["--work", "w"]] {
      let outcome = try CambiumProcess.run(["run", "other.json"] + options, in: folder.path)
      #expect(outcome.end == .exit(65) && outcome.err.contains("--replace"), "\(outcome.summary)")
      #expect(content(folder, "out") == before)
    }
    let outcome = try CambiumProcess.run(["run", "other.json", "--replace"], in: folder.path)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(content(folder, "out") != before)
    #expect(try verifies(folder))
    #expect(folder.leftovers == [])
  }

  @Test func `04 what the user adds to a package or changes in it is listed and stays, until --replace says so`() throws
  {
    let folder = try published()
    try folder.makeFolder("out/results")
    try folder.write("0.71", to: "out/results/eval.txt")
    try folder.write(folder.text("out/README.md") + "Mine.", to: "out/README.md")
    for isOther in [false, true] {
      if isOther { try change(folder) }
      let before = content(folder, "out")
      let outcome = try runDemo(folder)
      #expect(outcome.end == .exit(65) && outcome.err.contains("eval.txt"), "\(outcome.summary)")
      #expect(content(folder, "out") == before)
    }
    #expect(try runDemo(folder, ["--replace"]).isSuccess)
    #expect(try verifies(folder))
    #expect(folder.leftovers == [])
  }

  @Test func `04 a change inside a file of unchanged names is found when the package is to be replaced`() throws {
    let folder = try published()
    try flip(folder["out/model.safetensors"], at: 4_000_000)
    let before = content(folder, "out")
    try change(folder)
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("model.safetensors"), "\(outcome.summary)")
    #expect(content(folder, "out") == before)
  }

  @Test(arguments: ["exchange:1", "exchange:2", "remove:last", "rename:last"])
  func `21 a run killed while it replaces a package leaves the old one or the new one, and the next goes on`(
    _ point: String
  ) throws {
    let new = try Demo.folder()
    try change(new)
    #expect(try runDemo(new).isSuccess)
    let folder = try published()
    let old = content(folder, "out")
    try change(folder)
    // The last passes that kill: counted down from more than there are.
    let points = point.hasSuffix("last") ? [64, 48, 40, 36, 32].map { "\(point.dropLast(4))\($0)" } : [point]
    for point in points {
      let outcome = try runDemo(folder, environment: ["CAMBIUM_CRASH_AT": point])
      guard outcome.end == .signal(SIGKILL) else { continue }
      #expect(content(folder, "out") == old || differences(new["out"], folder["out"]) == [], "\(point)")
      break
    }
    let again = try runDemo(folder)
    #expect(again.isSuccess, "\(again.summary)")
    #expect(differences(new["out"], folder["out"]) == [])
    #expect(folder.leftovers == [])
  }

  @Test(arguments: ["exchange:1", "exchange:2"])
  func `21 a package that is moved away while it is published is no missing input, and the next run is right`(
    _ point: String
  ) throws {
    let folder = try published()
    try Demo.writeManifest(in: folder, baseModel: "someone/else")
    let process = try CambiumProcess(
      ["run", "m.json"], in: folder.path, environment: ["CAMBIUM_CRASH_AT": "\(point):stop"])
    try #require(try process.waitForStop(), "this file system cannot exchange two names")
    try FileManager.default.moveItem(atPath: folder["out"], toPath: folder["away"])
    process.send(SIGCONT)
    let outcome = try process.wait()
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_OUTPUT_GONE"), "\(outcome.summary)")
    #expect(try verifies(folder, "away"))
    try Demo.writeManifest(in: folder)
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test func `23 a project that was moved, or that is reached through a link, replaces its own package`() throws {
    let folder = try ScratchFolder()
    try folder.makeFolder("p")
    let manifest = { (name: String, pipeline: String) in
      try Demo.writeManifest(in: folder, name: name, pipeline: pipeline)
    }
    _ = try manifest("p/m.json", "mxfp4")
    #expect(try CambiumProcess.run(["run", "p/m.json"], in: folder.path).isSuccess)
    try FileManager.default.moveItem(atPath: folder["p"], toPath: folder["q"])
    _ = try manifest("q/m.json", "affine4")
    let moved = try CambiumProcess.run(["run", "q/m.json"], in: folder.path)
    #expect(moved.isSuccess, "\(moved.summary)")
    try FileManager.default.createSymbolicLink(atPath: folder["l"], withDestinationPath: "q")
    _ = try manifest("q/m.json", "mxfp4")
    let linked = try CambiumProcess.run(["run", "l/m.json"], in: folder.path)
    #expect(linked.isSuccess, "\(linked.summary)")
    #expect(try verifies(folder, "q/out"))
  }

  @Test func `23 a package whose work folder is gone is known by its content`() throws {
    let folder = try published()
    try FileManager.default.removeItem(atPath: folder["out.work"])
    let before = folder.stamps("out")
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(folder.stamps("out") == before)
  }

  @Test func `a folder of the user's is no work folder`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("mine/quantize")
    try folder.write("weights", to: "mine/quantize/model.safetensors")
    try folder.write("notes", to: "mine/notes.txt")
    let before = folder.stamps("mine")
    let outcome = try runDemo(folder, ["--work", "mine"])
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_WORK_FOREIGN"), "\(outcome.summary)")
    #expect(folder.stamps("mine") == before)
  }

  @Test(arguments: ["precious words\n", "12a\n", String(repeating: "1\n", count: 40)])
  func `a lock that holds something of the user's is not written over, nor through a second name`(_ text: String) throws
  {
    let folder = try Demo.folder()
    try folder.makeFolder("out.work")
    try folder.write(text, to: "mine")
    try FileManager.default.linkItem(atPath: folder["mine"], toPath: folder["out.work/lock"])
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_WORK_FOREIGN"), "\(outcome.summary)")
    #expect(folder.text("mine") == text)
  }

  @Test func `what lies under the name of a folder in the making and is somebody's stays, and the run says so`() throws
  {
    let folder = try Demo.folder()
    try folder.makeFolder(".out.cambium-partial")
    try folder.write("mine", to: ".out.cambium-partial/mine.txt")
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_OUTPUT_EXISTS"), "\(outcome.summary)")
    #expect(outcome.err.contains("mine.txt") && folder.text(".out.cambium-partial/mine.txt") == "mine")
  }

  @Test(arguments: ["README.md", "mine.txt"])
  func `what somebody writes into the remains of a replaced package stays, and the run says so`(_ name: String) throws {
    let folder = try published()
    _ = try Demo.writeManifest(in: folder, pipeline: "affine4")
    let killed = try runDemo(folder, environment: ["CAMBIUM_CRASH_AT": "exchange:2"])
    #expect(killed.end == .signal(SIGKILL), "\(killed.summary)")
    let place = ".out.cambium-partial/" + name
    try folder.write("mine", to: place)
    let again = try runDemo(folder)
    #expect(folder.text(place) == "mine", "\(again.summary)")
    try FileManager.default.removeItem(atPath: folder[".out.cambium-partial"])
    #expect(try runDemo(folder).isSuccess)
    #expect(folder.leftovers == [])
  }

  @Test func `status writes nothing into the lock of a work folder`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("out.work")
    try folder.write("mine", to: "out.work/lock")
    let outcome = try CambiumProcess.run(["status", "m.json"], in: folder.path)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(folder.text("out.work/lock") == "mine")
  }

  @Test(arguments: ["", "556\n", "556\n2\n"]) func `the lock of a run that was killed holds nobody up`(_ text: String)
    throws
  {
    let folder = try Demo.folder()
    try folder.makeFolder("out.work")
    try folder.write(text, to: "out.work/lock")
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
  }

  @Test func `D1 a false digest in the cache of the work folder changes nothing that is published`() throws {
    let folder = try published()
    let path = folder["out.work/digests.json"]
    let text = folder.text("out.work/digests.json")
    let digests = text.matches(of: /sha256":"([0-9a-f]{64})"/).map { String($0.1) }
    #expect(digests.count > 5)
    for digest in digests.prefix(6) {
      let other = (digest.hasPrefix("0") ? "1" : "0") + digest.dropFirst()
      try text.replacingOccurrences(of: digest, with: other).write(toFile: path, atomically: true, encoding: .utf8)
      for name in ["out", "out.work/package"] { try FileManager.default.removeItem(atPath: folder[name]) }
      let outcome = try runDemo(folder)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      try expectReference(folder)
    }
  }
}
