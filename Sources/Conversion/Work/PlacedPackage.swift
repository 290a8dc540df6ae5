import Audit
import Digests
import Files
import Foundation
import Planning
import StrictJSON
import SystemPackage

/// A package that is somewhere, compared with its own list and provenance: whoever moved, copied or restored it, it is
/// what it was as long as its bytes are.
struct PlacedPackage {
  let path: FilePath
  /// Digest of its `SHA256SUMS`: it represents the package.
  let sums: SHA256Digest
  /// Digest of the manifest that it was made with, as its provenance says; nil when that cannot be read.
  let manifest: String?
  private let listed: [[UInt8]: SHA256Digest]
  /// Files of the list that its provenance knows otherwise, or not: a list can be made anew by anybody who edits a file.
  private let disowned: [String]

  /// Nil when the folder is no package that cambium published: without a list, or without its provenance.
  init?(_ path: FilePath) throws {
    guard try Folder.isFolder(path),
      let bytes = try PlacedPackage.content(path.appending(PackageFiles.sums), limit: 16 << 20),
      let listed = PlacedPackage.parse(bytes)
    else { return nil }
    let file = path.appending(PackageFiles.provenance)
    let statement = try PlacedPackage.content(file, limit: 64 << 20).flatMap {
      try? JSONValue.parse($0, file: file.string)
    }
    let definition = statement?["predicate"]?["buildDefinition"]
    guard definition?["buildType"]?.stringValue == Provenance.buildType else { return nil }
    self.path = path
    self.listed = listed
    sums = SHA256Digest.of(bytes)
    disowned = PlacedPackage.disowned(listed, statement?["subject"]?.arrayValue ?? [])
    manifest = definition?["externalParameters"]?["manifest"]?["sha256"]?.stringValue
  }

  private static func disowned(_ listed: [[UInt8]: SHA256Digest], _ subjects: [JSONValue]) -> [String] {
    var known: [[UInt8]: String] = [:]
    for subject in subjects {
      guard let name = subject["name"]?.stringValue else { continue }
      known[Array(name.utf8)] = subject["digest"]?["sha256"]?.stringValue
    }
    return listed.filter { $0.key != Array(PackageFiles.provenance.utf8) && known[$0.key] != $0.value.hex }
      .map { String(decoding: $0.key, as: UTF8.self) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What is in a folder that a killed run left, and what of it is nothing that a run puts there: its list is written first
  /// and removed last, and every other file is whole or in the making. Reads every byte.
  static func leftover(_ path: FilePath) throws -> (tree: [Folder.Entry], foreign: [String]) {
    // Read before anything else: what is written meanwhile has another identity.
    let tree = try Folder.tree(path, atMost: 1 << 20)
    return (tree, try foreign(tree, inLeftover: path))
  }

  private static func foreign(_ tree: [Folder.Entry], inLeftover path: FilePath) throws -> [String] {
    let listed = try content(path.appending(PackageFiles.sums), limit: 16 << 20).flatMap(parse) ?? [:]
    return try tree.compactMap { entry in
      let name = String(validating: entry.name, as: UTF8.self)
      if let name, entry.identity != nil {
        let file = path.appending(name)
        if name == PackageFiles.sums && !listed.isEmpty || AtomicFile.isTemporary(file) { return nil }
        if let digest = listed[entry.name], try digestOfFile(atPath: file).digest == digest { return nil }
      }
      // A folder of the package's own, not yet filled or already empty.
      if entry.identity == nil, listed.keys.contains(where: { $0.starts(with: entry.name + [UInt8(ascii: "/")]) }),
        try linkStatus(path.appending(bytes: entry.name))?.type == S_IFDIR
      {
        return nil
      }
      return String(decoding: entry.name, as: UTF8.self)
    }
  }

  private static func content(_ path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try contentIfThere { () throws(FileError) in try readSmallFile(path, limit: limit) }
  }

  /// `<64 digits>  <name>` a line, the names as bytes, each once.
  private static func parse(_ bytes: [UInt8]) -> [[UInt8]: SHA256Digest]? {
    var listed: [[UInt8]: SHA256Digest] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let name = Array(line.dropFirst(66))
      guard !name.isEmpty, line.dropFirst(64).prefix(2).elementsEqual("  ".utf8), listed[name] == nil,
        let digest = SHA256Digest(hex: String(decoding: line.prefix(64), as: UTF8.self))
      else { return nil }
      listed[name] = digest
    }
    return listed
  }

  /// Files of a package that is as it was published: those of the list, and the list.
  var count: Int { listed.count + 1 }

  /// What is in the folder and in no list: the user's.
  func strangers(_ tree: [Folder.Entry]) -> [String] {
    tree.filter { $0.name != Array(PackageFiles.sums.utf8) && (listed[$0.name] == nil || $0.identity == nil) }
      .map { String(decoding: $0.name, as: UTF8.self) }
  }

  /// What is in the folder and is not as it was published, by its list and by its provenance. Reads every byte.
  func foreign(_ tree: [Folder.Entry]) throws -> [String] {
    var names = strangers(tree) + disowned
    for entry in tree where entry.identity != nil {
      guard let digest = listed[entry.name], let name = String(validating: entry.name, as: UTF8.self) else { continue }
      if try digestOfFile(atPath: path.appending(name)).digest != digest, !disowned.contains(name) {
        names.append(name)
      }
    }
    return names
  }
}
