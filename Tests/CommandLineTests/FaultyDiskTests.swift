import TestSupport
import Foundation
import Testing

/// What the disk keeps wrongly is found when it is read back, named, and made again by the next run.
@Suite struct FaultyDiskTests {
  /// Writes of the file that holds the trunk, from its first to its last ones, and of the head's.
  static let places =
    [1, 2, 3, 5, 8, 13, 21, 34, 55, 89].map { "model.safetensors.partial:\($0)" }
    + [1, 2, 4].map { "mtp.safetensors.partial:\($0)" }

  @Test(arguments: places) func `a flipped bit is named and its unit made again`(place: String) throws {
    let reference = try Demo.reference.get().path
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(
      ["run", "m.json"], in: folder.path, environment: ["CAMBIUM_FAULTY_DISK": place])
    // Some files take fewer writes than that; and a bit may be overwritten by a later write of its block.
    guard outcome.end != .exit(0) else {
      #expect(differences(reference, folder["out"]) == [], "\(place)")
      return
    }
    #expect(outcome.end == .exit(2), "\(place): \(outcome.summary)")
    #expect(!folder.exists("out"))
    let file = place.split(separator: ".")[0] + ".safetensors"
    #expect(outcome.err.contains("error: E_WRITTEN_") && outcome.err.contains(file), "\(place): \(outcome.summary)")
    let next = try CambiumProcess.run(["run", "m.json"], in: folder.path)
    #expect(next.isSuccess, "\(place): \(next.summary)")
    #expect(differences(reference, folder["out"]) == [], "\(place)")
  }

  @Test func `most flipped bits are met`() throws {
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(
      ["run", "m.json", "--threads", "1"], in: folder.path,
      environment: ["CAMBIUM_FAULTY_DISK": "model.safetensors.partial:7"])
    #expect(outcome.end == .exit(2) && outcome.err.contains("tensor:"), "\(outcome.summary)")
  }
}
