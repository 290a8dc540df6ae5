import Foundation
import TestSupport
import Testing

/// `clean` takes what runs put into a work folder, and `verify` reads an archive as it is.
@Suite struct CleanCommandTests {
  @Test func `a finished run's work goes, its package stays, and the next run makes the same`() throws {
    let folder = try Demo.folder()
    let before = try CambiumProcess.run(["clean", "m.json"], in: folder.path)
    #expect(before.isSuccess && before.out.hasPrefix("there is no "), "\(before.summary)")
    #expect(try runDemo(folder).isSuccess)
    let package = folder.stamps("out")
    let cleaned = try CambiumProcess.run(["clean", "m.json"], in: folder.path)
    #expect(cleaned.isSuccess && cleaned.out == "removed \(folder["out.work"])\n", "\(cleaned.summary)")
    #expect(!folder.exists("out.work") && folder.stamps("out") == package)
    let status = try CambiumProcess.run(["status", "m.json"], in: folder.path)
    #expect(status.isSuccess && status.err.contains("\(folder["out"]) is there"), "\(status.summary)")
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test func `the work of the drafter's folder goes with that of the package`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, layout: "drafter")
    #expect(try runDemo(folder).isSuccess && folder.exists("out-mtp.work"))
    let made = folder.stamps("out-mtp")
    let cleaned = try CambiumProcess.run(["clean", "m.json"], in: folder.path)
    #expect(
      cleaned.isSuccess && cleaned.out == "removed \(folder["out.work"])\nremoved \(folder["out-mtp.work"])\n",
      "\(cleaned.summary)")
    #expect(!folder.exists("out.work") && !folder.exists("out-mtp.work") && folder.stamps("out-mtp") == made)
  }

  @Test func `unfinished work stays unless it is said, and what no run made stays always`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    try folder.write("three years", to: "out.work/notes.txt")
    try folder.write("a thought", to: "out.work/quantize/thought.txt")
    try folder.write("a tensor", to: "out.work/quantize/mine.safetensors")
    let refused = try CambiumProcess.run(["clean", "m.json"], in: folder.path)
    #expect(refused.end == .exit(65) && refused.err.contains("E_WORK_UNFINISHED"), "\(refused.summary)")
    #expect(folder.exists("out.work/quantize/receipt.json"))
    let cleaned = try CambiumProcess.run(["clean", "m.json", "--unfinished"], in: folder.path)
    #expect(cleaned.isSuccess && cleaned.out.contains("notes.txt"), "\(cleaned.summary)")
    #expect(cleaned.out.contains("quantize/thought.txt"), "\(cleaned.summary)")
    #expect(folder.text("out.work/notes.txt") == "three years")
    #expect(folder.text("out.work/quantize/thought.txt") == "a thought")
    #expect(folder.tree("out.work/quantize") == ["mine.safetensors", "thought.txt"])
  }

  @Test func `items that machines have made go, and what somebody put among them stays`() throws {
    let folder = try Demo.folder()
    let part = try CambiumProcess.run(["run", "m.json", "--partition", "0/1", "--quiet"], in: folder.path)
    #expect(part.isSuccess && folder.exists("out.work/items/00000/receipt.json"), "\(part.summary)")
    let whole = try CambiumProcess.run(["clean", "m.json", "--unfinished"], in: folder.path)
    #expect(whole.isSuccess && !folder.exists("out.work"), "\(whole.summary)")
    #expect(try CambiumProcess.run(["run", "m.json", "--partition", "0/1", "--quiet"], in: folder.path).isSuccess)
    try folder.write("a thought", to: "out.work/items/00000/thought.txt")
    let cleaned = try CambiumProcess.run(["clean", "m.json", "--unfinished"], in: folder.path)
    #expect(cleaned.isSuccess && cleaned.out.contains("items/00000/thought.txt"), "\(cleaned.summary)")
    #expect(folder.text("out.work/items/00000/thought.txt") == "a thought")
    #expect(folder.tree("out.work/items") == ["00000", "00000/thought.txt"])
  }

  @Test func `F5 verify takes an archive, says what it says of the folder, and leaves nothing`() throws {
    let folder = try ScratchFolder()
    let reference = try Demo.reference.get().path
    try FileManager.default.copyItem(atPath: reference, toPath: folder["out"])
    #expect(try CambiumProcess.run(["package", "out", "--archive"], in: folder.path).isSuccess)
    let whole = try CambiumProcess.run(["verify", "out"], in: folder.path)
    let packed = try CambiumProcess.run(["verify", "out.tar.zst"], in: folder.path)
    #expect(packed.isSuccess && packed.out == whole.out, "\(packed.summary)")
    #expect(try folder.names() == ["out", "out.tar.zst"])
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder["out.tar.zst"]))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: folder["out.tar.zst"]))
    let damaged = try CambiumProcess.run(["verify", "out.tar.zst"], in: folder.path)
    #expect(!damaged.isSuccess && damaged.err.contains("E_ARCHIVE"), "\(damaged.summary)")
    #expect(try folder.names() == ["out", "out.tar.zst"])
  }
}
