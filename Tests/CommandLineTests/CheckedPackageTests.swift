import TestSupport
import Foundation
import StrictJSON
import Testing

/// Whatever the package is, it is decoded and held to its source: without a head, with gaps among its ids, with an adapter.
@Suite struct CheckedPackageTests {
  private let small: JSONValue = .object([("prompts", 2), ("tokens", 12), ("depths", [1, 2])])

  private func folder(_ check: JSONValue, donor: String? = Demo.donor) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, donor: donor, check: check)
    return folder
  }

  private func text(_ folder: ScratchFolder, _ name: String) throws -> String {
    try String(contentsOfFile: folder[name], encoding: .utf8)
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  @Test func `without a head plain decoding and lookup are checked, and the source is compared`() throws {
    let folder = try folder(small, donor: nil)
    let planned = try document(try CambiumProcess.run(["plan", "m.json", "--json"], in: folder.path).out)["check"]
    #expect(planned?["drafter"]?.stringValue == "lookup" && planned?["depths"] == [])
    let run = try runDemo(folder)
    #expect(run.isSuccess && run.out.contains("no head: nothing drafts but lookup"), "\(run.summary)")
    let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
    let settings = try #require(report["report"]?["settings"]?.arrayValue)
    #expect(settings.compactMap { $0["name"]?.stringValue } == ["lookup", "forced"])
    #expect(settings.allSatisfy { $0["equal"]?.boolValue == true && $0["compared_tokens"]?.intValue == 24 })
    let mean = try #require(report["report"]?["source"]?["kl_mean"]?.doubleValue)
    #expect(mean > 0.001 && mean < 1)
    for name in ["out/README.md", "out/audit.html"] {
      let page = try text(folder, name)
      #expect(
        page.contains("no head: nothing drafts but lookup") && !page.contains("Decoding was not checked"), "\(name)")
      #expect(page.contains(String(format: "%.6f", mean)), "\(name)")
    }
  }

  @Test(arguments: ["max_kl", "min_top1"])
  func `a package without a head is held to its source`(field: String) throws {
    let limit = JSONValue(.number(field == "max_kl" ? "0.000001" : "1"))
    let folder = try folder(.object([("prompts", 1), ("tokens", 4), (field, limit)]), donor: nil)
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(2) && outcome.err.contains("E_CHECK_DISTANCE"), "\(outcome.summary)")
    #expect(!exists(folder["out"]) && !exists(folder["out.check.json"]))
  }

  /// A copy of the demo's trunk with one more added token.
  private func withToken(_ id: Int) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    var tokenizer = try document(folder.text("trunk/tokenizer.json"))
    var added = try #require(tokenizer["added_tokens"]?.arrayValue)
    var token = try #require(added.last)
    token.set("id", to: .int(id))
    token.set("content", to: "<|my_tool|>")
    added.append(token)
    tokenizer.set("added_tokens", to: .array(added))
    try FileManager.default.removeItem(atPath: folder["trunk/tokenizer.json"])
    try folder.write(String(decoding: JSONWriter.compact(tokenizer), as: UTF8.self), to: "trunk/tokenizer.json")
    try Demo.writeManifest(in: folder, source: "trunk", check: small)
    return folder
  }

  /// The demo's model has 4096 rows, and its tokens end at 4080.
  @Test func `a gap in the ids is no obstacle, and an id beyond the model's rows is refused by the plan`() throws {
    let gap = try withToken(4090)
    let run = try runDemo(gap)
    #expect(run.isSuccess, "\(run.summary)")
    #expect(try text(gap, "out.check.json").contains("\"decoded\": true"))
    let beyond = try withToken(4096)
    for command in ["plan", "run"] {
      let refused = try CambiumProcess.run([command, "m.json"], in: beyond.path)
      #expect(refused.end == .exit(2) && refused.err.contains("E_CHECK_MISSING"), "\(refused.summary)")
      #expect(refused.err.contains("expected 0 to 4095"), "\(refused.err)")
    }
    #expect(!exists(beyond["out.work"]))
  }

  @Test func `a source with an adapter is compared as it is read, in a copy that goes`() throws {
    let folder = try folder(false)
    try Demo.writeAdapter(in: folder)
    func figures(_ pipeline: String, adapter: Bool, _ limit: String) throws -> (JSONValue?, CambiumProcess.Outcome) {
      try Demo.writeManifest(
        in: folder, donor: nil, pipeline: pipeline,
        check: .object([("prompts", 1), ("tokens", 4), ("max_kl", JSONValue(.number(limit)))]))
      var manifest = try document(folder.text("m.json"))
      if adapter { manifest.set("adapter", to: "adapter") }
      try FileManager.default.removeItem(atPath: folder["m.json"])
      try folder.write(String(decoding: JSONWriter.pretty(manifest), as: UTF8.self), to: "m.json")
      let outcome = try runDemo(folder)
      guard outcome.isSuccess else { return (nil, outcome) }
      let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
      return (report["report"]?["source"], outcome)
    }
    // Nothing is quantized: the package has the values of base and adapter, and so has the source that it is held against.
    let (merged, run) = try figures("graft-only", adapter: true, "0.000001")
    #expect(run.isSuccess, "\(run.summary)")
    #expect(merged?["kl_mean"]?.doubleValue == 0 && merged?["top1_agreement"]?.doubleValue == 1)
    // The adapter does change the model.
    let (plain, _) = try figures("graft-only", adapter: false, "1")
    #expect(plain?["perplexity_source"] != nil && plain?["perplexity_source"] != merged?["perplexity_source"])
    #expect(!exists(folder["out.work/check/source"]), "the copy is left behind")
    let (_, far) = try figures("mxfp4", adapter: true, "0.000001")
    #expect(far.end == .exit(2) && far.err.contains("E_CHECK_DISTANCE"), "\(far.summary)")
    #expect(!exists(folder["out.work/check/source"]), "the copy is left behind")
    let plan = try document(try CambiumProcess.run(["plan", "m.json", "--json"], in: folder.path).out)["check"]
    // Two bytes a value and a little in f32, as the trunk has them.
    let trunk = try FileManager.default.attributesOfItem(atPath: Demo.trunk + "/model-00001-of-00001.safetensors")
    let size = try #require(trunk[.size] as? Int)
    let copied = try #require(plan?["source_copy_bytes"]?.intValue)
    #expect(copied > size - 100_000 && copied <= size)
  }

  @Test func `the copy of a check that was killed is cleaned, and what somebody put beside it stays`() throws {
    let folder = try folder(false)
    try Demo.writeAdapter(in: folder)
    try Demo.writeManifest(
      in: folder, donor: nil, pipeline: "graft-only", check: .object([("prompts", 1), ("tokens", 4)]))
    var manifest = try document(folder.text("m.json"))
    manifest.set("adapter", to: "adapter")
    try FileManager.default.removeItem(atPath: folder["m.json"])
    try folder.write(String(decoding: JSONWriter.pretty(manifest), as: UTF8.self), to: "m.json")
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    // The package's weights are there, and the journal of the check has three lines before the copy is made: each line is passed
    // twice, and what comes then is the copy's own journal.
    let killed = try runDemo(folder, ["--threads", "1"], environment: ["CAMBIUM_CRASH_AT": "journal:9"])
    #expect(killed.end == .signal(SIGKILL), "\(killed.summary)")
    #expect(exists(folder["out.work/check/source/quantize"]))
    try folder.write("mine", to: "out.work/check/source/notes.txt")
    _ = try CambiumProcess.run(["clean", "m.json", "--unfinished"], in: folder.path)
    // The lock of a work folder is the last to go.
    #expect(
      folder.tree("out.work").filter { $0.hasPrefix("check/source/") } == [
        "check/source/lock", "check/source/notes.txt",
      ])
    try FileManager.default.removeItem(atPath: folder["out.work/check/source/notes.txt"])
    let cleaned = try CambiumProcess.run(["clean", "m.json", "--unfinished"], in: folder.path)
    #expect(cleaned.isSuccess && !folder.exists("out.work"), "\(cleaned.summary)")
  }

  /// The demo's trunk with one matrix in FP8: codes that are no NaN, and a scale for each block of 128 × 128.
  private func writeFloat8(in folder: ScratchFolder) throws {
    _ = try Demo.copyTrunk(to: folder)
    let name = "model.language_model.layers.0.mlp.down_proj.weight"
    let old = folder["trunk/model-00001-of-00001.safetensors"]
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: old)))
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var members: [(String, JSONValue)] = []
    var data: [UInt8] = []
    func append(_ name: String, _ dtype: String, _ shape: JSONValue, _ content: some Collection<UInt8>) {
      let begin = data.count
      data += content
      members.append(
        (
          name,
          .object([
            ("dtype", .string(dtype)), ("shape", shape), ("data_offsets", [.int(begin), .int(data.count)]),
          ])
        ))
    }
    for member in try JSONValue.parse(Array(bytes[8..<8 + length]), file: old).members ?? [] {
      guard let offsets = member.value["data_offsets"]?.arrayValue?.compactMap(\.intValue), offsets.count == 2,
        let shape = member.value["shape"], let dtype = member.value["dtype"]?.stringValue
      else { continue }
      if member.key == name {
        append(
          name, "F8_E4M3", [256, 512], (0..<256 * 512).map { UInt8($0 * 37 % 120) | ($0.isMultiple(of: 2) ? 0 : 0x80) })
        let scale = withUnsafeBytes(of: Float(0.000_244_140_625).bitPattern.littleEndian) { Array($0) }
        append(name + "_scale_inv", "F32", [2, 4], (0..<8).flatMap { _ in scale })
      } else {
        append(member.key, dtype, shape, bytes[8 + length + offsets[0]..<8 + length + offsets[1]])
      }
    }
    var header = JSONWriter.compact(.object(members))
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let size = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    for name in ["model-00001-of-00001.safetensors", "model.safetensors.index.json"] {
      try FileManager.default.removeItem(atPath: folder["trunk/" + name])
    }
    try Data(size + header + data).write(to: URL(fileURLWithPath: folder["trunk/model.safetensors"]))
    var config = try document(folder.text("trunk/config.json"))
    config.set("quantization_config", to: ["quant_method": "fp8", "weight_block_size": [128, 128]])
    try FileManager.default.removeItem(atPath: folder["trunk/config.json"])
    try folder.write(String(decoding: JSONWriter.pretty(config), as: UTF8.self), to: "trunk/config.json")
  }

  @Test func `a source in FP8 is compared as it is read`() throws {
    let folder = try ScratchFolder()
    try writeFloat8(in: folder)
    try Demo.writeManifest(
      in: folder, source: "trunk", donor: nil, pipeline: "graft-only",
      check: .object([("prompts", 1), ("tokens", 4), ("max_kl", JSONValue(.number("0.000001")))]))
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
    // The package has the values that the codes stand for, and so has the source.
    #expect(report["report"]?["source"]?["kl_mean"]?.doubleValue == 0)
    #expect(!exists(folder["out.work/check/source"]), "the copy is left behind")
  }
}
