import TestSupport
import Foundation
import StrictJSON
import Testing

/// The decode check as a stage of a run: what it finds stands on the card and beside the package, and what it refuses is
/// not published.
@Suite struct DecodeCheckTests {
  private func folder(_ check: JSONValue, donor: String? = Demo.donor) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, donor: donor, check: check)
    return folder
  }

  private func text(_ folder: ScratchFolder, _ name: String) throws -> String {
    try String(contentsOfFile: folder[name], encoding: .utf8)
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private let small: JSONValue = .object([("prompts", 2), ("tokens", 12), ("depths", [1, 2])])

  @Test func `the report stands beside the package, and its figures on the card`() throws {
    let folder = try folder(small)
    #expect(try runDemo(folder).isSuccess)
    let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
    #expect(report["decoded"]?.boolValue == true && report["report"]?["passed"]?.boolValue == true)
    let answers = try #require(report["report"]?["digest"]?.stringValue)
    let card = try text(folder, "out/README.md")
    #expect(card.contains("2 prompts, 12 tokens each, with the head at depths 1, 2 and without it"))
    #expect(card.contains(answers))
    let settings = try #require(report["report"]?["settings"]?.arrayValue)
    for setting in settings {
      let shares = try #require(setting["acceptance"]?["share"]?.arrayValue).compactMap(\.doubleValue)
      #expect(!shares.isEmpty)
      for share in shares { #expect(card.contains(String(format: " %.4f |", share))) }
    }
    #expect(!exists(folder["out.work/check/package"]), "the staged package is left behind")
  }

  /// Where vllm-mlx looks for the head, the runner finds it, too; and the folder goes there and back in an archive.
  @Test func `a head in a folder of its own drafts as it does beside the weights`() throws {
    let folder = try ScratchFolder()
    let reports = try ["sidecar", "mtp-folder"].map { layout in
      try Demo.writeManifest(in: folder, layout: layout, check: small)
      let outcome = try runDemo(folder)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      return try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")["report"]
    }
    #expect(exists(folder["out/mtp/weights.safetensors"]) && !exists(folder["out/mtp.safetensors"]))
    #expect(reports[1]?["digest"]?.stringValue != nil && reports[0]?["digest"] == reports[1]?["digest"])
    let first = try #require(reports[1]?["settings"]?.arrayValue?.first)
    #expect((first["acceptance"]?["share"]?.arrayValue?.first?.doubleValue ?? 0) > 0)
    #expect(reports[0]?["settings"] == reports[1]?["settings"])
    for arguments in [
      ["package", "out", "--archive"], ["unpack", "out.tar.zst", "--output", "back"], ["verify", "back"],
    ] {
      let outcome = try CambiumProcess.run(arguments, in: folder.path)
      #expect(outcome.isSuccess, "\(outcome.summary)")
    }
    #expect(differences(folder["out"], folder["back"]) == [])
  }

  @Test func `threads change no byte of the report`() throws {
    let reports = try ["1", "2"].map { threads in
      let folder = try folder(small)
      #expect(try runDemo(folder, ["--threads", threads]).isSuccess)
      return try text(folder, "out.check.json")
    }
    #expect(reports[0] == reports[1])
  }

  @Test(arguments: ["acceptance_floor", "relative_floor"])
  func `an acceptance below a floor fails the run and publishes nothing`(floor: String) throws {
    let folder = try folder(.object([("prompts", 2), ("tokens", 12), ("depths", [1]), (floor, JSONValue.int(1))]))
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(2), "\(outcome.summary)")
    #expect(outcome.err.contains("E_CHECK_ACCEPTANCE"))
    #expect(!exists(folder["out"]) && !exists(folder["out.check.json"]))
    // The figures are there to look into, but count for nothing.
    #expect(exists(folder["out.work/check/check.json"]) && !exists(folder["out.work/check/receipt.json"]))
  }

  @Test func `a floor relative to the source compares with the source's own figures`() throws {
    let folder = try folder(
      .object([("prompts", 2), ("tokens", 12), ("depths", [1]), ("relative_floor", JSONValue(.number("0.5")))]))
    #expect(try runDemo(folder).isSuccess)
    let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
    let source = report["report"]?["source_acceptance"]
    #expect((source?["settings"]?["mtp-1"]?["drafted"]?.arrayValue?.first?.intValue ?? 0) > 10)
    #expect(source?["minimum_of_source"]?.doubleValue == 0.5)
  }

  @Test func `false means no check, and the card says so`() throws {
    let folder = try folder(false)
    #expect(try runDemo(folder).isSuccess)
    #expect(try text(folder, "out/README.md").contains("Decoding was not checked: the manifest or the pipeline asks"))
    #expect(!exists(folder["out.check.json"]))
  }

  /// Removes the tokenizer of a copy of the demo's trunk, without which there are no prompts.
  private func withoutTokenizer(_ check: JSONValue, donor: String? = Demo.donor) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    for name in ["tokenizer.json", "vocab.json", "merges.txt"] {
      try FileManager.default.removeItem(atPath: folder["trunk/" + name])
    }
    try Demo.writeManifest(in: folder, source: "trunk", donor: donor, check: check)
    return folder
  }

  @Test(arguments: [Demo.donor, nil])
  func `a check that cannot take place ends the run with status 2 and publishes nothing`(donor: String?) throws {
    let folder = try withoutTokenizer(small, donor: donor)
    let planned = try CambiumProcess.run(["plan", "m.json"], in: folder.path)
    #expect(planned.end == .exit(2) && planned.err.contains("E_CHECK_MISSING"), "\(planned.summary)")
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(2), "\(outcome.summary)")
    #expect(outcome.err.contains("E_CHECK_MISSING") && outcome.err.contains("there is no tokenizer.json"))
    #expect(!exists(folder["out"]) && !exists(folder["out.work"]))
  }

  @Test(arguments: [JSONValue.bool(false), .object([("optional", true), ("prompts", 2)])])
  func `unless the manifest consents`(check: JSONValue) throws {
    let folder = try withoutTokenizer(check)
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(exists(folder["out/SHA256SUMS"]))
  }

  @Test func `inspect ends with 1 for a problem, if asked to be strict`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    #expect(try CambiumProcess.run(["inspect", "trunk", "--strict"], in: folder.path).isSuccess)
    var config = try document(folder.text("trunk/config.json"))
    var text = try #require(config["text_config"])
    text.set("num_hidden_layers", to: 1)
    text.removeKey("layer_types")
    config.set("text_config", to: text)
    try FileManager.default.removeItem(atPath: folder["trunk/config.json"])
    try folder.write(String(decoding: JSONWriter.pretty(config), as: UTF8.self), to: "trunk/config.json")
    #expect(try CambiumProcess.run(["inspect", "trunk"], in: folder.path).isSuccess)
    let strict = try CambiumProcess.run(["inspect", "trunk", "--strict"], in: folder.path)
    #expect(strict.end == .exit(1) && strict.out.contains("problem: "), "\(strict.summary)")
  }

  @Test func `a tokenizer that the runner does not read is named before any work`() throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try folder.write("{\"version\": \"1.0\"}", to: "trunk/tokenizer.json")
    try Demo.writeManifest(in: folder, source: trunk, check: small)
    let refused = try runDemo(folder)
    #expect(refused.end == .exit(2) && refused.err.contains("E_CHECK_MISSING"), "\(refused.summary)")
    // What is not covered, and where: the code alone mends nothing.
    let found = refused.err.split(separator: "\n").first { $0.contains("found:") } ?? ""
    #expect(found.contains("in tokenizer.json") && found.contains("expected "), "\(found)")
    #expect(!exists(folder["out"]) && !exists(folder["out.check.json"]) && !exists(folder["out.work"]))
    var check = small
    check.set("optional", to: true)
    try Demo.writeManifest(in: folder, source: trunk, check: check)
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(outcome.out.contains("decode check  none: E_TOKENIZER_"), "\(outcome.summary)")
    #expect(try text(folder, "out.check.json").contains("\"decoded\": false"))
    #expect(try text(folder, "out/README.md").contains("Decoding was not checked: E_TOKENIZER_"))
  }

  @Test func `a file of somebody else beside the package is left alone`() throws {
    let folder = try folder(small)
    try folder.write("mine", to: "out.check.json")
    let outcome = try runDemo(folder)
    #expect(outcome.err.contains("E_OUTPUT_EXISTS") && !exists(folder["out"]))
    #expect(try text(folder, "out.check.json") == "mine")
  }

  @Test func `another check redoes checking and packaging alone`() throws {
    let folder = try folder(small)
    #expect(try runDemo(folder).isSuccess)
    try Demo.writeManifest(in: folder, check: .object([("prompts", 1), ("tokens", 5), ("depths", [3])]))
    let outcome = try runDemo(folder, ["--json"])
    let json = try document(outcome.out)
    #expect(json["done"] == ["check", "package"] && json["check"]?["decoded"]?.boolValue == true)
    #expect(try text(folder, "out/README.md").contains("1 prompt, 5 tokens each, with the head at depths 3"))
    // A report that was removed comes back.
    try FileManager.default.removeItem(atPath: folder["out.check.json"])
    #expect(try document(try runDemo(folder, ["--json"]).out)["done"] == [])
    #expect(exists(folder["out.check.json"]))
  }

  @Test func `a check that is killed on its way goes on to the same report, and keeps nothing behind it`() throws {
    let whole = try folder(small)
    #expect(try runDemo(whole).isSuccess)
    let expected = try text(whole, "out.check.json")
    var mostKept = 0
    // The first lines are those of the weights.
    for pass in stride(from: 9, through: 80, by: 3) {
      let folder = try folder(small)
      let killed = try runDemo(folder, environment: ["CAMBIUM_CRASH_AT": "journal:\(pass)"])
      guard killed.end == .signal(SIGKILL) else { break }
      if exists(folder["out.work/check/journal.jsonl"]) {
        let lines = try text(folder, "out.work/check/journal.jsonl").split(separator: "\n").count
        mostKept = max(mostKept, lines - 1)
      }
      let outcome = try runDemo(folder)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      #expect(try text(folder, "out.check.json") == expected)
      #expect(!exists(folder["out.work/check/journal.jsonl"]))
    }
    #expect(mostKept > 1)
  }

  @Test func `a check that the command line leaves out is said to be left out, and nowhere claimed`() throws {
    let folder = try folder(small)
    #expect(try runDemo(folder).isSuccess)
    #expect(try text(folder, "out.check.json").contains("\"decoded\": true"))
    let planned = try document(
      try CambiumProcess.run(["plan", "m.json", "--no-check", "--json"], in: folder.path).out)
    let reason = "the run was told to leave it out, with --no-check"
    #expect(planned["check"]?["reason"]?.stringValue == reason)
    let outcome = try runDemo(folder, ["--no-check"])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    let card = try text(folder, "out/README.md")
    #expect(card.contains("Decoding was not checked: \(reason).") && !card.contains("Decoded before it was published"))
    // The report of the run before would speak for a package that nobody decoded.
    let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
    #expect(report["decoded"]?.boolValue == false && report["reason"]?.stringValue == reason)
    let verified = try CambiumProcess.run(["verify", "out", "--rederive", "m.json", "--quiet"], in: folder.path)
    #expect(verified.isSuccess && !verified.out.contains("bit-identical"), "\(verified.summary)")
    let again = try runDemo(folder)
    #expect(again.isSuccess, "\(again.summary)")
    #expect(try text(folder, "out/README.md").contains("Decoded before it was published"))
  }

  @Test func `the package is compared with its source, which report, card and page say`() throws {
    let folder = try folder(small)
    let run = try runDemo(folder, ["--json"])
    #expect(run.isSuccess, "\(run.summary)")
    let report = try JSONValue.parse(Array(try text(folder, "out.check.json").utf8), file: "out.check.json")
    let source = try #require(report["report"]?["source"])
    let (mean, top) = (
      try #require(source["kl_mean"]?.doubleValue), try #require(source["top1_agreement"]?.doubleValue)
    )
    // mxfp4 costs something, and leaves most of the best tokens as they were.
    #expect(mean > 0.001 && mean < 1 && top > 0.5 && top <= 1)
    #expect((source["positions"]?.intValue ?? 0) > 150 && (source["positions"]?.intValue ?? 999) <= 257)
    #expect(report["not_compared"] == nil)
    for name in ["out/README.md", "out/audit.html"] {
      #expect(try text(folder, name).contains(String(format: "%.6f", mean)), "\(name)")
    }
    let first = "<dt>From the source</dt><dd>KL \(String(format: "%.6f", mean)) "
    #expect(try text(folder, "out/audit.html").contains(first))
    #expect(try document(run.out)["source_distance"]?["positions"] == source["positions"])
  }

  @Test(arguments: ["max_kl", "min_top1"])
  func `a package that is farther from its source than the manifest allows is not published`(field: String) throws {
    let limit = JSONValue(.number(field == "max_kl" ? "0.000001" : "1"))
    let folder = try folder(.object([("prompts", 1), ("tokens", 4), ("depths", [1]), (field, limit)]))
    let outcome = try runDemo(folder)
    #expect(outcome.end == .exit(2) && outcome.err.contains("E_CHECK_DISTANCE"), "\(outcome.summary)")
    #expect(!exists(folder["out"]) && !exists(folder["out.check.json"]))
    let report = try JSONValue.parse(Array(try text(folder, "out.work/check/check.json").utf8), file: "check.json")
    let figure = field == "max_kl" ? "kl_mean" : "top1_agreement"
    #expect(report["report"]?["source_limits"]?["beyond"] == [.string(figure)])
  }

  @Test func `a limit that the package keeps is no obstacle, and false leaves the source alone`() throws {
    let kept = try folder(
      .object([("prompts", 1), ("tokens", 4), ("depths", [1]), ("max_kl", 5), ("min_top1", JSONValue(.number("0.1")))]))
    #expect(try runDemo(kept).isSuccess)
    let left = try folder(.object([("prompts", 1), ("tokens", 4), ("depths", [1]), ("source", false)]))
    #expect(try runDemo(left).isSuccess)
    let why = "the manifest or the pipeline does not ask for it"
    #expect(try text(left, "out.check.json").contains(why))
    #expect(try text(left, "out/README.md").contains("Not compared with the source: " + why))
    // A demand needs the comparison.
    let both = try folder(.object([("prompts", 1), ("tokens", 4), ("depths", [1]), ("source", false), ("max_kl", 5)]))
    let outcome = try runDemo(both)
    #expect(outcome.end == .exit(2) && outcome.err.contains("E_CHECK_MISSING"), "\(outcome.summary)")
    #expect(!exists(both["out.work"]))
  }

  @Test func `plan says what the check will cost`() throws {
    let folder = try folder(small)
    let json = try document(try CambiumProcess.run(["plan", "m.json", "--json"], in: folder.path).out)["check"]
    // Two prompts alone, at two depths, and with stop tokens: eight prompts, and twelve tokens twice, as all share passes;
    // and one pass of either model to compare them.
    #expect(json?["passes_at_most"]?.intValue == 2 * (1 + 3) + 2 * 12 + 2)
    // Every pass reads trunk and head at most once, and the head as often as it drafts.
    let bytes = try #require(json?["bytes_read_at_most"]?.intValue)
    #expect(bytes > 2 * 12 * 3_000_000 && bytes < 32 * 24_000_000)
  }
}
