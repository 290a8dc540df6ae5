import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A source that changes while a run lies still is read anew: nothing of the old one gets into the package.
@Suite struct SourceChangeTests {
  private func folder() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    try Demo.writeManifest(in: folder, source: "trunk")
    return folder
  }

  /// Changes the least bit of the last element of the shard, and puts the time of change back.
  private func change(_ folder: ScratchFolder) throws {
    let path = folder["trunk/model-00001-of-00001.safetensors"]
    let times = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let place = try file.seekToEnd() - 2
    try file.seek(toOffset: place)
    let byte = try file.read(upToCount: 1)?.first ?? 0
    try file.seek(toOffset: place)
    try file.write(contentsOf: Data([byte ^ 1]))
    try file.close()
    try FileManager.default.setAttributes([.modificationDate: times as Any], ofItemAtPath: path)
  }

  @Test(arguments: ["journal:3", "fsync:60", "rename:12"]) func `a changed source is read anew after a kill`(
    _ crash: String
  ) throws {
    let fresh = try folder()
    try change(fresh)
    #expect(try runDemo(fresh).isSuccess)

    let killed = try folder()
    #expect(try runDemo(killed, environment: ["CAMBIUM_CRASH_AT": crash]).end == .signal(SIGKILL))
    try change(killed)
    let outcome = try runDemo(killed)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(differences(fresh["out"], killed["out"]) == [])
  }
}
