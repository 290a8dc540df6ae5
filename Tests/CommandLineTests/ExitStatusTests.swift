import TestSupport
import Foundation
import Testing

/// Each kind of failure has its exit status; the message goes to standard error, nothing to standard output.
@Suite struct ExitStatusTests {
  private func run(_ arguments: [String], in folder: ScratchFolder) throws -> CambiumProcess.Outcome {
    let outcome = try CambiumProcess.run(arguments, in: folder.path)
    #expect(outcome.out.isEmpty, "\(outcome.out)")
    #expect(!outcome.err.isEmpty)
    return outcome
  }

  @Test(arguments: [
    ["run"], ["verify", "out", "more"], ["run", "m.json", "--bogus"], ["bogus"], ["--bogus"], ["diff", "one"],
    ["run", "m.json", "--threads", "0"], ["run", "m.json", "--threads", "-1"], ["run", "m.json", "--threads", "x"],
    ["run", "m.json", "--threads", "100000"], ["run", "m.json", "--memory", "much"],
    ["run", "m.json", "--memory", "-1MiB"], ["run", "m.json", "--memory", "99999999999999GiB"],
    ["run", "m.json", "--until", "tomorrow"], ["audit", "out", "--role", "nose"],
    ["audit", "out", "--verdict", "guilty"],
    ["audit", "out", "--sort", "luck"], ["audit"], ["verify"], ["inspect"], ["init"], ["status"], ["plan"],
    ["run", "m.json", "--memory", "1"],
  ]) func `a wrong command line is 64`(arguments: [String]) throws {
    let folder = try Demo.folder()
    let outcome = try run(arguments, in: folder)
    #expect(outcome.end == .exit(64), "\(outcome.summary)")
    #expect(!folder.exists("out"))
  }

  @Test func `a manifest that is not there is said before the first of several is run`() throws {
    let folder = try Demo.folder()
    let outcome = try run(["run", "m.json", "more.json"], in: folder)
    #expect(outcome.end == .exit(66) && outcome.err.contains("more.json"), "\(outcome.summary)")
    #expect(!folder.exists("out") && !folder.exists("out.work"))
  }

  @Test func `instructions that nobody knows are 64, known ones of another machine are not`() throws {
    for variable in ["sse9", "AVX2", " "] {
      let outcome = try CambiumProcess.run(["--help"], environment: ["CAMBIUM_SIMD": variable])
      let inspected = try CambiumProcess.run(
        ["inspect", "x", "--json"], environment: ["CAMBIUM_SIMD": variable])
      #expect(outcome.isSuccess && inspected.end == .exit(64), "\(inspected.summary)")
      #expect(inspected.err.contains("E_SIMD") && inspected.out.contains("E_SIMD"))
    }
    for variable in ["", "portable", "neon", "avx512"] {
      let outcome = try CambiumProcess.run(["inspect", "nowhere"], environment: ["CAMBIUM_SIMD": variable])
      #expect(outcome.end == .exit(66), "\(outcome.summary)")
    }
  }

  @Test(arguments: [["run"], ["plan"], ["status"]]) func `a missing manifest is 66`(command: [String]) throws {
    let outcome = try run(command + ["missing.json"], in: Demo.folder())
    #expect(outcome.end == .exit(66))
    #expect(outcome.err.contains("E_MANIFEST_MISSING"))
    #expect(outcome.err.contains("missing.json"))
  }

  @Test func `a missing source or donor is 66`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, source: "nowhere")
    #expect(try run(["run", "m.json"], in: folder).end == .exit(66))
    try Demo.writeManifest(in: folder, donor: "nowhere")
    #expect(try run(["run", "m.json"], in: folder).end == .exit(66))
    #expect(try run(["inspect", "nowhere"], in: folder).end == .exit(66))
    #expect(try run(["audit", "nowhere"], in: folder).end == .exit(66))
    #expect(try run(["diff", "nowhere", "nowhere"], in: folder).end == .exit(66))
  }

  struct BadManifest: Sendable, CustomTestStringConvertible {
    let text: String
    let place: String
    let words: [String]
    var testDescription: String { "\(words.first ?? "") at \(place)" }
  }

  @Test(arguments: [
    BadManifest(
      text: "{\n  \"cambium\": 1,\n  \"sorce\": \"x\"\n}", place: "m.json:3:3",
      words: ["E_JSON_UNKNOWN_FIELD", "did you mean \"source\"?"]),
    BadManifest(
      text: "{\n  \"cambium\": 1,\n  \"source\": 7}", place: "m.json:3:13", words: ["E_JSON_TYPE", "a string"]),
    BadManifest(text: "{\"cambium\" 1}", place: "m.json:1:12", words: ["E_JSON_SYNTAX"]),
    BadManifest(text: "{\"cambium\": 1,\n\"cambium\": 1}", place: "m.json:2:1", words: ["E_JSON"]),
    BadManifest(text: "{\"cambium\": 2}", place: "m.json:1:1", words: ["E_MANIFEST_VERSION"]),
    BadManifest(text: "", place: "m.json:1:1", words: ["E_JSON"]),
  ]) func `a bad manifest is 65 with file, line and column`(bad: BadManifest) throws {
    let folder = try ScratchFolder()
    try folder.write(bad.text, to: "m.json")
    for command in ["run", "plan", "status"] {
      let outcome = try run([command, "m.json"], in: folder)
      #expect(outcome.end == .exit(65))
      #expect(outcome.err.contains(bad.place), "\(outcome.err)")
      for word in bad.words { #expect(outcome.err.contains(word), "\(outcome.err)") }
    }
    #expect(folder.tree() == ["m.json"])
  }

  @Test func `an unknown pipeline is 65 and names the nearest`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, pipeline: "mxpf4")
    let outcome = try run(["run", "m.json"], in: folder)
    #expect(outcome.end == .exit(65))
    #expect(outcome.err.contains("E_PIPELINE_UNKNOWN"))
    #expect(outcome.err.contains("mxfp4"), "\(outcome.err)")
  }

  @Test func `results go to standard output and notes to standard error`() throws {
    let reference = try Demo.reference.get()
    #expect(reference.run.hasSuffix("FOLDER/out\n"))
    #expect(!reference.run.contains("done in"))
    #expect(reference.notes.split(separator: "\n").filter { !$0.hasPrefix("note: ") }.count == RerunTests.stages.count)
    #expect(reference.notes.hasPrefix("inspect: done in "))
    let folder = try Demo.folder()
    let quiet = try runDemo(folder, ["--quiet"])
    #expect(quiet.isSuccess)
    #expect(quiet.progress.isEmpty)
  }

  @Test(arguments: HelpPageTests.programs, [["--help"], ["--version"], ["help"], []])
  func `help and version are results`(program: String, arguments: [String]) throws {
    let outcome = try CambiumProcess.run(arguments, program: program)
    #expect(outcome.isSuccess)
    #expect(!outcome.out.isEmpty)
    #expect(outcome.err.isEmpty)
  }
}
