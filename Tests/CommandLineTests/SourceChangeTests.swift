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

  /// The run stands still in the middle of the weights, or when the package is being made.
  @Test(arguments: ["chat_template.jinja", "config.json"], ["journal:2", "fsync:60"])
  func
    `03 a small file of the source that is rewritten during a run ends it, and the next run has the new one throughout`(
      name: String, point: String
    ) throws
  {
    for isLonger in [false, true] {
      let folder = try folder()
      let process = try CambiumProcess(
        ["run", "m.json", "--threads", "1"], in: folder.path, environment: ["CAMBIUM_CRASH_AT": "\(point):stop"])
      #expect(try process.waitForStop(), "the run passed \(point) never")
      // White space, and another kind of it: the same text to every reader, and other bytes.
      let text = folder.text("trunk/" + name)
      let other = isLonger ? text + "\n" : text.replacing("\n", with: " ", maxReplacements: 1)
      #expect(other != text)
      try folder.write(other, to: "trunk/" + name)
      process.send(SIGCONT)
      let outcome = try process.wait()
      #expect(outcome.end == .exit(65) && outcome.err.contains("E_INPUT_CHANGED"), "\(outcome.summary)")
      #expect(outcome.err.contains(name) && !folder.exists("out"), "\(outcome.err)")
      let next = try runDemo(folder)
      #expect(next.isSuccess, "\(next.summary)")
      let lock = try document(folder.text("m.lock.json"))
      let digest = try sha256(folder["trunk/" + name])
      #expect("\(folder.text("m.lock.json"))".contains(digest) && lock["cambium_lock"] != nil)
      #expect(folder.text("out/provenance.json").contains(digest))
      #expect(try CambiumProcess.run(["verify", "out"], in: folder.path).isSuccess)
    }
  }

  /// A program that maps a file in memory moves no time of it. What the page says of such a change is what happens.
  @Test func `18 a shard written through a mapping is seen by a run with another work folder, and by --rederive`()
    throws
  {
    let folder = try folder()
    #expect(try runDemo(folder).isSuccess)
    let path = folder["trunk/model-00001-of-00001.safetensors"]
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    let bytes = try #require(mapped == MAP_FAILED ? nil : mapped)
    let last = bytes.loadUnaligned(fromByteOffset: size - 2, as: UInt8.self)
    bytes.storeBytes(of: last ^ 1, toByteOffset: size - 2, as: UInt8.self)
    #expect(munmap(bytes, size) == 0 && close(descriptor) == 0)
    let rederived = try CambiumProcess.run(["verify", "out", "--rederive", "m.json"], in: folder.path)
    #expect(rederived.end == .exit(2), "\(rederived.summary)")
    let other = try runDemo(folder, ["--work", "w", "--output", "new"])
    #expect(other.isSuccess, "\(other.summary)")
    #expect(differences(folder["out"], folder["new"]) != [])
    for name in ["out", "new"] { #expect(try CambiumProcess.run(["verify", name], in: folder.path).isSuccess) }
  }
}
