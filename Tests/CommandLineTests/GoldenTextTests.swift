import TestSupport
import Foundation
import Testing

/// The texts of results, held against files under `Golden/`.
@Suite struct GoldenTextTests {
  private func run(_ arguments: [String], in folder: ScratchFolder) throws -> String {
    let outcome = try CambiumProcess.run(arguments, in: folder.path, environment: ["COLUMNS": "80"])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    return outcome.out.replacingOccurrences(of: folder.path, with: "FOLDER").replacingOccurrences(
      of: Repository.root, with: "ROOT")
  }

  @Test(arguments: ["zsh", "bash", "fish"]) func `completions are made`(shell: String) throws {
    let text = try run(["--generate-completion-script", shell], in: ScratchFolder())
    for word in ["init", "inspect", "plan", "run", "status", "verify", "audit", "diff", "sign", "dry-run", "memory"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func `the text of a run`() throws { try Golden.expect("run", try Demo.reference.get().run) }

  @Test func `the text of a plan`() throws {
    try Golden.expect("plan", try run(["plan", "m.json"], in: Demo.folder()))
  }

  @Test func `the text of a plan with tensors`() throws {
    let text = try run(["plan", "m.json", "--tensors"], in: Demo.folder())
    try Golden.expect("plan-tensors", firstLines(30, text))
  }

  @Test func `the text of an inspection`() throws {
    let folder = try ScratchFolder()
    try Golden.expect("inspect", try run(["inspect", Demo.trunk], in: folder))
    try Golden.expect("inspect-donor", try run(["inspect", Demo.donor], in: folder))
  }

  @Test func `the text of an audit`() throws {
    let text = try run(["audit", Demo.reference.get().path], in: ScratchFolder())
    try Golden.expect("audit", firstLines(20, text))
    #expect(text.hasSuffix("180 of 180 tensors\n"))
  }

  @Test func `the text of a verification`() throws {
    try Golden.expect("verify", try run(["verify", Demo.reference.get().path], in: ScratchFolder()))
  }

  @Test func `the text of a status`() throws {
    let folder = try Demo.folder()
    try Golden.expect("status-before", try run(["status", "m.json"], in: folder))
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    // Receipts depend on the version of the tool.
    let text = try run(["status", "m.json"], in: folder).replacing(/receipt [0-9a-f]{16}/, with: "receipt KEY")
    try Golden.expect("status-quantized", text)
  }

  private func firstLines(_ count: Int, _ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).prefix(count).joined(separator: "\n") + "\n"
  }
}
