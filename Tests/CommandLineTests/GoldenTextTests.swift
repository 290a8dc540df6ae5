import Foundation
import Testing

/// What people read and scripts depend on: help texts and the texts of results, held against files under `Golden/`.
/// `CAMBIUM_UPDATE_GOLDEN=1` writes the files anew.
@Suite struct GoldenTextTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Golden")

  private func expectGolden(_ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let url = GoldenTextTests.folder.appendingPathComponent(name + ".txt")
    if ProcessInfo.processInfo.environment["CAMBIUM_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let golden = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    #expect(text == golden, sourceLocation: sourceLocation)
  }

  private func run(_ arguments: [String], in folder: ScratchFolder) throws -> String {
    let outcome = try CambiumProcess.run(arguments, in: folder.path, environment: ["COLUMNS": "80"])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    return outcome.out.replacingOccurrences(of: folder.path, with: "FOLDER").replacingOccurrences(
      of: Product.root, with: "ROOT")
  }

  @Test(arguments: ["", "init", "inspect", "plan", "run", "status", "verify", "audit", "diff", "sign"])
  func theHelpText(command: String) throws {
    let folder = try ScratchFolder()
    let text = try run(command.isEmpty ? ["--help"] : [command, "--help"], in: folder)
    // As many threads as the machine has processors.
    let stable = text.replacing(/(?<threads>\(default:) [0-9]+\)/) { "\($0.output.threads) PROCESSORS)" }
    try expectGolden("help" + (command.isEmpty ? "" : "-" + command), stable)
    #expect(!text.contains("ByteCount"), "a type of the program in its help")
    #expect(text.contains("Example"))
  }

  @Test(arguments: ["zsh", "bash", "fish"]) func completionsAreMade(shell: String) throws {
    let text = try run(["--generate-completion-script", shell], in: ScratchFolder())
    for word in ["init", "inspect", "plan", "run", "status", "verify", "audit", "diff", "sign", "dry-run", "memory"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func theTextOfARun() throws { try expectGolden("run", try Demo.reference.get().run) }

  @Test func theTextOfAPlan() throws { try expectGolden("plan", try run(["plan", "m.json"], in: Demo.folder())) }

  @Test func theTextOfAPlanWithTensors() throws {
    let text = try run(["plan", "m.json", "--tensors"], in: Demo.folder())
    try expectGolden("plan-tensors", firstLines(30, text))
  }

  @Test func theTextOfAnInspection() throws {
    let folder = try ScratchFolder()
    try expectGolden("inspect", try run(["inspect", Demo.trunk], in: folder))
    try expectGolden("inspect-donor", try run(["inspect", Demo.donor], in: folder))
  }

  @Test func theTextOfAnAudit() throws {
    let text = try run(["audit", Demo.reference.get().path], in: ScratchFolder())
    try expectGolden("audit", firstLines(20, text))
    #expect(text.hasSuffix("180 of 180 tensors\n"))
  }

  @Test func theTextOfAVerification() throws {
    try expectGolden("verify", try run(["verify", Demo.reference.get().path], in: ScratchFolder()))
  }

  @Test func theTextOfAStatus() throws {
    let folder = try Demo.folder()
    try expectGolden("status-before", try run(["status", "m.json"], in: folder))
    #expect(try runDemo(folder, ["--until", "quantize"]).isSuccess)
    // Receipts depend on the version of the tool.
    let text = try run(["status", "m.json"], in: folder).replacing(/receipt [0-9a-f]{16}/, with: "receipt KEY")
    try expectGolden("status-quantized", text)
  }

  private func firstLines(_ count: Int, _ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).prefix(count).joined(separator: "\n") + "\n"
  }
}
