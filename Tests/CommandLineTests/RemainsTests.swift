import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What a run removes of its own, while somebody else puts something beside it.
@Suite struct RemainsTests {
  private static let partial = ".out.cambium-partial"

  /// A run that is held at a pass of a point; nil when it ended before.
  private func held(_ folder: ScratchFolder, _ point: String, _ pass: Int) throws -> CambiumProcess? {
    let process = try CambiumProcess(
      ["run", "m.json"], in: folder.path, environment: ["CAMBIUM_CRASH_AT": "\(point):\(pass):stop"])
    if try process.waitForStop() { return process }
    _ = try process.wait()
    return nil
  }

  @Test func `a run that is stopped while it fills its folder removes what it made, and nothing else`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--until", "check"]).isSuccess)
    for pass in 1...60 {
      let process = try #require(try held(folder, "rename", pass))
      let isFilling = folder.exists(RemainsTests.partial + "/config.json")
      if isFilling {
        // One more, one under a name that is written later, and one that was written already.
        for name in ["mine.txt", "tokenizer.json", "SHA256SUMS"] {
          try folder.write("mine", to: RemainsTests.partial + "/" + name)
        }
      }
      process.send(SIGTERM)
      process.send(SIGCONT)
      let stopped = try process.wait()
      guard isFilling else { continue }
      #expect(stopped.end == .exit(75) && !folder.exists("out"), "\(stopped.summary)")
      #expect(folder.tree(RemainsTests.partial) == ["SHA256SUMS", "mine.txt", "tokenizer.json"])
      #expect(stopped.err.contains("stays: this run did not put it there"), "\(stopped.summary)")
      let refused = try runDemo(folder)
      #expect(refused.end == .exit(65) && refused.err.contains("mine.txt"), "\(refused.summary)")
      try FileManager.default.removeItem(atPath: folder[RemainsTests.partial])
      #expect(try runDemo(folder).isSuccess)
      return try expectReference(folder)
    }
    Issue.record("no pass came while the folder was filled")
  }

  @Test func `what somebody adds to the earlier package while it is removed stays, and the run says so`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    for pass in 1...60 {
      try Demo.writeManifest(in: folder, pipeline: pass.isMultiple(of: 2) ? "mxfp4" : "affine4")
      let process = try #require(try held(folder, "remove", pass))
      let isRemoving = folder.exists(RemainsTests.partial)
      if isRemoving { try folder.write("mine", to: RemainsTests.partial + "/mine.txt") }
      process.send(SIGCONT)
      let outcome = try process.wait()
      #expect(outcome.isSuccess, "\(outcome.summary)")
      guard isRemoving else { continue }
      #expect(folder.text(RemainsTests.partial + "/mine.txt") == "mine", "\(outcome.summary)")
      #expect(outcome.err.contains("mine.txt stays"), "\(outcome.summary)")
      #expect(try CambiumProcess.run(["verify", "out"], in: folder.path).isSuccess)
      return
    }
    Issue.record("no pass came while the earlier package was removed")
  }

  @Test(.enabled(if: Attributes.areThere))
  func `a package that cannot be removed is not replaced, and is said before the work`() throws {
    let folder = try ScratchFolder(beneath: ScratchFolder.disk)
    try Demo.writeManifest(in: folder)
    #expect(try runDemo(folder).isSuccess)
    try Demo.writeManifest(in: folder, pipeline: "affine4")
    try Attributes.set("+i", folder["out/config.json"])
    defer { try? Attributes.set("-i", folder["out/config.json"]) }
    let before = try folder.content("out/config.json")
    let refused = try runDemo(folder)
    #expect(refused.end == .exit(74) && refused.err.contains("E_READ_ONLY"), "\(refused.summary)")
    #expect(try folder.content("out/config.json") == before && folder.leftovers == [])
    #expect(!folder.exists("out.work/quantize/journal.jsonl"))
    try Attributes.set("-i", folder["out/config.json"])
    #expect(try runDemo(folder).isSuccess)
    #expect(folder.leftovers == [])
  }

  @Test(arguments: ["022", "077", "000"])
  func `files of a package and of the work folder have the same modes whatever the umask`(_ mask: String) throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, limits: "umask \(mask)").isSuccess)
    for place in ["out", "out.work"] {
      for name in folder.tree(place) {
        let mode = try folder.status(place + "/" + name).st_mode
        #expect(mode & 0o7777 == (mode & S_IFMT == S_IFDIR ? 0o755 : 0o644), "\(place)/\(name)")
      }
    }
  }
}

/// What `chattr` sets, which the superuser may on most file systems.
private enum Attributes {
  static let areThere: Bool = {
    guard geteuid() == 0, let folder = try? ScratchFolder(beneath: ScratchFolder.disk) else { return false }
    defer { withExtendedLifetime(folder) {} }
    guard (try? folder.put("", at: "a")) != nil, (try? set("+i", folder["a"])) != nil else { return false }
    return (try? set("-i", folder["a"])) != nil
  }()

  static func set(_ change: String, _ path: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/chattr")
    process.arguments = [change, path]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
