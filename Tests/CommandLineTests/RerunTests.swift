import TestSupport
import Foundation
import Testing

/// What is done is not done again, and what is not ours is not touched.
@Suite struct RerunTests {
  static let stages = ["inspect", "graft", "quantize", "verify", "check", "package"]

  @Test func `the second run finds all done and writes nothing`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    let (out, quantized) = (folder.stamps("out"), folder.stamps("out.work/quantize"))
    let lock = FileStamp.of(folder["m.lock.json"])
    let again = try runDemo(folder)
    #expect(again.isSuccess, "\(again.summary)")
    #expect(again.progress == RerunTests.stages.map { "\($0): done before\n" }.joined())
    #expect(folder.stamps("out") == out)
    #expect(folder.stamps("out.work/quantize") == quantized)
    #expect(FileStamp.of(folder["m.lock.json"]) == lock)
    #expect(again.out.replacingOccurrences(of: folder.path, with: "FOLDER") == (try Demo.reference.get().run))
  }

  @Test func `a run in sections ends as in one`() throws {
    let folder = try Demo.folder()
    for (number, stage) in RerunTests.stages.enumerated() {
      let outcome = try runDemo(folder, ["--until", stage])
      #expect(outcome.isSuccess, "\(outcome.summary)")
      let done = RerunTests.stages[..<number].map { "\($0): done before\n" }.joined()
      #expect(outcome.progress.hasPrefix(done + "\(stage): done in "), "\(outcome.err)")
      #expect(folder.exists("out") == (stage == "package"))
      let status = try CambiumProcess.run(["status", "m.json"], in: folder.path)
      #expect(status.isSuccess)
      let lines = status.out.split(separator: "\n")
      for (place, name) in RerunTests.stages.enumerated() {
        let line = lines.first { $0.hasPrefix(name) }
        #expect(line?.contains(place <= number ? "done" : "to do") == true, "\(status.out)")
      }
    }
    try expectReference(folder)
  }

  @Test func `a missing or damaged intermediate file is made again`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    try flip(folder["out.work/quantize/model.safetensors"], at: 4_000_000)
    let again = try runDemo(folder)
    #expect(again.isSuccess, "\(again.summary)")
    #expect(again.err.contains("is not what the receipt says and is made again"), "\(again.err)")
    try expectReference(folder)
  }

  @Test func `a package that was changed is not taken for done`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    try FileManager.default.removeItem(atPath: folder["out/config.json"])
    let again = try runDemo(folder)
    #expect(again.isSuccess, "\(again.summary)")
    #expect(again.err.contains("config.json is missing and is made again"), "\(again.err)")
    try expectReference(folder)
  }

  @Test func `an output of somebody else's is refused and left alone`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("out")
    try folder.write("mine", to: "out/notes.txt")
    let before = folder.stamps("out")
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65))
    #expect(outcome.err.contains("E_OUTPUT_EXISTS"), "\(outcome.err)")
    #expect(folder.stamps("out") == before)
    #expect(folder.tree().sorted() == ["m.json", "out", "out/notes.txt"])
  }

  @Test func `an empty folder or a file in the output's place is refused`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("out")
    #expect(try runDemo(folder).err.contains("E_OUTPUT_EXISTS"))
    try FileManager.default.removeItem(atPath: folder["out"])
    try folder.write("a file", to: "out")
    #expect(try runDemo(folder).end == .exit(65))
    #expect(folder.text("out") == "a file")
  }

  @Test func `another work folder finds the result of the same manifest in its place and leaves it`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    let before = folder.stamps("out")
    let outcome = try runDemo(folder, ["--work", "other"])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(folder.stamps("out") == before)
    try expectReference(folder)
  }

  @Test func `a dry run writes nothing`() throws {
    let folder = try Demo.folder()
    let before = folder.stamps("")
    for options in [["--dry-run"], ["--dry-run", "--json"]] {
      let outcome = try runDemo(folder, options)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      #expect(outcome.out.contains("model.safetensors"))
    }
    for command in [["plan", "m.json"], ["status", "m.json"], ["plan", "m.json", "--tensors"]] {
      #expect(try CambiumProcess.run(command, in: folder.path).isSuccess)
    }
    #expect(folder.stamps("") == before)
  }

  @Test func `the dry run's plan is the plan`() throws {
    let folder = try Demo.folder()
    for form in [[], ["--json"]] {
      let plan = try CambiumProcess.run(["plan", "m.json"] + form, in: folder.path)
      #expect(try runDemo(folder, ["--dry-run"] + form).out == plan.out)
    }
  }

  @Test func `every file has its forecast size`() throws {
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(["plan", "m.json", "--json"], in: folder.path)
    let files = try document(outcome.out)["files"]?.arrayValue ?? []
    #expect(files.count == 17)
    for file in files {
      let name = try #require(file["path"]?.stringValue)
      let path = try Demo.reference.get().path + "/" + name
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      #expect(size == file["bytes"]?.intValue, "\(name)")
    }
  }
}

/// Turns one bit of a file over.
func flip(_ path: String, at offset: Int) throws {
  let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  defer { try? file.close() }
  try file.seek(toOffset: UInt64(offset))
  let byte = try #require(try file.read(upToCount: 1)?.first)
  try file.seek(toOffset: UInt64(offset))
  try file.write(contentsOf: Data([byte ^ 1]))
}
