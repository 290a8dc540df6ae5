import TestSupport
import Foundation
import Inference
import StrictJSON
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct RunnerCommandTests {
  private func demo() throws -> String { try DemoCheckpoint.shared.get().path }

  private let ids = #"{"id": "a", "kind": "ids", "ids": [5, 17, 203, 9]}"#

  private func prompts() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("prompts-\(UUID().uuidString).jsonl").path
    try Data(ids.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func `check gives 0 and the same bytes on every tier of instructions, and 2 below the floor`() throws {
    let prompts = try prompts()
    let arguments = ["check", try demo(), "--prompts", prompts, "--limit", "8", "--depths", "1,3", "--json", "--quiet"]
    let outcomes = try [[:], ["CAMBIUM_SIMD": "portable"]].map { try RunnerProcess.run(arguments, environment: $0) }
    #expect(outcomes.allSatisfy { $0.status == 0 && $0.err.isEmpty })
    #expect(outcomes[0].out == outcomes[1].out)
    let document = try JSONValue.parse(Array(outcomes[0].out.utf8), file: "stdout")
    #expect(document["verify_runner_check"]?.intValue == 1 && document["passed"]?.boolValue == true)

    // Not every first draft of the bundled prompts is accepted.
    let low = try RunnerProcess.run([
      "check", try demo(), "--limit", "12", "--depths", "1", "--json", "--quiet", "--min-acceptance", "1",
    ])
    #expect(low.status == 2)
    #expect(low.err.contains("error: E_CHECK_ACCEPTANCE"))
    // The result stays one document.
    #expect(try JSONValue.parse(Array(low.out.utf8), file: "stdout")["passed"]?.boolValue == false)
  }

  @Test func `without a head lookup and made-up drafts are checked, and the source is compared`() throws {
    let trunk = Repository.root + "/manifests/demo/trunk"
    let outcome = try RunnerProcess.run([
      "check", trunk, "--prompts", try prompts(), "--limit", "8", "--source", trunk, "--max-kl", "0.000001", "--json",
    ])
    #expect(outcome.status == 0 && outcome.err.contains("no head: nothing drafts but lookup"), "\(outcome.err)")
    let document = try JSONValue.parse(Array(outcome.out.utf8), file: "stdout")
    let settings = document["settings"]?.arrayValue ?? []
    #expect(settings.compactMap { $0["name"]?.stringValue } == ["lookup-1", "lookup", "forced"])
    #expect(settings.allSatisfy { $0["equal"]?.boolValue == true && $0["compared_tokens"]?.intValue == 8 })
    // The model itself.
    #expect(document["source"]?["kl_mean"]?.doubleValue == 0)
  }

  @Test(arguments: [
    (["check", "/no/such/folder"], Int32(66), ""), (["check"], 64, ""), (["check", "DEMO", "--depths", "9"], 64, ""),
    (["check", "DEMO", "--depths", "1,1"], 64, ""), (["check", "DEMO", "--text", "x"], 64, ""),
    (["check", "DEMO", "--prompts", "/no/such/file"], 66, ""),
    (["check", "TRUNK", "--limit", "2", "--depths", "1"], 65, "E_HEAD_MISSING"),
    (["check", "TRUNK", "--limit", "2", "--min-acceptance", "0.5"], 65, "E_HEAD_MISSING"),
    (["check", "TRUNK", "--limit", "2", "--adaptive"], 65, "E_HEAD_MISSING"),
    (["generate", "DEMO"], 64, ""), (["generate", "DEMO", "--prompt", "x", "--temperature=-1"], 64, ""),
    (["generate", "TRUNK", "--prompt", "x", "--mtp", "2"], 65, "E_HEAD_MISSING"),
    (["generate", "TRUNK", "--prompt", "x", "--decoder", "hybrid"], 65, "E_HEAD_MISSING"),
    (["generate", "DEMO", "--prompt", "x", "--decoder", "dflash"], 65, "E_DRAFTER_MISSING"),
    (["generate", "DEMO", "--prompt", "x", "--decoder", "greedy"], 64, "vanilla, lookup"),
    (["generate", "DEMO", "--prompt", "x", "--decoder", "lookup", "--mtp", "2"], 64, "either"),
    (["generate", "DEMO", "--prompt", "x", "--drafter", "TRUNK"], 65, "E_DRAFTER_KIND"),
    (["check", "DEMO", "--decoders", "optimistic"], 64, "nothing to check"),
    (["bench", "DEMO", "--decoders", "greedy"], 64, "vanilla, lookup"),
    (["trace", "DEMO", "--ids", "1 99999", "--output", "/tmp/never"], 65, "E_PROMPT"),
    (["trace", "DEMO", "--ids", "1", "--output", "/no/such/folder/x"], 74, "E_IO"),
  ])
  func `failures have a name and a status`(_ words: [String], _ status: Int32, _ code: String) throws {
    let demo = try demo()
    let trunk = Repository.root + "/manifests/demo/trunk"
    let outcome = try RunnerProcess.run(words.map { $0 == "DEMO" ? demo : $0 == "TRUNK" ? trunk : $0 })
    #expect(outcome.status == status, "\(outcome.err)")
    #expect((code.isEmpty || outcome.err.contains(code)) && outcome.out.isEmpty)
  }

  @Test(arguments: ["check DEMO", "generate DEMO --prompt x", "trace DEMO --ids 1 --output /tmp/never"])
  func `an arithmetic that the machine does not have is refused before anything is read`(_ words: String) throws {
    let arguments = words.split(separator: " ").map { $0 == "DEMO" ? "/no/such/folder" : String($0) }
    let outcome = try RunnerProcess.run(arguments + ["--arithmetic", "fast"], environment: ["CAMBIUM_SIMD": "avx2"])
    #expect(outcome.status == 64 && outcome.out.isEmpty && outcome.err.contains("error: E_ARITHMETIC"))
    let unknown = try RunnerProcess.run(arguments + ["--arithmetic", "sloppy"])
    #expect(unknown.status == 64 && unknown.err.contains("canonical"))
  }

  @Test(.enabled(if: Arithmetic.fast.isAvailable))
  func `the fast arithmetic is named wherever it was used`() throws {
    let fast = ["--arithmetic", "fast"]
    let generated = try RunnerProcess.run(
      ["generate", try demo(), "--chat", "What is 5 * 11?", "--limit", "96", "--stats"] + fast)
    #expect(generated.status == 0 && generated.out.contains("55") && generated.err.contains("fast arithmetic"))
    let checked = try RunnerProcess.run(
      ["check", try demo(), "--prompts", try prompts(), "--limit", "8", "--depths", "2", "--json", "--quiet"] + fast)
    #expect(checked.status == 0)
    #expect(try JSONValue.parse(Array(checked.out.utf8), file: "stdout")["arithmetic"]?.stringValue == "fast")
    let prefix = FileManager.default.temporaryDirectory.appendingPathComponent("trace-\(UUID().uuidString)").path
    let traced = try RunnerProcess.run(
      ["trace", try demo(), "--ids", "1 2", "--limit", "2", "--output", prefix] + fast)
    #expect(traced.status == 0)
    let document = try Data(contentsOf: URL(fileURLWithPath: prefix + ".json"))
    #expect(try JSONValue.parse(Array(document), file: prefix)["arithmetic"]?.stringValue == "fast")
    for name in [".json", ".safetensors"] { try FileManager.default.removeItem(atPath: prefix + name) }
  }

  @Test func `generate answers on standard output, and says how on standard error`() throws {
    let outcome = try RunnerProcess.run([
      "generate", try demo(), "--chat", "What is 5 * 11?", "--mtp", "3", "--stats", "--limit", "96",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.out.contains("5 * 11 = 55") && outcome.out.hasSuffix("\n"))
    #expect(outcome.err.contains("accepted by place"))
  }

  @Test func `a seed gives the same sample each time, another seed another`() throws {
    let arguments = [
      "generate", try demo(), "--prompt", "She was", "--limit", "24", "--temperature", "1", "--mtp", "2",
    ]
    let outputs = try ["1", "1", "2"].map { try RunnerProcess.run(arguments + ["--seed", $0]).out }
    #expect(outputs[0] == outputs[1] && outputs[0] != outputs[2])
  }

  @Test(arguments: [[], ["--json"]])
  func `an interrupt ends a check with 130, and with a document where documents are asked for`(
    _ more: [String]
  ) throws {
    let notes = try OutputPipe()
    let process = try CambiumProcess(
      ["check", try demo(), "--prompts", try prompts(), "--limit", "4000"] + more, program: "verify-runner",
      stderr: notes.writer)
    notes.closeWriter()
    #expect(notes.wait(for: "decoding 0 of"))
    process.send(SIGINT)
    let said = notes.readToEnd()
    let outcome = try process.wait()
    #expect(outcome.status == 130)
    #expect(said.contains("interrupted"), "\(said)")
    #expect(more.isEmpty ? outcome.out.isEmpty : outcome.out.contains("\"E_INTERRUPTED\""))
  }
}

/// Decoding by the names of decoders.
@Suite struct DecoderOptionTests {
  @Test func `every decoder gives the text of vanilla decoding`() throws {
    let folder = Repository.tests("InferenceTests") + "/Fixtures/drafters/"
    let before = try ScratchFolder()
    let prediction = try before.put("def add(a, b):\n    return a + b\n", at: "before.py")
    let demo = try DemoCheckpoint.shared.get().path
    let arguments = ["generate", demo, "--prompt", "def add(a, b):", "--limit", "24"]
    let expected = try RunnerProcess.run(arguments + ["--decoder", "vanilla"])
    #expect(expected.status == 0 && !expected.out.isEmpty)
    let drafters = ["--drafter", folder + "demo-dflash", "--drafter", folder + "tiny-eagle3"]
    for decoder in [
      "auto", "lookup", "mtp", "mtp-3", "dflash", "dflash-3", "eagle3", "hybrid", "hybrid-table", "in-turn",
    ] {
      let found = try RunnerProcess.run(
        arguments + drafters + ["--decoder", decoder, "--prediction", prediction])
      #expect(found.status == 0 && found.out == expected.out, "\(decoder): \(found.err)")
    }
  }
}
