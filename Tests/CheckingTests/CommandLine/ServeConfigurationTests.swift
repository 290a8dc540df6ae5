import Foundation
import TestSupport
import Testing

@Suite struct ServeConfigurationTests {
  /// The options of `serve` by its own help, without their dashes.
  private func options() throws -> [String] {
    let help = try RunnerProcess.run(["serve", "--help"], environment: ["COLUMNS": "80"]).out
    return help.matches(of: /(?m)^  --(?<name>[a-z-]+)/).map { String($0.output.name) }
  }

  @Test func `every option may stand in the configuration file, but for the file itself`() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("serve-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let options = try options()
    #expect(options.count > 30)
    for option in options where !["config", "version"].contains(option) {
      // No option has such a value: only one that is known is refused for it. No model is opened before.
      try Data("{\"\(option)\": [{}]}".utf8).write(to: file)
      let outcome = try RunnerProcess.run(["serve", "/nowhere", "--config", file.path])
      #expect(outcome.err.contains("E_JSON_TYPE"), "\(option): \(outcome.err)")
    }
    try Data("{\"config\": {}}".utf8).write(to: file)
    #expect(
      try RunnerProcess.run(["serve", "/nowhere", "--config", file.path]).err.contains("E_JSON_UNKNOWN_FIELD"))
  }
}
