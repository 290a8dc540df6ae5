import Diagnostics
import Files
import StrictJSON

/// The list of a repository's files, which comes in pages.
///
/// What it says becomes paths on this machine: it is read as if an enemy had written it.
struct TreeListing {
  private(set) var files: [HubFile] = []

  private static let mostPages = 1000
  private static let mostFiles = 100_000
  private static let mostPathBytes = 4096
  /// Whatever is added up of sizes, an `Int` counts.
  private static let mostBytes = 1 << 57

  /// - Throws: ``HubError``.
  init(_ name: HubName, commit: String, _ client: HubClient) throws {
    let path = "api/models/\(HubRepository.escaped(name.repository))/tree/\(commit)"
    let subject = HubClient.Subject(name: name)
    var query = "recursive=true"
    var queries: Set<String> = []
    var paths: Set<UTF8Name> = []
    while true {
      guard queries.insert(query).inserted, queries.count <= TreeListing.mostPages else {
        throw HubError.listing(
          name: name.description, expected: "at most \(TreeListing.mostPages) pages, each once",
          found: queries.count > TreeListing.mostPages ? "more" : "a page that leads to an earlier one")
      }
      let (answer, value) = try client.json(
        client.settings.address(path, query: query), subject, limit: 64 << 20, maxValues: 1 << 22)
      guard let entries = value.arrayValue else {
        throw HubError.answer(place: subject.place, expected: "a list of files", found: value.typeName)
      }
      for entry in entries where entry["type"]?.stringValue == "file" {
        let file = try TreeListing.file(entry, subject)
        guard paths.insert(UTF8Name(file.path)).inserted else {
          throw HubError.listing(name: name.description, expected: "every path once", found: "\(file.path) twice")
        }
        guard files.count < TreeListing.mostFiles else {
          throw HubError.listing(
            name: name.description, expected: "at most \(TreeListing.mostFiles) files", found: "more")
        }
        files.append(file)
      }
      // From the next page's address only the query is used: a mirror hands on the address of the hub that it mirrors.
      guard let next = answer.nextPage else { break }
      guard let following = answer.address.following(next)?.query else {
        throw HubError.answer(place: subject.place, expected: "the address of a next page", found: "another text")
      }
      query = following
    }
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try TreeListing.requireTogether(files, name)
  }

  private static func file(_ entry: JSONValue, _ subject: HubClient.Subject) throws(HubError) -> HubFile {
    func refused(_ expected: String, _ found: String) -> HubError {
      .listing(name: subject.place, expected: expected, found: found)
    }
    guard let path = entry["path"]?.stringValue else { throw refused("a path for every file", "none") }
    guard isSafe(path) else {
      throw refused("paths beneath the repository, in plain signs", String(path.prefix(200)))
    }
    let lfs = entry["lfs"].flatMap { $0.isNull ? nil : $0 }
    let size = lfs?["size"]?.intValue ?? entry["size"]?.intValue
    guard let size, size >= 0, size < 1 << 50 else {
      throw refused("a size for \(path)", (lfs?["size"] ?? entry["size"])?.typeName ?? "none")
    }
    let etag = lfs?["oid"]?.stringValue ?? entry["oid"]?.stringValue
    let digits = lfs == nil ? 40 : 64
    guard let etag, etag.utf8.count == digits, etag.isHexadecimal else {
      throw refused(
        "a digest of \(digits) hexadecimal digits for \(path)", etag.map { String($0.prefix(80)) } ?? "none")
    }
    return HubFile(path: path, size: size, etag: etag, blob: entry["oid"]?.stringValue ?? etag)
  }

  /// A list that was read before, checked by the same rules.
  /// - Throws: ``HubError/listing(name:expected:found:)``.
  static func checked(_ entries: [JSONValue], _ name: HubName) throws(HubError) -> [HubFile] {
    var files: [HubFile] = []
    for entry in entries { files.append(try file(entry, HubClient.Subject(name: name))) }
    guard Set(files.map { UTF8Name($0.path) }).count == files.count else {
      throw .listing(name: name.description, expected: "every path once", found: "one twice")
    }
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try requireTogether(files, name)
    return files
  }

  /// Whether a path can be written beneath a folder, on every system, without meaning anything else there.
  static func isSafe(_ path: String) -> Bool {
    guard !path.isEmpty, path.utf8.count <= mostPathBytes, isSafeRelativePath(path) else { return false }
    let parts = path.split(separator: "/")
    return path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
      && parts.allSatisfy { $0.utf8.count <= 255 }
      && path == path.escapingControls
  }

  /// Checks that the files can be written beside each other: `a` as a file and `a/b` as another cannot.
  private static func requireTogether(_ files: [HubFile], _ name: HubName) throws(HubError) {
    guard let total = CheckedSum(files.map(\.size)).value, total < mostBytes else {
      throw .listing(name: name.description, expected: "fewer than \(mostBytes) bytes in all files", found: "more")
    }
    let paths = Set(files.map { UTF8Name($0.path) })
    for file in files {
      var folder = file.path[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        guard !paths.contains(UTF8Name(String(folder))) else {
          throw .listing(
            name: name.description, expected: "paths that can stand beside each other",
            found: "\(folder) as a file and as a folder")
        }
      }
    }
  }
}
