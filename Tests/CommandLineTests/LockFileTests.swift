import TestSupport
import Foundation
import Testing

/// The lock file pins what a run resolved.
@Suite struct LockFileTests {
  @Test func `D a manifest that comes by a descriptor has no lock file, and nothing is put among devices`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder)
    let output = folder["out"]
    let outcome = try CambiumProcess.run(
      ["run", "/dev/stdin", "--until", "quantize", "--output", output], in: folder.path, limits: "exec <m.json")
    #expect(outcome.isSuccess && outcome.err.contains("there is no lock file"), "\(outcome.summary)")
    #expect(access("/dev/stdin.lock", F_OK) != 0)
    let locked = try CambiumProcess.run(
      ["run", "/dev/stdin", "--locked", "--until", "inspect", "--output", output], in: folder.path,
      limits: "exec <m.json")
    #expect(locked.end == .exit(66) && locked.err.contains("E_LOCK_MISSING"), "\(locked.summary)")
  }

  @Test func `the first run writes the lock and locked then agrees`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    let lock = folder.text("m.lock.json")
    let json = try document(lock)
    #expect(json["cambium_lock"]?.intValue == 1)
    #expect(json["files"]?.arrayValue?.count == 14)
    #expect(!lock.contains(folder.path))
    #expect(!lock.contains(Repository.root))
    let stamp = FileStamp.of(folder["m.lock.json"])
    for more in [[], ["--work", "w", "--output", "again"]] {
      let outcome = try runDemo(folder, ["--locked"] + more)
      #expect(outcome.isSuccess, "\(outcome.summary)")
    }
    #expect(FileStamp.of(folder["m.lock.json"]) == stamp)
    #expect(differences(folder["out"], folder["again"]) == [])
  }

  @Test func `F7 a machine that has the models elsewhere runs locked, and makes the same bytes`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    try FileManager.default.copyItem(atPath: Demo.donor, toPath: folder["donor"])
    try Demo.writeManifest(in: folder, source: "trunk", donor: "donor")
    #expect(try runDemo(folder).isSuccess)
    let lock = folder.text("m.lock.json")
    // The manifest stays as it is; what it names is not there any more.
    let other = try ScratchFolder()
    for name in ["trunk", "donor"] { try FileManager.default.moveItem(atPath: folder[name], toPath: other[name]) }
    let again = ["--locked", "--work", "w", "--output", "again"]
    #expect(try runDemo(folder, again).end == .exit(66))
    let outcome = try runDemo(folder, again + ["--source", other["trunk"], "--donor", other["donor"]])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(differences(folder["out"], folder["again"]) == [])
    #expect(folder.text("m.lock.json") == lock)
    // Another model is another model, wherever it is.
    try flip(other["trunk/model-00001-of-00001.safetensors"], at: 100_000)
    let wrong = try runDemo(
      folder, ["--locked", "--work", "x", "--output", "y", "--source", other["trunk"], "--donor", other["donor"]])
    #expect(!wrong.isSuccess && wrong.err.contains("E_LOCK_DIFFERS"), "\(wrong.summary)")
  }

  @Test func `a place can be named only of a folder that the manifest names`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, donor: nil)
    let outcome = try CambiumProcess.run(["plan", "m.json", "--donor", Demo.donor], in: folder.path)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_MANIFEST_VALUE"), "\(outcome.summary)")
    #expect(outcome.err.contains("--donor may name"), "\(outcome.summary)")
  }

  @Test func `the lock is the same wherever it is made`() throws {
    let locks = try (0..<2).map { _ in
      let folder = try Demo.folder()
      #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
      return folder.text("m.lock.json")
    }
    #expect(locks[0] == locks[1])
  }

  @Test func `locked without a lock is refused`() throws {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder, ["--locked"])
    #expect(outcome.end == .exit(66))
    #expect(outcome.err.contains("E_LOCK_MISSING"), "\(outcome.err)")
    #expect(!folder.exists("m.lock.json"))
    #expect(!folder.exists("out"))
  }

  @Test func `locked refuses a changed source`() throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk")
    #expect(try runDemo(folder).isSuccess)
    let lock = folder.text("m.lock.json")
    try flip(trunk + "/model-00001-of-00001.safetensors", at: 15_000_000)
    let refused = try runDemo(folder, ["--locked", "--output", "other"])
    #expect(refused.end == .exit(65), "\(refused.summary)")
    #expect(refused.err.contains("E_LOCK_DIFFERS"))
    #expect(refused.err.contains("source/model-00001-of-00001.safetensors changed"), "\(refused.err)")
    #expect(folder.text("m.lock.json") == lock)
    #expect(!folder.exists("other"))

    let open = try runDemo(folder, ["--output", "other"])
    #expect(open.isSuccess, "\(open.summary)")
    #expect(open.err.contains("the lock file changes: source/model-00001-of-00001.safetensors changed"), "\(open.err)")
    #expect(folder.text("m.lock.json") != lock)
    #expect(try runDemo(folder, ["--locked", "--output", "other"]).isSuccess)
  }

  @Test func `locked refuses a changed sidecar, pipeline or manifest`() throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk")
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    try Demo.writeManifest(in: folder, source: "trunk", pipeline: "mxfp8")
    let pipeline = try runDemo(folder, ["--locked"])
    #expect(pipeline.end == .exit(65))
    #expect(pipeline.err.contains("pipeline is"), "\(pipeline.err)")
    #expect(pipeline.err.contains("plan is"), "\(pipeline.err)")
    try Demo.writeManifest(in: folder, source: "trunk")
    #expect(try runDemo(folder, ["--locked", "--until", "quantize"]).isSuccess)
    try FileManager.default.removeItem(atPath: trunk + "/merges.txt")
    let sidecar = try runDemo(folder, ["--locked"])
    #expect(sidecar.end == .exit(65))
    #expect(sidecar.err.contains("source/merges.txt is gone"), "\(sidecar.err)")
  }
}
