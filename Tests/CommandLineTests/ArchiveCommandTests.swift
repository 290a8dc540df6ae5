import TestSupport
import Foundation
import Testing

/// `package --archive` and `unpack`: there and back, and no crash leaves half of either.
@Suite struct ArchiveCommandTests {
  private func withPackage(_ body: (ScratchFolder) throws -> Void) throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    try body(folder)
  }

  private func cambium(_ folder: ScratchFolder, _ arguments: [String], crash: String? = nil) throws
    -> CambiumProcess.Outcome
  {
    try CambiumProcess.run(
      arguments, in: folder.path, environment: crash.map { ["CAMBIUM_CRASH_AT": $0] } ?? [:])
  }

  @Test func `what is packed and unpacked is the package`() throws {
    try withPackage { folder in
      let one = try cambium(folder, ["package", "out", "--archive", "--threads", "1"])
      #expect(one.isSuccess, "\(one.summary)")
      let two = try cambium(
        folder, ["package", "out", "--archive", "--threads", "2", "--output", "b.tar.zst", "--json"])
      #expect(two.isSuccess, "\(two.summary)")
      #expect(try document(two.out)["cambium_archive"] == 1)
      #expect(haveEqualBytes(folder["out.tar.zst"], folder["b.tar.zst"]))
      let back = try cambium(folder, ["unpack", "out.tar.zst", "--output", "back"])
      #expect(back.isSuccess, "\(back.summary)")
      #expect(differences(folder["out"], folder["back"]) == [])
      #expect(try cambium(folder, ["verify", "back"]).isSuccess)
    }
  }

  @Test(arguments: ["write:1", "write:9", "fsync:2", "rename:1"]) func `a crash leaves no archive`(_ crash: String)
    throws
  {
    try withPackage { folder in
      let outcome = try cambium(folder, ["package", "out", "--archive"], crash: crash)
      #expect(outcome.end == .signal(9), "\(outcome.summary)")
      #expect(!folder.exists("out.tar.zst") || crash == "fsync:2")
      #expect(try cambium(folder, ["package", "out", "--archive"]).isSuccess)
      #expect(try cambium(folder, ["unpack", "out.tar.zst", "--output", "back"]).isSuccess)
    }
  }

  @Test(arguments: ["write:5", "fsync:9", "rename:1"]) func `a crash leaves no folder`(_ crash: String) throws {
    try withPackage { folder throws in
      #expect(try cambium(folder, ["package", "out", "--archive"]).isSuccess)
      #expect(try cambium(folder, ["unpack", "out.tar.zst", "--output", "back"], crash: crash).end == .signal(9))
      #expect(!folder.exists("back"))
      #expect(try cambium(folder, ["unpack", "out.tar.zst", "--output", "back"]).isSuccess)
      #expect(differences(folder["out"], folder["back"]) == [])
      #expect(folder.leftovers == [])
    }
  }

  @Test(arguments: ["README.md", "mine.txt", ".config.json.cambium-tmp-1-1"])
  func `what somebody writes into the remains of a killed unpacking stays, whatever its name`(_ name: String) throws {
    try withPackage { folder throws in
      #expect(try cambium(folder, ["package", "out", "--archive"]).isSuccess)
      let unpack = ["unpack", "out.tar.zst", "--output", "back"]
      #expect(try cambium(folder, unpack, crash: "rename:1").end == .signal(9))
      let place = ".back.cambium-unpack/" + name
      #expect(folder.exists(".back.cambium-unpack/config.json"))
      try folder.write("mine", to: place)
      let refused = try cambium(folder, unpack)
      #expect(refused.end == .exit(74) && refused.err.contains("E_TARGET_EXISTS"), "\(refused.summary)")
      #expect(refused.err.contains(name) && folder.text(place) == "mine")
      try FileManager.default.removeItem(atPath: folder[place])
      #expect(try cambium(folder, unpack).isSuccess)
      #expect(differences(folder["out"], folder["back"]) == [])
      #expect(folder.leftovers == [])
    }
  }

  /// Of processes that unpack into one folder at once one makes it; the others say so, and disturb nothing.
  @Test func `two at once leave one whole folder`() throws {
    try withPackage { folder in
      #expect(try cambium(folder, ["package", "out", "--archive"]).isSuccess)
      for round in 0..<3 {
        let runs = try (0..<4).map { _ in
          try CambiumProcess(["unpack", "out.tar.zst", "--output", "back\(round)"], in: folder.path)
        }
        let outcomes = try runs.map { try $0.wait() }
        #expect(outcomes.count { $0.isSuccess } == 1, "\(outcomes.map(\.summary))")
        for outcome in outcomes where !outcome.isSuccess {
          let isBusy = outcome.end == .exit(75) && outcome.err.contains("E_FOLDER_BUSY")
          let isThere = outcome.end == .exit(74) && outcome.err.contains("E_TARGET_EXISTS")
          #expect(isBusy || isThere, "\(outcome.summary)")
        }
        #expect(differences(folder["out"], folder["back\(round)"]) == [])
        #expect(folder.leftovers == [])
      }
    }
  }
}
