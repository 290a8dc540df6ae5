import Digests
import Files
import Planning
import SystemPackage

/// Which packages a work folder has published, by the digests of their `SHA256SUMS`, and under which manifest's name.
///
/// No path is in it: a project that was moved, copied, linked or restored knows its packages again. Written before a
/// package gets its name, so that a run killed on the way knows its own output.
struct Ownership {
  private let file: FilePath
  /// Digest of the manifest's file name: two manifests with one work folder do not own each other's packages.
  private let mark: String
  /// Digest of the manifest itself.
  private let manifest: String

  /// The list's name in the folder of the package stage.
  static let fileName = "published"
  private static let version = "cambium-published 2"
  /// Packages that are remembered.
  private static let most = 64

  init(work: FilePath, _ resolution: Resolution) {
    file = work.appending(StageName.package.rawValue).appending(Ownership.fileName)
    let name = resolution.manifest.path.name
    mark = SHA256Digest.of(Array(name.utf8)).hex
    manifest = resolution.manifest.digest.hex
  }

  /// Whether a package is the result of this manifest, or of an earlier text of it in this work folder.
  /// - Throws: `FileError` when the list is there and cannot be read.
  func covers(_ package: PlacedPackage) throws -> Bool {
    try isExact(package) || published().contains(package.sums.hex)
  }

  /// Whether a package was made with this very manifest.
  func isExact(_ package: PlacedPackage) -> Bool { package.manifest == manifest }

  /// Notes that a package is published from here.
  func claim(_ sums: SHA256Digest) throws {
    let known = try published()
    guard !known.contains(sums.hex) else { return }
    let lines = [Ownership.version, mark] + known.suffix(Ownership.most - 1) + [sums.hex]
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: file)
  }

  /// Digests of packages that this manifest has published from here. A list of an earlier version begins with a path,
  /// and does not say which manifest it was.
  private func published() throws(FileError) -> [String] {
    guard let bytes = try contentIfThere({ () throws(FileError) in try readSmallFile(file, limit: 1 << 20) }) else {
      return []
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    if lines.first?.utf8.first == UInt8(ascii: "/") { return Array(lines.dropFirst()) }
    guard lines.count > 2, lines[0] == Ownership.version, lines[1] == mark else { return [] }
    return Array(lines.dropFirst(2))
  }
}
