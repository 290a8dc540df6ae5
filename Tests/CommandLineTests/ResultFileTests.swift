import TestSupport
import Crypto
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Cases 06 and B1: an output option replaces a result of its own kind and nothing else.
@Suite struct ResultFileTests {
  struct Output: Sendable, CustomTestStringConvertible {
    let program: String
    let arguments: [String]
    /// What is written with this argument.
    let written: @Sendable (String) -> String
    var testDescription: String { arguments.prefix(2).joined(separator: " ") }
  }

  static let outputs = [
    Output(program: "cambium", arguments: ["sign", "out", "--key", "key.pem", "--signature"], written: { $0 }),
    Output(program: "cambium", arguments: ["package", "out", "--archive", "--output"], written: { $0 }),
    Output(program: "cambium", arguments: ["audit", "out", "--html"], written: { $0 }),
    Output(program: "verify-runner", arguments: bench + ["--csv"], written: { $0 }),
    Output(program: "verify-runner", arguments: bench + ["--plot"], written: { $0 }),
    Output(
      program: "verify-runner", arguments: ["trace", "out", "--ids", "1 2 3", "--limit", "1", "--output"],
      written: { $0 + ".json" }),
  ]

  private static let bench = [
    "bench", "out", "--random-ids", "2", "--limit", "1", "--repetitions", "1", "--per-class", "1", "--decoders",
    "vanilla", "--quiet",
  ]

  private func folder() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    try folder.write(P256.Signing.PrivateKey().pemRepresentation, to: "key.pem")
    return folder
  }

  private func run(_ output: Output, _ target: String, _ folder: ScratchFolder, _ more: [String] = []) throws
    -> CambiumProcess.Outcome
  {
    try CambiumProcess.run(output.arguments + [target] + more, program: output.program, in: folder.path)
  }

  @Test(arguments: outputs)
  func
    `06 a document stays until --force, a result of the same kind is made anew, and a key, an input and a package stay whatever is said`(
      _ output: Output
    ) throws
  {
    let folder = try folder()
    let package = folder.stamps("out")
    let file = output.written("result")
    try folder.write("three years", to: file)
    let refused = try run(output, "result", folder)
    #expect(refused.end == .exit(74) && refused.err.contains("E_RESULT_EXISTS"), "\(refused.summary)")
    #expect(folder.text(file) == "three years")
    let forced = try run(output, "result", folder, ["--force"])
    #expect(forced.isSuccess, "\(forced.summary)")
    #expect(folder.text(file) != "three years")
    let again = try run(output, "result", folder)
    #expect(again.isSuccess, "\(again.summary)")

    let key = folder.text("key.pem")
    try folder.write(key, to: output.written("other"))
    for target in ["other", "out/result", "out/config"] {
      let outcome = try run(output, target, folder, ["--force"])
      #expect(outcome.end == .exit(74) && outcome.err.contains("E_RESULT_PLACE"), "\(target): \(outcome.summary)")
    }
    #expect(folder.text(output.written("other")) == key)
    #expect(folder.stamps("out") == package)
  }

  @Test(arguments: outputs) func `D a path with a slash behind it is no file's, whether its folder is there or not`(
    _ output: Output
  ) throws {
    let folder = try folder()
    try folder.makeFolder("there")
    for target in ["result/", "there/"] {
      let outcome = try run(output, target, folder)
      #expect(outcome.end == .exit(64) && outcome.err.contains("a folder's path"), "\(outcome.summary)")
    }
    #expect(try !folder.exists("result") && FileManager.default.contentsOfDirectory(atPath: folder["there"]) == [])
  }

  @Test func `06 a signature never replaces its key`() throws {
    let folder = try folder()
    let key = folder.text("key.pem")
    let outcome = try run(ResultFileTests.outputs[0], "key.pem", folder, ["--force"])
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_RESULT_PLACE"), "\(outcome.summary)")
    #expect(folder.text("key.pem") == key)
    #expect(try CambiumProcess.run(["sign", "out", "--key", "key.pem"], in: folder.path).isSuccess)
    // Once more: the one in the package is a signature.
    #expect(try CambiumProcess.run(["sign", "out", "--key", "key.pem"], in: folder.path).isSuccess)
  }

  @Test(arguments: outputs.dropLast()) func `B1 a pipe is written into and stays a pipe`(_ output: Output) throws {
    let folder = try folder()
    #expect(mkfifo(folder["pipe"], 0o600) == 0)
    // Open for both, so that nobody waits for the other.
    let pipe = open(folder["pipe"], O_RDWR)
    defer { close(pipe) }
    let end = Array("the end".utf8)
    let thread = Thread {
      // An archive is more than a pipe holds.
      var last: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while last != end {
        let count = read(pipe, &buffer, buffer.count)
        guard count > 0 else { return }
        last = (last + buffer[..<count]).suffix(end.count)
      }
    }
    thread.start()
    let outcome = try CambiumProcess.run(output.arguments + ["pipe"], program: output.program, in: folder.path)
    #expect(write(pipe, end, end.count) == end.count)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(FileStamp.mode(folder["pipe"]).map { $0 & S_IFMT } == S_IFIFO)
  }

  @Test func `D4 what a killed archive leaves goes with the next`() throws {
    let folder = try folder()
    let arguments = ["package", "out", "--archive", "--output", "модель.tar.zst"]
    let killed = try CambiumProcess.run(arguments, in: folder.path, environment: ["CAMBIUM_CRASH_AT": "write:3"])
    #expect(killed.end == .signal(SIGKILL))
    #expect(!folder.leftovers.isEmpty)
    #expect(try CambiumProcess.run(arguments, in: folder.path).isSuccess)
    #expect(folder.leftovers == [])
  }

  @Test func `a manifest whose name is not ASCII is converted`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, name: "модель.json")
    let outcome = try CambiumProcess.run(["run", "модель.json"], in: folder.path)
    #expect(outcome.isSuccess, "\(outcome.summary)")
  }
}
