import Foundation
import Testing

/// Texts that were looked at once and must not change by accident. `CAMBIUM_UPDATE_GOLDEN=1` writes them anew.
enum Golden {
  static var isUpdating: Bool { ProcessInfo.processInfo.environment["CAMBIUM_UPDATE_GOLDEN"] == "1" }

  static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let path = Repository.golden + "/" + name
    if isUpdating {
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try writeBytes(Array((text + "\n").utf8), path)
      return
    }
    guard let wanted = try? readText(path) else {
      Issue.record("no golden text \(name): write it with CAMBIUM_UPDATE_GOLDEN=1", sourceLocation: sourceLocation)
      return
    }
    #expect(text + "\n" == wanted, "differs from Golden/\(name)", sourceLocation: sourceLocation)
  }
}
