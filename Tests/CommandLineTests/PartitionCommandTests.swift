import Foundation
import StrictJSON
import TestSupport
import Testing

/// Partitions as engines call them, and several manifests in one command.
@Suite struct PartitionCommandTests {
  private func cambium(
    _ folder: ScratchFolder, _ arguments: [String], _ environment: [String: String] = [:], limits: String = "true"
  ) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(arguments, in: folder.path, environment: environment, limits: limits)
  }

  @Test func `an engine's variables name the partition, and the merge makes the package of a single run`() throws {
    let folder = try Demo.folder()
    let before = try cambium(folder, ["status", "m.json", "--partitions", "2", "--missing"])
    #expect(before.end == .exit(75), "\(before.summary)")
    #expect(before.out == "0-1\n")
    let early = try cambium(folder, ["merge", "m.json", "--settle", "0"])
    #expect(early.end == .exit(75) && early.err.contains("E_ITEMS_MISSING"), "\(early.summary)")

    let slurm = ["SLURM_ARRAY_TASK_ID": "0", "TZ": "Asia/Kathmandu"]
    let first = try cambium(
      folder, ["run", "m.json", "--partition", "auto/2", "--threads", "1"], slurm, limits: "umask 077")
    #expect(first.isSuccess, "\(first.summary)")
    let middle = try cambium(folder, ["status", "m.json", "--partitions", "2", "--missing"])
    #expect(middle.out == "1\n", "\(middle.summary)")
    let kubernetes = ["JOB_COMPLETION_INDEX": "1", "LC_ALL": "tr_TR.UTF-8"]
    #expect(try cambium(folder, ["run", "m.json", "--partition", "auto/2"], kubernetes).isSuccess)
    let whole = [
      "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "0",
      "SLURM_ARRAY_TASK_MAX": "1",
    ]
    let again = try cambium(folder, ["run", "m.json", "--partition", "auto", "--json"], whole)
    #expect(try document(again.out)["done"]?.arrayValue?.count == 0, "\(again.summary)")

    let after = try cambium(folder, ["status", "m.json", "--partitions", "2", "--missing"])
    #expect(after.isSuccess && after.out == "\n", "\(after.summary)")
    let merge = try cambium(folder, ["merge", "m.json", "--settle", "0"])
    #expect(merge.isSuccess, "\(merge.summary)")
    try expectReference(folder)
  }

  @Test(
    arguments: [
      (["--partition", "2/2"], [:]), (["--partition", "1"], [:]), (["--partition", "auto/2"], [:]),
      (["--partition", "auto/2"], ["SLURM_ARRAY_TASK_ID": "2"]),
      (["--partition", "auto/2"], ["SLURM_ARRAY_TASK_ID": "x"]),
      (["--partition", "auto/2"], ["SLURM_ARRAY_TASK_ID": "0", "JOB_COMPLETION_INDEX": "0"]),
      // A part of an array was submitted anew: its count is not that of the partitions.
      (
        ["--partition", "auto"],
        [
          "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "3",
          "SLURM_ARRAY_TASK_MAX": "7",
        ]
      ), (["--partition", "0/2", "--until", "verify"], [:]),
    ] as [([String], [String: String])])
  func `a partition that is none is a wrong command line`(arguments: [String], environment: [String: String]) throws {
    let folder = try Demo.folder()
    let outcome = try cambium(folder, ["run", "m.json"] + arguments, environment)
    #expect(outcome.end == .exit(64), "\(outcome.summary)")
    #expect(!FileManager.default.fileExists(atPath: folder["out.work"]))
  }

  @Test func `the plan of partitions is the same each time, and has times only where a throughput is given`() throws {
    let folder = try Demo.folder()
    let arguments = ["plan", "m.json", "--partitions", "3", "--json"]
    let plan = try cambium(folder, arguments)
    #expect(plan.isSuccess, "\(plan.summary)")
    #expect(try cambium(folder, arguments).out == plan.out)
    let target = try #require(try document(plan.out)["targets"]?.arrayValue?.first)
    let items = try #require(target["items"]?.arrayValue)
    #expect(items.count >= 2)
    let partitions = try #require(target["partitions"]?.arrayValue)
    #expect(partitions.allSatisfy { $0["seconds"] == .null })
    let timed = try cambium(folder, arguments + ["--throughput", "1000"])
    let first = try #require(try document(timed.out)["targets"]?.arrayValue?.first?["partitions"]?.arrayValue?.first)
    let bytes = (first["bytes_read"]?.intValue ?? 0) + (first["bytes_written"]?.intValue ?? 0)
    #expect(bytes > 1000)
    #expect(first["seconds"]?.intValue == (bytes + 999) / 1000)
    #expect(!FileManager.default.fileExists(atPath: folder["out.work"]), "a plan writes nothing")
  }

  @Test func `of several manifests each is done, and the status is the worst`() throws {
    let folder = try Demo.folder()
    try Demo.writeManifest(in: folder, name: "wrong.json", source: "nowhere", output: "other")
    for name in ["m.sensitivity.json", "manifest.schema.json"] { try folder.write("{}", to: name) }
    let names = ["absent.json", "m.json", "m.lock.json", "m.sensitivity.json", "manifest.schema.json", "wrong.json"]
    // What cannot be read is said before anything is made.
    let refused = try cambium(folder, ["run"] + names + ["--json"])
    #expect(refused.end == .exit(66) && refused.out.contains("E_MANIFEST_MISSING"), "\(refused.summary)")
    let stopped = try cambium(folder, ["run", "wrong.json", "m.json", "--json"])
    #expect(stopped.end == .exit(66), "\(stopped.summary)")
    let begun = try #require(try document(stopped.out)["runs"]?.arrayValue)
    #expect(begun.map { $0["status"]?.intValue } == [66, nil])
    let twice = try cambium(folder, ["run", "m.json", "./m.json", "--keep-going", "--replace"])
    #expect(twice.end == .exit(64) && twice.err.contains("./m.json is named twice"), "\(twice.summary)")
    try folder.write(folder.text("m.json"), to: "copy.json")
    let shared = try cambium(folder, ["run", "m.json", "copy.json", "--keep-going", "--replace"])
    #expect(shared.end == .exit(64) && shared.err.contains("make one folder"), "\(shared.summary)")
    // The usage that is shown is this command's.
    #expect(shared.err.contains("cambium run"), "\(shared.err)")
    #expect(!folder.exists("out"))

    let outcome = try cambium(folder, ["run"] + names + ["--keep-going", "--json"])
    let runs = try #require(try document(outcome.out)["runs"]?.arrayValue)
    #expect(runs.map { $0["manifest"]?.stringValue } == ["absent.json", "m.json", "wrong.json"])
    #expect(runs[1]["status"]?.intValue == 0, "\(outcome.summary)")
    #expect(runs[1]["reports"]?.arrayValue?.count == 1)
    #expect(runs.allSatisfy { ($0["code"] == .null) == ($0["status"]?.intValue == 0) })
    // In words: what was made and where, what was not, and how to go on.
    let words = try cambium(folder, ["run"] + names + ["--keep-going", "--quiet"])
    #expect(words.status == outcome.status)
    let lines = words.out.split(separator: "\n").suffix(6)
    #expect(lines.first?.hasPrefix("manifest") == true && lines.first?.contains("output") == true, "\(words.out)")
    #expect(lines.contains { $0.hasPrefix("absent.json  failed with 66, E_MANIFEST_MISSING") }, "\(words.out)")
    #expect(lines.contains { $0.hasPrefix("m.json       done before") && $0.hasSuffix("/out") }, "\(words.out)")
    #expect(words.out.hasSuffix("1 of 3 done\nnext: the same command goes on with what is not done\n"), "\(words.out)")
    let dry = try cambium(folder, ["run", "m.json", "wrong.json", "--dry-run"])
    #expect(dry.end == .exit(66) && dry.out.contains("m.json      planned"), "\(dry.summary)")
    #expect(outcome.status == runs.compactMap { $0["status"]?.intValue }.filter { $0 != 0 }.min().map(Int32.init))
    try expectReference(folder)
  }
}
