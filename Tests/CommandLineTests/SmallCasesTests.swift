import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Section D of the attack: small things that were said or done wrongly.
@Suite struct SmallCasesTests {
  private func withPackage(_ body: (ScratchFolder) throws -> Void) throws {
    let folder = try Demo.folder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    try body(folder)
  }

  private func runner(_ folder: ScratchFolder, _ arguments: [String]) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(arguments, program: "verify-runner", in: folder.path)
  }

  @Test func `D the card of a package says where its report is, wherever the package was put`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--output", "elsewhere"]).isSuccess)
    #expect(folder.exists("elsewhere.check.json") && !folder.exists("out.check.json"))
    let card = folder.text("elsewhere/README.md")
    #expect(!card.contains("out.check.json") && card.contains("under its name and `.check.json`"), "\(card)")
    #expect(card.contains(try sha256(folder["elsewhere.check.json"])), "\(card)")
  }

  @Test func `D a list of ids on the command line is no file`() throws {
    try withPackage { folder in
      let outcome = try runner(folder, ["trace", "out", "--ids", "[146, 1]", "--limit", "1", "--output", "t"])
      #expect(outcome.isSuccess, "\(outcome.summary)")
      let plain = try runner(folder, ["trace", "out", "--ids", "146 1", "--limit", "1", "--output", "u"])
      #expect(plain.isSuccess && haveEqualBytes(folder["t.safetensors"], folder["u.safetensors"]))
      for wrong in ["[146", "[x]", "[-1]", "[1.5]", "1,,2", ",1", "1,2,", ",", "1, ,2"] {
        let refused = try runner(folder, ["trace", "out", "--ids", wrong, "--limit", "1", "--output", "v"])
        #expect(refused.end == .exit(65) && !folder.exists("v.json"), "\(wrong): \(refused.summary)")
      }
    }
  }

  @Test func `D an archive is unpacked into a folder whose parent is not there, and beneath a file it is said`() throws
  {
    try withPackage { folder in
      let run = { (arguments: [String]) in try CambiumProcess.run(arguments, in: folder.path) }
      #expect(try run(["package", "out", "--archive", "--output", "a.tar.zst"]).isSuccess)
      let outcome = try run(["unpack", "a.tar.zst", "--output", "x/y/z"])
      #expect(outcome.isSuccess, "\(outcome.summary)")
      #expect(differences(folder["out"], folder["x/y/z"]) == [])
      let refused = try run(["unpack", "a.tar.zst", "--output", "m.json/y/z"])
      #expect(refused.end == .exit(74) && refused.err.contains("cannot create the folder"), "\(refused.summary)")
    }
  }

  @Test func `D1 nothing new is put into a package, by whichever command`() throws {
    try withPackage { folder in
      let run = { (arguments: [String]) in try CambiumProcess.run(arguments, in: folder.path) }
      #expect(try run(["package", "out", "--archive", "--output", "a.tar.zst"]).isSuccess)
      let before = folder.stamps("out")
      for arguments in [
        ["unpack", "a.tar.zst", "--output", "out/new"], ["unpack", "a.tar.zst", "--output", "out/a/b"],
        ["run", "m.json", "--output", "out/again"], ["run", "m.json", "--output", "o", "--work", "out/w"],
        ["init", Demo.trunk, "--manifest", "out/other.json"],
      ] {
        let outcome = try run(arguments)
        #expect(outcome.end == .exit(74) && outcome.err.contains("E_RESULT_PLACE"), "\(arguments): \(outcome.summary)")
        #expect(folder.stamps("out") == before, "\(arguments)")
      }
      #expect(try run(["verify", "out"]).isSuccess)
    }
  }

  @Test func `B5 the runner says that a link of the model leads to nothing, and goes on with no other file`() throws {
    for name in ["tokenizer_config.json", "tokenizer.json"] {
      try withPackage { folder in
        try FileManager.default.removeItem(atPath: folder["out/" + name])
        try folder.link("out/" + name, to: "../blobs/nothere")
        let outcome = try runner(folder, ["generate", "out", "--prompt", "a", "--limit", "1"])
        #expect(outcome.end == .exit(66) && outcome.err.contains("E_LINK_BROKEN"), "\(name): \(outcome.summary)")
      }
    }
  }

  @Test func `D manifests that differ in their endings have locks of their own`() throws {
    let folder = try ScratchFolder()
    for name in ["a", "a.json"] {
      try Demo.writeManifest(in: folder, name: name)
      #expect(
        try CambiumProcess.run(["run", name, "--output", name + ".out", "--until", "quantize"], in: folder.path)
          .isSuccess)
    }
    let locks = [folder.text("a.lock"), folder.text("a.lock.json")]
    #expect(!locks[0].isEmpty && !locks[1].isEmpty)
    for name in ["a", "a.json"] {
      let outcome = try CambiumProcess.run(
        ["run", name, "--output", name + ".out", "--until", "quantize", "--locked"], in: folder.path)
      #expect(outcome.isSuccess && !outcome.err.contains("lock file changes"), "\(outcome.summary)")
    }
    #expect([folder.text("a.lock"), folder.text("a.lock.json")] == locks)
  }

  @Test func `D a temperature beyond what a number holds is said to be no finite number`() throws {
    try withPackage { folder in
      for temperature in ["1e308", "inf", "nan"] {
        let outcome = try runner(
          folder, ["generate", "out", "--prompt", "a", "--limit", "1", "--temperature", temperature])
        #expect(outcome.end == .exit(64) && outcome.err.contains("a finite number"), "\(outcome.summary)")
      }
    }
  }

  @Test func `D instructions that no machine has are refused by name`() throws {
    let folder = try Demo.folder()
    for (program, arguments) in [("cambium", ["plan", "m.json"]), ("verify-runner", ["tokenize", "out", "a"])] {
      let outcome = try CambiumProcess.run(
        arguments, program: program, in: folder.path, environment: ["CAMBIUM_SIMD": "bogus"])
      #expect(outcome.end == .exit(64) && outcome.err.contains("E_SIMD"), "\(outcome.summary)")
    }
  }

  @Test func `D a source with a file whose name is no text is a fault of its maker`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk")
    let name = Array(folder["trunk/"].utf8) + [0x61, 0xFF, 0]
    let descriptor = name.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { open($0, O_CREAT | O_WRONLY, 0o600) } ?? -1 }
    }
    try #require(descriptor >= 0)
    close(descriptor)
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_FILE_NAME"), "\(outcome.summary)")
  }

  @Test func `D a NUL in the name of the output is refused, not written as something else`() throws {
    let folder = try Demo.folder()
    try folder.write(folder.text("m.json").replacing("\"out\"", with: "\"x\\u0000y\""), to: "m.json")
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_MANIFEST_VALUE"), "\(outcome.summary)")
    #expect(try folder.names() == ["m.json"])
  }

  /// What a file says reaches a terminal as escapes, by whichever command it is told.
  @Test func `D control characters in a manifest never reach a terminal raw`() throws {
    let folder = try Demo.folder()
    let hostile = "\u{1B}]0;evil\u{7}\u{9B}2J"
    for text in [
      hostile, folder.text("m.json").replacing("\"cambium\"", with: "\"\(hostile)\""),
      folder.text("m.json").replacing("\"mxfp4\"", with: "\"mxfp4\\u001b[2J\\u202e\""),
      folder.text("m.json").replacing("\"cambium\"", with: "\"\\u001b[2J\\u009b\""),
    ] {
      try folder.write(text, to: "m.json")
      for arguments in [["run", "m.json"], ["plan", "m.json"], ["status", "m.json"]] {
        let outcome = try CambiumProcess.run(arguments, in: folder.path)
        #expect(outcome.end == .exit(65), "\(outcome.summary)")
        let isShown = (outcome.out + outcome.err).unicodeScalars.allSatisfy {
          $0 == "\n" || ![.control, .format].contains($0.properties.generalCategory)
        }
        #expect(isShown, "\(arguments): \((outcome.out + outcome.err).debugDescription)")
      }
    }
  }
}
