import Foundation
import TestSupport
import Testing

/// What a person types is what is read and written, whatever the folders around it are.
@Suite struct TypedPathTests {
  private func withPackage(_ body: (ScratchFolder) throws -> Void) throws {
    let folder = try Demo.folder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    try body(folder)
  }

  @Test func `an argument that is not UTF-8 is refused and not taken for another name`() throws {
    let folder = try Demo.folder()
    for program in ["cambium", "verify-runner"] {
      let outcome = try CambiumProcess.run(
        [], program: program, in: folder.path, limits: "set -- \"$1\" inspect \"$(printf 'P\\377')\"")
      #expect(outcome.end == .exit(64) && outcome.err.contains("is not UTF-8"), "\(outcome.summary)")
    }
  }

  /// As a script has it whose variable is not set.
  @Test func `a path that is empty names nothing, wherever it stands, and not the current folder`() throws {
    try withPackage { folder in
      _ = try Demo.copyTrunk(to: folder)
      let before = folder.stamps("")
      for words in [
        "init _", "init trunk --output _", "init trunk --output=", "init trunk --donor _", "init trunk --pipeline _",
        "init trunk --manifest _", "init trunk --pipelines _", "inspect _", "run _", "run m.json --work _",
        "run m.json --output _", "run m.json --pipelines _", "plan _", "plan m.json --pipelines _", "status _",
        "status m.json --work _", "status m.json --output _", "diff _ trunk", "diff trunk _", "verify _",
        "verify out --public-key _", "verify out --rederive _", "verify out --rederive m.json --scratch _", "audit _",
        "audit out --html _", "audit out --html page.html --check _", "sign _ --key m.json", "sign out --key _",
        "sign out --key m.json --signature _", "package _ --archive", "package out --archive --output _", "unpack _",
        "unpack m.json --output _", "fetch _", "fetch hub:a/b --to _", "fetch hub:a/b --include _",
      ] { try expectUsage(words, "cambium", folder) }
      for words in [
        "check _", "check out --prompts _", "check out --images _", "check out --source _",
        "check out --source trunk --source-head _", "check out --source trunk --text _", "generate _ --prompt a",
        "generate out --prompt a --image _", "generate out --prompt a --video _", "bench _", "bench out --prompts _",
        "bench out --images _", "bench out --ids _", "bench out --csv _", "bench out --plot _",
        "trace _ --ids 1 --output t", "trace out --ids _ --output t", "trace out --ids 1 --output _", "tokenize _ a",
        "generate out --prompt a --drafter _", "generate out --prompt a --prediction _", "check out --drafter _",
        "bench out --drafter _",
      ] { try expectUsage(words, "verify-runner", folder) }
      #expect(folder.stamps("") == before)
    }
  }

  /// - Parameter words: The arguments; `_` stands for an empty one.
  private func expectUsage(_ words: String, _ program: String, _ folder: ScratchFolder) throws {
    let arguments = words.split(separator: " ").map { $0 == "_" ? "" : String($0) }
    let outcome = try CambiumProcess.run(arguments, program: program, in: folder.path)
    #expect(outcome.end == .exit(64) && outcome.out.isEmpty, "\(words): \(outcome.summary)")
  }

  @Test func `where the current folder is gone nothing is read or written from the root`() throws {
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(
      ["inspect", "trunk"], in: folder.path, limits: "mkdir gone && cd gone && rmdir ../gone")
    #expect(outcome.end == .exit(74) && outcome.err.contains("current folder"), "\(outcome.summary)")
  }

  @Test func `the folder above a link is that of what the link leads to`() throws {
    try withPackage { folder in
      try FileManager.default.createDirectory(atPath: folder["far/deep"], withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: "far/deep")
      try FileManager.default.copyItem(atPath: folder["out"], toPath: folder["far/out"])
      try Data("{}".utf8).write(to: URL(fileURLWithPath: folder["far/out/config.json"]))
      #expect(try CambiumProcess.run(["verify", "out"], in: folder.path).isSuccess)
      let outcome = try CambiumProcess.run(["verify", "link/../out"], in: folder.path)
      #expect(outcome.end == .exit(2), "\(outcome.summary)")
    }
  }

  @Test func `a tilde that the shell left alone is a name`() throws {
    try withPackage { folder in
      try FileManager.default.moveItem(atPath: folder["out"], toPath: folder["~"])
      let outcome = try CambiumProcess.run(["verify", "~"], in: folder.path)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      let audit = try CambiumProcess.run(["inspect", "~"], in: folder.path)
      #expect(audit.isSuccess, "\(audit.summary)")
    }
  }

  @Test func `a neighbour whose name is not UTF-8 keeps no result from being written`() throws {
    try withPackage { folder in
      let outcome = try CambiumProcess.run(
        ["package", "out", "--archive"], in: folder.path, limits: "touch \"$(printf 'caf\\351.txt')\"")
      #expect(outcome.isSuccess, "\(outcome.summary)")
      let run = try runDemo(folder, ["--output", "new"])
      #expect(run.isSuccess, "\(run.summary)")
    }
  }

  @Test func `a file of ids that is read is not written over, and two results have two names`() throws {
    try withPackage { folder in
      let text = Data("[1, 2]".utf8)
      try text.write(to: URL(fileURLWithPath: folder["ids.json"]))
      for arguments in [
        ["trace", "out", "--ids", "ids.json", "--limit", "1", "--output", "ids", "--force"],
        ["bench", "out", "--ids", "ids.json", "--csv", "ids.json", "--force"],
      ] {
        let outcome = try CambiumProcess.run(arguments, program: "verify-runner", in: folder.path)
        #expect(outcome.err.contains("E_RESULT_PLACE"), "\(outcome.summary)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["ids.json"])) == text)
      }
      let outcome = try CambiumProcess.run(
        ["bench", "out", "--csv", "a", "--plot", "./a"], program: "verify-runner", in: folder.path)
      #expect(outcome.end == .exit(64), "\(outcome.summary)")
    }
  }
}
