import TestSupport
import Foundation
import StrictJSON
import Testing

/// A model may have more shards than a process may have open files.
@Suite struct DescriptorLimitTests {
  /// The demo's trunk as shards of at most two tensors: `count` of them, the last with the rest.
  private func manyShards(_ count: Int, in folder: ScratchFolder) throws -> String {
    let trunk = try Demo.copyTrunk(to: folder)
    let whole = trunk + "/model-00001-of-00001.safetensors"
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: whole)))
    let size = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try JSONValue.parse(Array(bytes[8..<8 + size]), file: whole)
    let entries = (header.members ?? []).filter { $0.key != "__metadata__" }
    var places: [(String, JSONValue)] = []
    for number in 0..<count {
      let part = number == count - 1 ? entries[number...] : entries[number...number]
      let name = "model-\(number)-of-\(count).safetensors"
      var data: [UInt8] = []
      var records: [(String, JSONValue)] = []
      for member in part {
        var record = member.value
        let range = (record["data_offsets"]?.arrayValue ?? []).compactMap(\.intValue)
        let content = bytes[8 + size + range[0]..<8 + size + range[1]]
        record.set("data_offsets", to: [.int(data.count), .int(data.count + content.count)])
        data += content
        records.append((member.key, record))
        places.append((member.key, .string(name)))
      }
      let text = JSONWriter.canonical(.object(records))
      let length: [UInt8] = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
      try Data(length + text + data).write(to: URL(fileURLWithPath: trunk + "/" + name))
    }
    try FileManager.default.removeItem(atPath: whole)
    let index = JSONValue.object([
      ("metadata", .object([("total_size", .int(bytes.count - 8 - size))])), ("weight_map", .object(places)),
    ])
    try Data(JSONWriter.pretty(index)).write(to: URL(fileURLWithPath: trunk + "/model.safetensors.index.json"))
    return trunk
  }

  @Test(arguments: [95, 100]) func `14 as many shards need no more than 64 open files`(count: Int) throws {
    let folder = try ScratchFolder()
    let trunk = try manyShards(count, in: folder)
    try Demo.writeManifest(in: folder, source: trunk)
    let limit = "ulimit -n 64"
    for arguments in [
      ["inspect", trunk], ["run", "m.json"], ["verify", "out"], ["run", "m.json"], ["diff", trunk, trunk],
      ["package", "out", "--archive"], ["unpack", "out.tar.zst", "--output", "again"], ["verify", "again"],
    ] {
      let outcome = try CambiumProcess.run(arguments, in: folder.path, limits: limit)
      #expect(outcome.isSuccess, "\(arguments): \(outcome.summary)")
    }
    let outcome = try CambiumProcess.run(
      ["generate", trunk, "--prompt", "a", "--limit", "1"], program: "verify-runner", in: folder.path, limits: limit)
    #expect(outcome.isSuccess, "\(outcome.summary)")
  }

  @Test func `14 too few open files are named and not taken for changed inputs`() throws {
    let folder = try Demo.folder()
    var named = 0
    for limit in 4...16 {
      let outcome = try runDemo(folder, ["--threads", "1"], limits: "ulimit -n \(limit)")
      // The loader itself needs some.
      if outcome.isSuccess || outcome.end == .exit(127) { continue }
      #expect(outcome.err.contains("E_TOO_MANY_FILES"), "\(limit): \(outcome.summary)")
      #expect(outcome.end == .exit(74), "\(limit): \(outcome.summary)")
      named += 1
    }
    #expect(named > 0)
  }
}
