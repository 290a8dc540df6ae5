import Diagnostics
import Files

/// The names in an archive as they come: beneath one folder, in the order of their bytes, so that none comes twice.
struct ArchiveNames {
  /// More files than any package has.
  static let mostFiles = 100_000

  let archive: String
  /// The folder, once there is a name.
  private(set) var top: String?
  private var last: String?
  private var count = 0

  init(archive: String) { self.archive = archive }

  /// The next name.
  /// - Returns: what it is beneath the folder.
  /// - Throws: ``ArchiveError/name(file:name:reason:)``, ``ArchiveError/form(file:expected:found:)``.
  mutating func take(_ name: String) throws -> String {
    let (top, rest) = try ArchiveNames.split(name, archive: archive)
    guard self.top == nil || self.top?.utf8.elementsEqual(top.utf8) == true else {
      throw refuse(name, "beneath another folder")
    }
    self.top = top
    if let last, !last.utf8.lexicographicallyPrecedes(rest.utf8) { throw refuse(name, "not behind \(last)") }
    last = rest
    count += 1
    guard count <= ArchiveNames.mostFiles else {
      throw ArchiveError.form(file: archive, expected: "at most \(ArchiveNames.mostFiles) files", found: "more")
    }
    return rest
  }

  private func refuse(_ name: String, _ reason: String) -> ArchiveError {
    .name(file: archive, name: name.escapingControls, reason: reason)
  }

  /// The folder and the rest of a name that leads nowhere else.
  private static func split(_ name: String, archive: String) throws -> (top: String, rest: String) {
    let slash = UInt8(ascii: "/")
    let parts = name.utf8.split(separator: slash, maxSplits: 1, omittingEmptySubsequences: false)
    guard isSafeRelativePath(name), parts.count == 2 else {
      throw ArchiveError.name(file: archive, name: name.escapingControls, reason: "not a path beneath a folder")
    }
    guard name.utf8.count <= 4096, name.utf8.split(separator: slash).allSatisfy({ $0.count <= 255 }) else {
      throw ArchiveError.name(file: archive, name: String(name.prefix(80)).escapingControls, reason: "too long")
    }
    return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
  }
}
