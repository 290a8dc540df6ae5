import Crypto
import TestSupport
import Foundation
import StrictJSON
import Testing

/// With `--json` standard output is one JSON document, for results and for failures.
@Suite struct JSONOutputTests {
  /// A folder with a finished run of the demo and a manifest template's place.
  private func finished() throws -> ScratchFolder {
    let folder = try Demo.folder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["package"])
    return folder
  }

  struct Command: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let format: String
    var status: Int32 = 0
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(arguments: [
    Command(arguments: ["init", Demo.trunk, "--manifest", "new.json"], format: "cambium_init"),
    Command(arguments: ["init", Demo.trunk, "--manifest", "new.json", "--dry-run"], format: "cambium"),
    Command(arguments: ["inspect", Demo.trunk], format: "cambium_inspect"),
    Command(arguments: ["plan", "m.json"], format: "cambium_plan"),
    Command(arguments: ["run", "m.json", "--dry-run"], format: "cambium_plan"),
    Command(arguments: ["run", "m.json"], format: "cambium_run"),
    Command(arguments: ["run", "m.json", "--until", "graft"], format: "cambium_run"),
    Command(arguments: ["status", "m.json"], format: "cambium_status"),
    Command(arguments: ["verify", "package"], format: "cambium_verification_report"),
    Command(arguments: ["audit", "package"], format: "cambium_audit_query"),
    Command(arguments: ["audit", "package", "--role", "norm", "--sort", "bytes"], format: "cambium_audit_query"),
    Command(arguments: ["pipelines"], format: "cambium_pipelines"),
    Command(arguments: ["clean", "m.json"], format: "cambium_clean"),
    Command(arguments: ["diff", "package", "package"], format: "cambium_diff"),
    Command(arguments: ["diff", Demo.trunk, Demo.donor], format: "cambium_diff", status: 1),
  ]) func `each result is one document`(command: Command) throws {
    let folder = try finished()
    let outcome = try CambiumProcess.run(command.arguments + ["--json"], in: folder.path)
    #expect(outcome.end == .exit(command.status), "\(outcome.summary)")
    let json = try document(outcome.out)
    #expect(json[command.format] != nil, "\(outcome.out.prefix(300))")
    #expect(outcome.out.hasSuffix("}\n"))
  }

  @Test(arguments: [
    Command(arguments: ["init", "nowhere", "--manifest", "new.json"], format: "E_", status: 66),
    Command(arguments: ["inspect", "nowhere"], format: "E_", status: 66),
    Command(arguments: ["plan", "nowhere.json"], format: "E_MANIFEST_MISSING", status: 66),
    Command(arguments: ["run", "nowhere.json"], format: "E_MANIFEST_MISSING", status: 66),
    Command(arguments: ["run", "m.json", "--locked"], format: "E_LOCK_MISSING", status: 66),
    Command(arguments: ["run", "m.json", "--memory", "1"], format: "E_MEMORY_BUDGET", status: 64),
    Command(arguments: ["status", "nowhere.json"], format: "E_MANIFEST_MISSING", status: 66),
    Command(arguments: ["verify", Demo.trunk], format: "E_PACKAGE_FORM", status: 65),
    Command(arguments: ["audit", "nowhere"], format: "E_FILE_MISSING", status: 66),
    Command(arguments: ["diff", "package", "nowhere"], format: "E_", status: 66),
    Command(arguments: ["run"], format: "E_USAGE", status: 64),
    Command(arguments: ["run", "m.json", "--threads", "0"], format: "E_USAGE", status: 64),
    Command(arguments: ["audit", "package", "--role", "nose"], format: "E_USAGE", status: 64),
    Command(arguments: ["bogus"], format: "E_USAGE", status: 64),
  ]) func `each failure is one document`(command: Command) throws {
    let folder = try finished()
    let outcome = try CambiumProcess.run(command.arguments + ["--json"], in: folder.path)
    #expect(outcome.end == .exit(command.status), "\(outcome.summary)")
    let error = try #require(try document(outcome.out)["error"])
    #expect(error["code"]?.stringValue?.hasPrefix(command.format) == true, "\(outcome.out)")
    #expect(error["summary"]?.stringValue?.isEmpty == false)
    #expect(error["exit"]?.intValue == Int(command.status))
    #expect(error["next"]?.stringValue?.isEmpty == false, "\(outcome.out)")
    #expect(!outcome.err.isEmpty)
  }

  @Test(arguments: [
    Command(arguments: ["check", "nowhere"], format: "E_SOURCE_MISSING", status: 66),
    Command(arguments: ["tokenize", "nowhere", "x"], format: "E_TOKENIZER_MISSING_FILE", status: 66),
    Command(arguments: ["generate", "nowhere"], format: "E_USAGE", status: 64),
    Command(
      arguments: ["trace", "nowhere", "--ids", "1", "--output", "x", "--threads", "0"], format: "E_USAGE", status: 64),
    Command(arguments: ["bogus"], format: "E_USAGE", status: 64),
  ]) func `each failure of the runner is one document`(command: Command) throws {
    let outcome = try CambiumProcess.run(command.arguments + ["--json"], program: "verify-runner")
    #expect(outcome.end == .exit(command.status), "\(outcome.summary)")
    let error = try #require(try document(outcome.out)["error"])
    #expect(error["code"]?.stringValue == command.format, "\(outcome.out)")
    #expect(error["exit"]?.intValue == Int(command.status))
    #expect(!outcome.err.isEmpty)
  }

  /// It is an argument there.
  @Test func `what follows the end of the options asks for no document`() throws {
    let outcome = try CambiumProcess.run(["inspect", "nowhere", "--", "--json"])
    #expect(outcome.end == .exit(64) && outcome.out.isEmpty, "\(outcome.summary)")
  }

  @Test func `the run's document says what the text says`() throws {
    let folder = try finished()
    let json = try document(try runDemo(folder, ["--json"]).out)
    #expect(json["done"]?.arrayValue?.compactMap(\.stringValue) == RerunTests.stages)
    #expect(json["package_bytes"]?.intValue == 8_541_592)
    #expect(json["head_tensors"]?.intValue == 15)
    let sums = SHA256.hash(data: Data(folder.text("out/SHA256SUMS").utf8))
    #expect(json["sums_sha256"]?.stringValue == sums.map { String(format: "%02x", $0) }.joined())
    #expect(json["acceptance"]?.arrayValue?.map { $0["depth"]?.intValue } == [1])
    #expect(json["output"]?.stringValue == folder["out"])
    let again = try document(try runDemo(folder, ["--json"]).out)
    #expect(again["reused"]?.arrayValue?.compactMap(\.stringValue) == RerunTests.stages)
    #expect(again["done"]?.arrayValue?.isEmpty == true)
    #expect(again["mean_cosine"] == json["mean_cosine"])
  }
}
