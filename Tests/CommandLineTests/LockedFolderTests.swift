import Foundation
import StrictJSON
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What lies in a folder that the user must not search is not missing: nobody knows, and the system's reason is said.
@Suite struct LockedFolderTests {
  /// The superuser may search every folder, so it is nobody who looks.
  static let asNobody =
    getuid() == 0 ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"" : "exec \"$@\""

  static let canBeNobody = getuid() != 0 || access("/usr/bin/setpriv", X_OK) == 0

  private static let commands: [(program: String, arguments: [String])] =
    [
      ["run", "locked/m.json"], ["plan", "locked/m.json"], ["status", "locked/m.json"], ["inspect", "locked/trunk"],
      ["verify", "locked/out"], ["diff", "locked/out", "locked/out"], ["audit", "locked/out"],
      ["init", "locked/trunk", "--dry-run"], ["plan", "source.json"], ["plan", "donor.json"],
      ["plan", "pipeline.json"], ["plan", "hub.json"], ["plan", "link.json"],
      ["verify", "package", "--public-key", "locked/key.pub"], ["sign", "package", "--key", "locked/key.pem"],
    ].map { ("cambium", $0) } + [("verify-runner", ["generate", "locked/out", "--prompt", "a", "--limit", "1"])]

  @Test(.enabled("another user can be played", { LockedFolderTests.canBeNobody }))
  func `D2 what lies behind a folder that must not be searched is not said to be missing`() throws {
    let folder = try ScratchFolder()
    try folder.makeFolder("locked")
    _ = try Demo.copyTrunk(to: folder, "locked/trunk")
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["locked/out"])
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["package"])
    try Demo.writeManifest(in: folder, name: "locked/m.json")
    try Demo.writeManifest(in: folder, name: "source.json", source: "locked/trunk")
    try Demo.writeManifest(in: folder, name: "donor.json", donor: "locked/trunk")
    try Demo.writeManifest(in: folder, name: "pipeline.json", pipeline: "locked/p.json")
    try Demo.writeManifest(in: folder, name: "hub.json", source: "hub:a/b@main")
    // A file of the model is a link to where this user must not look.
    _ = try Demo.copyTrunk(to: folder, "linked")
    try FileManager.default.removeItem(atPath: folder["linked/config.json"])
    try folder.link("linked/config.json", to: "../locked/trunk/config.json")
    try Demo.writeManifest(in: folder, name: "link.json", source: "linked")
    #expect(chmod(folder["locked"], 0) == 0)
    defer { chmod(folder["locked"], 0o755) }
    for (program, arguments) in LockedFolderTests.commands {
      let outcome = try CambiumProcess.run(
        arguments, program: program, in: folder.path, environment: ["HF_HUB_CACHE": folder["locked/hub"]],
        limits: LockedFolderTests.asNobody)
      #expect(outcome.end == .exit(74), "\(arguments): \(outcome.summary)")
      #expect(outcome.err.contains("Permission denied"), "\(arguments): \(outcome.summary)")
    }
  }

  @Test(
    .enabled("another user can be played", { LockedFolderTests.canBeNobody }),
    arguments: [["verify", "out"], ["diff", "out", "out"]])
  func `a package that this user must not list is unreadable, not read-only`(arguments: [String]) throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    // What is asked for by its name is found, and the list of names is not.
    #expect(chmod(folder.path, 0o755) == 0 && chmod(folder["out"], 0o311) == 0)
    defer { chmod(folder["out"], 0o755) }
    let outcome = try CambiumProcess.run(arguments, in: folder.path, limits: LockedFolderTests.asNobody)
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_UNREADABLE"), "\(outcome.summary)")
    #expect(!outcome.err.contains("writable"), "\(outcome.err)")
  }

  @Test(
    .enabled("another user can be played", { LockedFolderTests.canBeNobody }),
    arguments: ["config.json", "model.safetensors", "audit.json", "SHA256SUMS"])
  func `a file of a package that this user must not read has no verdict`(name: String) throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    #expect(chmod(folder.path, 0o755) == 0 && chmod(folder["out/" + name], 0) == 0)
    let outcome = try CambiumProcess.run(["verify", "out"], in: folder.path, limits: LockedFolderTests.asNobody)
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_UNREADABLE"), "\(outcome.summary)")
    #expect(outcome.err.contains(name) && outcome.out.isEmpty, "\(outcome.summary)")
  }

  @Test(.enabled("another user can be played", { LockedFolderTests.canBeNobody }))
  func `a package that is closed against writing is replaced, nothing of it stays, and the next run goes on`() throws {
    let folder = try Demo.folder()
    #expect(chmod(folder.path, 0o777) == 0)
    #expect(try runDemo(folder, limits: LockedFolderTests.asNobody).isSuccess)
    for options in [[], ["--replace"]] {
      #expect(chmod(folder["out"], 0o555) == 0)
      try Demo.writeManifest(in: folder, baseModel: "cambium/closed-\(options.count)")
      let outcome = try runDemo(folder, options, limits: LockedFolderTests.asNobody)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      #expect(folder.leftovers == [])
      #expect(try folder.status("out").st_mode & 0o777 == 0o755)
    }
    #expect(try runDemo(folder, limits: LockedFolderTests.asNobody).isSuccess)
  }
}
