import TestSupport
import Testing

/// Texts that were looked at once and must not change by accident, as files under `Golden/`.
enum Golden {
  private static let texts = GoldenText(of: "ConversionTests")

  static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try texts.expect(text + "\n", name, sourceLocation: sourceLocation)
  }
}
