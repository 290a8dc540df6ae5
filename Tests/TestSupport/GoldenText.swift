import Foundation
import Testing

/// Texts that were looked at once and must not change by accident, as files. `CAMBIUM_UPDATE_GOLDEN=1` writes them anew.
package struct GoldenText: Sendable {
  private let folder: String

  /// - Parameter target: The test target whose folder `Golden` holds the files.
  package init(of target: String) { folder = Repository.tests(target) + "/Golden/" }

  private static let isUpdating = ProcessInfo.processInfo.environment["CAMBIUM_UPDATE_GOLDEN"] == "1"

  /// Expects a text to be that of the file of this name.
  package func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(fileURLWithPath: folder + name)
    if GoldenText.isUpdating {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      return try Data(text.utf8).write(to: file)
    }
    guard let golden = FileManager.default.contents(atPath: file.path) else {
      Issue.record("no golden text \(name): write it with CAMBIUM_UPDATE_GOLDEN=1", sourceLocation: sourceLocation)
      return
    }
    #expect(
      text == String(decoding: golden, as: UTF8.self), "differs from Golden/\(name)", sourceLocation: sourceLocation)
  }
}
