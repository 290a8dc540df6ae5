import Foundation
import Testing

/// Texts that people read and scripts depend on, as files under `Golden/`. `CAMBIUM_UPDATE_GOLDEN=1` writes them anew.
enum Golden {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

  static func expect(_ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let url = folder.appendingPathComponent(name + ".txt")
    if ProcessInfo.processInfo.environment["CAMBIUM_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let golden = (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) }
    #expect(text == golden, "\(name)", sourceLocation: sourceLocation)
  }
}
