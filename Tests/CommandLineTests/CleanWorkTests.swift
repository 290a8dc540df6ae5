import Foundation
import StrictJSON
import TestSupport
import Testing

/// `clean` takes from a work folder what runs wrote, and nothing from under a run.
@Suite struct CleanWorkTests {
  private func clean(_ folder: ScratchFolder, _ more: [String] = []) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(["clean", "m.json"] + more, in: folder.path)
  }

  @Test func `a partition that converts keeps its work folder, and is named`() throws {
    let folder = try Demo.folder()
    let held = try HeldRun(folder, ["--partition", "0/1", "--quiet"])
    let before = folder.tree("out.work")
    // Also between two items, where it fills none, it says that it lives.
    #expect(before.contains { $0.hasPrefix("items/.partition.cambium-attempt-") }, "\(before)")
    let refused = try clean(folder, ["--unfinished"])
    #expect(refused.end == .exit(75) && refused.err.contains("E_ATTEMPT_LIVES"), "\(refused.summary)")
    #expect(refused.err.contains("items/.partition.cambium-attempt-"), "\(refused.summary)")
    #expect(folder.tree("out.work") == before)
    let end = try held.letGo()
    #expect(end.isSuccess, "\(end.summary)")
    #expect(folder.leftovers == [])
    let cleaned = try clean(folder, ["--unfinished"])
    #expect(cleaned.isSuccess && !folder.exists("out.work"), "\(cleaned.summary)")
  }

  @Test
  func `an attempt of another host holds the folder until it is removed, and one of a dead process does not`()
    throws
  {
    let folder = try Demo.folder()
    #expect(try CambiumProcess.run(["run", "m.json", "--partition", "0/1", "--quiet"], in: folder.path).isSuccess)
    let far = "out.work/items/.00001.cambium-attempt-elsewhere.example-4711-1f"
    try folder.makeFolder(far)
    let before = folder.tree("out.work")
    let refused = try clean(folder, ["--unfinished"])
    #expect(refused.end == .exit(75) && refused.err.contains("elsewhere.example-4711-1f"), "\(refused.summary)")
    #expect(folder.tree("out.work") == before)
    try FileManager.default.removeItem(atPath: folder[far])
    let dead = try HeldRun(folder, ["--partition", "0/1", "--work", "other.work", "--quiet"])
    dead.process.send(SIGKILL)
    #expect(try dead.process.wait().end == .signal(SIGKILL))
    #expect(folder.tree("other.work").contains { $0.contains(".cambium-attempt-") })
    let left = try clean(folder, ["--unfinished", "--work", "other.work"])
    #expect(left.isSuccess && !folder.exists("other.work"), "\(left.summary)")
    let cleaned = try clean(folder, ["--unfinished"])
    #expect(cleaned.isSuccess && !folder.exists("out.work"), "\(cleaned.summary)")
  }

  @Test func `a work folder that is a link is refused by name, and nothing behind it is touched`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--work", "real.work"]).isSuccess)
    try folder.link("out.work", to: folder["real.work"])
    let before = folder.stamps("real.work")
    let refused = try clean(folder)
    #expect(refused.end == .exit(65) && refused.err.contains("E_WORK_LINK"), "\(refused.summary)")
    #expect(refused.err.contains("real.work"), "\(refused.summary)")
    #expect(folder.stamps("real.work") == before && folder.exists("out.work"))
    #expect(try clean(folder, ["--work", "real.work"]).isSuccess)
    #expect(!folder.exists("real.work"))
  }

  /// Places where a run has files of such names, and what somebody wrote there.
  private static let mine = [
    "check/units.json": "mine", "inspect/item.json": "{\"cambium\": 1}\n", "package/published": "mine\n",
    "quantize/model.safetensors": "weights of mine", "quantize/plan.json": "{\n  \"cambium_plan\": 1}",
    "remote/notes.txt": "mine", "remote/models--org--name/snapshots/x/config.json": "{}",
    "run.log": "my own log\n", "graft/.mine.cambium-tmp-1-1": "mine", "mine/receipt.json": "{}",
  ]

  @Test func `a file of somebody's stays under whatever name, and is listed`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    for (name, text) in CleanWorkTests.mine { try folder.write(text, to: "out.work/" + name) }
    // And one that was changed is not the run's any more.
    let report = folder.text("out.work/verify/verify.json")
    try folder.write(report + " ", to: "out.work/verify/verify.json")
    let cleaned = try clean(folder, ["--unfinished", "--json"])
    #expect(cleaned.isSuccess, "\(cleaned.summary)")
    let left = try JSONValue.parse(Array(cleaned.out.utf8), file: "out")["left"]?.arrayValue?.compactMap(\.stringValue)
    // A folder that is none of a run's is named, and not looked through.
    let wanted = CleanWorkTests.mine.keys.map { $0.hasPrefix("mine/") ? "mine" : $0 } + ["verify/verify.json"]
    #expect(Set(left ?? []).isSubset(of: Set(wanted + ["remote/models--org--name"])), "\(left ?? [])")
    for (name, text) in CleanWorkTests.mine { #expect(folder.text("out.work/" + name) == text, "\(name)") }
    #expect(folder.text("out.work/verify/verify.json") == report + " ")
    let stayed = folder.tree("out.work").filter { !$0.hasSuffix("lock") && folder.isFile("out.work/" + $0) }
    #expect(Set(stayed) == Set(CleanWorkTests.mine.keys).union(["verify/verify.json"]), "\(stayed)")
  }

  @Test func `what a killed check has put together goes, and what somebody put into it stays`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "verify"]).isSuccess)
    // Of the stages that are left, the check is the first that keeps a journal.
    let killed = try CambiumProcess.run(
      ["run", "m.json", "--quiet"], in: folder.path, environment: ["CAMBIUM_CRASH_AT": "journal:1"])
    #expect(killed.end == .signal(SIGKILL), "\(killed.summary)")
    #expect(folder.exists("out.work/check/package/tokenizer.json"))
    #expect(folder.exists("out.work/check/package/model.safetensors"))
    try folder.write("mine", to: "out.work/check/package/notes.txt")
    try folder.link("out.work/check/package/mtp", to: folder["out.work/quantize/mtp.safetensors"])
    let cleaned = try clean(folder, ["--unfinished"])
    #expect(cleaned.isSuccess && cleaned.out.contains("check/package/notes.txt"), "\(cleaned.summary)")
    #expect(
      folder.tree("out.work") == ["check", "check/package", "check/package/mtp", "check/package/notes.txt", "lock"])
    for name in ["mtp", "notes.txt"] {
      try FileManager.default.removeItem(atPath: folder["out.work/check/package/" + name])
    }
    let again = try clean(folder, ["--unfinished"])
    #expect(again.isSuccess && !folder.exists("out.work"), "\(again.summary)")
  }

  @Test func `a source that is gone is not needed`() throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: trunk)
    #expect(try runDemo(folder).isSuccess)
    try FileManager.default.removeItem(atPath: trunk)
    let cleaned = try clean(folder)
    #expect(cleaned.isSuccess && !folder.exists("out.work"), "\(cleaned.summary)")
  }
}

extension ScratchFolder {
  /// Whether a file stands there itself.
  fileprivate func isFile(_ name: String) -> Bool {
    (try? status(name)).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
  }
}
