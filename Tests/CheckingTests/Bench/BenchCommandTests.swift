import TestSupport
import Foundation
import StrictJSON
import Testing

@Suite struct BenchCommandTests {
  private func demo() throws -> String { try DemoCheckpoint.shared.get().path }

  @Test func `all classes and decoders are measured, equal, and written in each form`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try RunnerProcess.run([
      "bench", try demo(), "--limit", "6", "--repetitions", "1", "--per-class", "1", "--threads", "2", "--quiet",
      "--passes", "--json", "--csv", folder + "/b.csv", "--plot", folder + "/b.svg",
    ])
    #expect(outcome.status == 0 && outcome.err.isEmpty, "\(outcome.err)")
    let document = try JSONValue.parse(Array(outcome.out.utf8), file: "stdout")
    #expect(document["verify_runner_bench"]?.intValue == 1 && document["equal"]?.boolValue == true)
    let results = document["results"]?.arrayValue ?? []
    #expect(results.count == 5 * 7)
    #expect(Set(results.compactMap { $0["class"]?.stringValue }) == ["code", "prose", "chat", "tool", "image"])
    let verified = results.filter { $0["verified"]?.boolValue == true }
    #expect(verified.count == 5 * 6 && verified.allSatisfy { $0["equal_to_vanilla"]?["decodings"]?.intValue == 1 })
    #expect(document["unavailable"]?.arrayValue?.isEmpty == true)
    #expect(document["machine"]?["read_bytes_per_second"]?.doubleValue ?? 0 > 0)
    #expect(document["passes"]?["prefill"]?["to_dense"]?.doubleValue ?? 0 > 0)
    let csv = try String(contentsOfFile: folder + "/b.csv", encoding: .utf8)
    #expect(csv.split(separator: "\n").count == 36)
    #expect(try String(contentsOfFile: folder + "/b.svg", encoding: .utf8).hasPrefix("<svg "))
  }

  @Test func `without a head drafting decoders are named as not available, and vanilla runs`() throws {
    let trunk = Repository.root + "/manifests/demo/trunk"
    let outcome = try RunnerProcess.run([
      "bench", trunk, "--random-ids", "5", "--limit", "4", "--repetitions", "1", "--per-class", "1", "--json",
      "--quiet",
    ])
    #expect(outcome.status == 0, "\(outcome.err)")
    let document = try JSONValue.parse(Array(outcome.out.utf8), file: "stdout")
    let unavailable = document["unavailable"]?.arrayValue ?? []
    #expect(unavailable.count == 6 && unavailable.allSatisfy { $0["kind"]?.stringValue == "decoder" })
    #expect(unavailable.first?["reason"]?.stringValue == "the model has no MTP head")
    #expect(document["results"]?.arrayValue?.map { $0["decoder"]?.stringValue } == ["vanilla"])
  }

  @Test func `what a package cannot run is an error when nothing is left, with the reasons`() throws {
    let bare = Repository.root + "/Tests/InferenceTests/Fixtures/reference/qwen3_next_moe/checkpoint"
    let outcome = try RunnerProcess.run(["bench", bare, "--quiet", "--limit", "2"])
    #expect(outcome.status == 65 && outcome.out.isEmpty)
    #expect(outcome.err.contains("E_BENCH_NOTHING") && outcome.err.contains("E_TOWER_MISSING"))
    let random = try RunnerProcess.run([
      "bench", bare, "--quiet", "--limit", "3", "--repetitions", "1", "--classes", "code,image", "--random-ids", "4",
      "--per-class", "1", "--decoders", "mtp-1", "--impose", "1",
    ])
    #expect(random.status == 0, "\(random.err)")
    #expect(random.out.contains("not available: prompts code:") && random.out.contains("not available: prompts image:"))
    #expect(random.out.contains("IMPOSED acceptance 1.00"))
  }

  @Test(arguments: [
    (["--classes", "poetry"], Int32(64), "poetry"), (["--repetitions", "0"], 64, ""), (["--limit", "0"], 64, ""),
    (["--decoders", "mtp-9"], 64, ""), (["--decoders", "mtp-1,mtp-1"], 64, ""), (["--impose", "0.5,2"], 64, ""),
    (["--per-class", "0"], 64, ""), (["--random-ids", "0"], 64, ""), (["--prompts", "/no/such/file"], 66, ""),
    (["--ids", "1 99999"], 65, "E_PROMPT"), (["--ids", "/no/such/file"], 66, ""),
    (["--images", "/no/such/folder", "--classes", "image"], 66, ""),
  ])
  func `bad input has a name and a status`(_ words: [String], _ status: Int32, _ part: String) throws {
    let outcome = try RunnerProcess.run(["bench", try demo(), "--quiet", "--limit", "2"] + words)
    #expect(outcome.status == status && outcome.out.isEmpty, "\(outcome.err)")
    #expect(part.isEmpty || outcome.err.contains(part))
  }

  @Test func `prompts of a file are measured by their kinds`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("kinds-\(UUID().uuidString).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = #"{"kind": "sums", "ids": [5, 17, 203, 9]}"# + "\n" + #"{"kind": "code", "prompt": "def f(x):"}"#
    try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
    let outcome = try RunnerProcess.run([
      "bench", try demo(), "--prompts", path, "--limit", "3", "--repetitions", "1", "--decoders", "vanilla", "--json",
      "--quiet",
    ])
    let document = try JSONValue.parse(Array(outcome.out.utf8), file: "stdout")
    #expect(document["results"]?.arrayValue?.map { $0["class"]?.stringValue } == ["code", "sums"])
    let unknown = try RunnerProcess.run(["bench", try demo(), "--prompts", path, "--classes", "prose", "--quiet"])
    #expect(unknown.status == 64 && unknown.err.contains("prose"))
  }
}
