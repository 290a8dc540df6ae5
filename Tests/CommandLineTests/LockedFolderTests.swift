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
  private static let asNobody =
    getuid() == 0 ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"" : "exec \"$@\""

  private static let canBeNobody = getuid() != 0 || access("/usr/bin/setpriv", X_OK) == 0

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
}
