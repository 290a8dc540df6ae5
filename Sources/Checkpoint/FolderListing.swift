import Files
import StrictJSON
import SystemPackage

/// The files of a folder, in byte order. Links must stay beneath the folder (or the model's folder in the hub cache).
package struct FolderListing: Sendable {
  /// Names of the files, in byte order.
  package let files: [String]
  /// The names that are in the folder itself: of a model whose weights are elsewhere not all are.
  fileprivate let here: Set<String>
  /// Files of the folder `mtp` in it, where some tools put the head: `mtp/…`.
  let nestedHead: [String]
  /// What is there, in words for a message.
  package let summary: String
  /// What is there under a name and is no file: links that lead to nothing, or to where this user must not look, and
  /// folders. An error for those names alone
  /// that are needed.
  private let unusable: [(name: String, error: FileError)]

  static let headFolder = "mtp"
  /// How the text begins that Git keeps in place of a large file.
  fileprivate static let pointer = Array("version https://git-lfs".utf8)

  /// - Parameters:
  ///   - path: The folder.
  ///   - root: A folder beneath which links may point, instead of the model's own.
  ///   - elsewhere: Names of the model's files that need not be in the folder.
  /// - Throws: ``CheckpointError/linkEscapes(path:target:)``, `FileError`.
  package init(_ path: FilePath, linksBeneath root: FilePath? = nil, elsewhere: [String] = []) throws {
    let root = root?.resolvingLinks ?? FolderListing.root(of: path)
    let found = try FolderListing.files(in: path, root: root)
    let below = path.appending(FolderListing.headFolder)
    var unusable = found.unusable
    var nested: [String] = []
    if try below.isFolder {
      let prefix = FolderListing.headFolder + "/"
      let (names, others) = try FolderListing.files(in: below, root: root)
      nested = names.filter { $0.hasBytes(atEnd: ".safetensors") || $0 == "manifest.json" }.map { prefix + $0 }
      for other in others { unusable.append((prefix + other.name, other.error)) }
    }
    here = Set(found.files)
    files = FolderListing.joined(found.files, elsewhere.filter { !$0.contains("/") && !$0.hasPrefix(".") })
    self.unusable = unusable
    nestedHead = FolderListing.joined(
      nested, elsewhere.filter(FolderListing.isNestedHead))
    summary =
      files.isEmpty ? "an empty folder" : files.prefix(8).joined(separator: ", ") + (files.count > 8 ? ", …" : "")
  }

  /// Whether a name is that of a file in the folder of a head, and not in one beneath it.
  static func isNestedHead(_ name: String) -> Bool {
    let prefix = FolderListing.headFolder + "/"
    return name.hasPrefix(prefix) && !name.dropFirst(prefix.count).contains("/")
  }

  /// Names from two places in byte order, each once.
  private static func joined(_ some: [String], _ others: [String]) -> [String] {
    guard !others.isEmpty else { return some }
    let there = Set(some)
    return (some + others.filter { !there.contains($0) }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Refuses a name that is needed and leads to no file: of a model that was fetched in part, what is missing would be
  /// left out of the package in silence.
  /// - Throws: `FileError.linkBroken`, `FileError.notRegular`.
  package func require(_ isNeeded: (String) -> Bool) throws(FileError) {
    if let first = unusable.first(where: { isNeeded($0.name) }) { throw first.error }
  }

  /// The error of a folder without weights: what is there, and which folders in it hold a model, as trainers leave them.
  func noSafetensors(_ path: FilePath) -> CheckpointError {
    let folders = unusable.compactMap { entry -> String? in
      guard case .notRegular = entry.error, !entry.name.hasBytes(anywhere: "/") else { return nil }
      return entry.name
    }
    let beneath = folders.filter { folder in
      guard let names = try? namesInFolder(path.appending(folder)), names.contains("config.json") else { return false }
      return names.contains { $0.hasBytes(atEnd: ".safetensors") }
    }
    let named = folders.prefix(8).map { $0 + "/" }.joined(separator: ", ") + (folders.count > 8 ? ", …" : "")
    let found = folders.isEmpty ? summary : files.isEmpty ? named : summary + ", " + named
    return .noSafetensors(path: path, found: found, beneath: Array(beneath.prefix(8)))
  }

  /// What every use of a model folder reads.
  static func isWeightsOrConfiguration(_ name: String) -> Bool {
    ["config.json", WeightIndex.name, headFolder, headFolder + "/manifest.json", ModelOptFile.name].contains(name)
      || name.hasBytes(atEnd: ".safetensors")
  }

  private static func files(
    in path: FilePath, root: FilePath
  ) throws -> (files: [String], unusable: [(name: String, error: FileError)]) {
    var files: [String] = []
    var unusable: [(name: String, error: FileError)] = []
    for name in try namesInFolder(path) where !name.hasPrefix(".") {
      let full = path.appending(name)
      let (isFolder, isThere): (Bool, Bool)
      do throws(FileError) {
        (isFolder, isThere) = (try full.isFolder, try full.exists)
      } catch {
        unusable.append((name, error))
        continue
      }
      if isFolder {
        // Licences, too, come in folders.
        guard name != headFolder, !Sidecars.isLegal(name) else { continue }
        unusable.append((name, .notRegular(path: full, found: "a folder")))
      } else if isThere {
        let target = full.resolvingLinks
        guard target.starts(with: root) else { throw CheckpointError.linkEscapes(path: full, target: target) }
        files.append(name)
      } else if let broken = FileError.brokenLink(full) {
        unusable.append((name, broken))
      }
    }
    return (files, unusable)
  }

  /// The folder beneath which links may point: the folder itself, or `models--org--name` of a hub cache.
  private static func root(of path: FilePath) -> FilePath {
    let real = path.resolvingLinks
    let parent = real.folder
    let repository = parent.folder
    return parent.name == "snapshots" && repository.name.hasPrefix("models--") ? repository : real
  }
}

extension CheckpointFolder {
  /// Refuses a source in which a file that travels into the package is a link to nothing, or a folder; or is a pointer
  /// to a file that Git LFS was to fetch: a tokenizer, often; or is to be JSON and is not: it would be copied as it is,
  /// and no reader could load what is published.
  /// - Throws: `FileError.linkBroken`, `FileError.notRegular`, ``CheckpointError/lfsPointer(path:)``, `JSONError`.
  package func requireSidecars() throws {
    try listing.require(Sidecars.isUsed)
    for name in listing.files where Sidecars.isUsed(name) && listing.here.contains(name) {
      let file = path.appending(name)
      let open = try ReadOnlyFile(path: file)
      let start = try open.readBytes(count: min(open.size, FolderListing.pointer.count), at: 0)
      guard start != FolderListing.pointer else { throw CheckpointError.lfsPointer(path: file) }
      // What is larger is no tokenizer, and is refused, or read, where it is needed.
      guard Sidecars.isJSON(name), open.size <= Sidecars.mostText else { continue }
      try CheckpointFolder.requireJSON(content(of: name, limit: Sidecars.mostText), file)
    }
  }

  /// Refuses what no reader takes for JSON: a text that breaks off, a byte order mark, bytes that are not UTF-8. What
  /// Python reads and a stricter reader does not (NaN, a key twice, half of a surrogate pair) is copied as it is.
  private static func requireJSON(_ bytes: [UInt8], _ file: FilePath) throws(JSONError) {
    do throws(JSONError) {
      var reader = try JSONReader(bytes, file: file.string)
      while try reader.next() != nil {}
    } catch {
      switch error {
      case .syntax, .utf8: throw error
      default: return
      }
    }
  }

  /// The same as ``requireSidecars()``, for a donor: of the files beside its weights only the card is read.
  package func requireCard() throws(FileError) { try listing.require { $0 == Sidecars.card } }
}
