import TestSupport
import Testing

/// Texts that people read and scripts depend on, as files under `Golden/`.
enum Golden {
  static let folder = Repository.tests("CommandLineTests") + "/Golden"
  private static let texts = GoldenText(of: "CommandLineTests")

  static func expect(_ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try texts.expect(text, name + ".txt", sourceLocation: sourceLocation)
  }
}
