import Digests
import Files
import Foundation
import Planning
import Workspace
import SystemPackage

/// The place of a package, and what may happen to the folder that is there: it is replaced when every file in it is
/// as cambium published it and the package is this manifest's, or when a person said so.
struct OutputPlace {
  let path: FilePath
  private let ownership: Ownership
  /// Whether a person said `--replace`.
  private let replaces: Bool
  /// What a run needs and must not lose.
  private let needed: [FilePath]

  init(_ resolution: Resolution, work: FilePath, replaces: Bool) {
    path = resolution.output
    ownership = Ownership(work: work, resolution)
    self.replaces = replaces
    needed = [
      resolution.source.path, resolution.donor?.path, resolution.drafter?.path, resolution.manifest.path, work,
    ].compactMap { $0 }
  }

  var isTaken: Bool { get throws { try linkStatus(path) != nil } }

  /// Refuses before the work what can be known without reading the package.
  /// - Parameter mayStay: whether a package of this very manifest passes, whatever was added to it: perhaps nothing is to
  ///   be done.
  /// - Throws: `ConversionError.outputExists(path:found:)`.
  func refuseForeign(mayStay: Bool) throws {
    guard try isTaken else { return }
    let package = try package()
    guard let package, !replaces, !(mayStay && ownership.isExact(package)) else { return }
    try refuseLink()
    try refuseStrangers(package)
  }

  /// Refuses before the work what ``put(_:sums:)`` would refuse after it. Reads every byte of what is there.
  /// - Throws: ``ConversionError/outputExists(path:found:)``.
  func refuseChanged() throws {
    guard try isTaken, let package = try package() else { return }
    try refuseLink()
    if !replaces { try refuse(package.foreign(try Folder.tree(path))) }
    try Folder.requireRemovable(path)
  }

  /// Whether the folder holds exactly these files. Reads every byte.
  func holds(_ files: [FileRecord]) throws -> Bool {
    guard try Folder.isFolder(path) else { return false }
    let names = files.map { Array($0.path.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    // A link, whatever it leads to, is not what was published.
    let tree = try Folder.tree(path, atMost: names.count + 1)
    guard tree.map(\.name) == names, tree.allSatisfy({ $0.identity != nil }) else { return false }
    return try files.allSatisfy { try digestOfFile(atPath: path.appending($0.path)) == ($0.sha256, $0.bytes) }
  }

  /// What is in the package's folder and is none of its files.
  func strangers() throws -> [String] {
    try PlacedPackage(path)?.strangers(try Folder.tree(path, atMost: 1 << 20)) ?? []
  }

  /// Puts the folder in the making into its place. Only here is it decided whether what is there may go.
  /// - Returns: What somebody put into the earlier folder while it was removed, which stays.
  func put(_ lock: OutputLock, sums: SHA256Digest) throws -> [FilePath] {
    do {
      guard try isTaken else {
        try ownership.claim(sums)
        try lock.publish()
        return []
      }
      let package = try package()
      try refuseLink()
      // Strangers are refused by their names, before anything is read.
      if !replaces, let package { try refuseStrangers(package) }
      let tree = try Folder.tree(path)
      if !replaces, let package { try refuse(package.foreign(tree)) }
      try ownership.claim(sums)
      // Whoever wrote into it since: the tree is another one.
      return try lock.replace(tree)
    } catch StorageError.targetExists(let place) where place == path {
      throw ConversionError.outputExists(path: path, found: "a folder that somebody put there or changed meanwhile")
    }
  }

  /// Notes that the package in its place is ours, and removes what killed runs left beside it.
  func settle(_ sums: SHA256Digest) throws {
    try ownership.claim(sums)
    if try OutputLock.hasLeftovers(path), let lock = try? lock() {
      defer { lock.release() }
      // The package is there: what somebody put beside it holds nobody up.
      do { try recover(lock) } catch ConversionError.outputExists {}
    }
  }

  /// The right to the place.
  func lock() throws(StorageError) -> OutputLock { try OutputLock(path, list: PackageFiles.sums) }

  /// Removes what killed runs left beside the place.
  /// - Throws: ``ConversionError/outputExists(path:found:)`` for a folder of such a name that holds anything of the user's.
  func recover(_ lock: OutputLock) throws {
    try lock.recover { leftover in
      guard try Folder.isFolder(leftover), try linkStatus(leftover)?.type != S_IFLNK else {
        throw ConversionError.outputExists(path: leftover, found: "what no run leaves")
      }
      let (tree, foreign) = try PlacedPackage.leftover(leftover)
      try refuse(foreign, "not as a killed run leaves it: ", at: leftover)
      return tree
    }
  }

  /// Does something with the folder in its place. What is not found there any more is no input that is missing: somebody
  /// moved or removed the folder.
  /// - Throws: ``ConversionError/outputGone(path:)`` for that; else what `body` throws.
  func whileItStays<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch FileError.missing(let file) where file.starts(with: path) {
      throw ConversionError.outputGone(path: path)
    } catch StorageError.io(_, let file, ENOENT) where file.starts(with: path) {
      throw ConversionError.outputGone(path: path)
    }
  }

  /// A run that was killed while it replaced a package, where two names cannot be exchanged, left it under another name.
  func recover() throws {
    guard try !isTaken, try OutputLock.hasLeftovers(path), let lock = try? lock() else { return }
    defer { lock.release() }
    try recover(lock)
  }

  /// The package that is there; nil for an empty folder that may be replaced.
  private func package() throws -> PlacedPackage? {
    if replaces { try refuseNeeded() }
    guard let package = try PlacedPackage(path) else {
      // It may be a home folder, or the root: what is in it is not looked at.
      let names =
        try Folder.isFolder(path)
        ? try Folder.names(path, atMost: OutputPlace.mostNames).map { String(decoding: $0, as: UTF8.self) } : nil
      if replaces, names == [] { return nil }
      try refuse(
        names ?? [], "no package of cambium's: ", isWhole: names.map { $0.count < OutputPlace.mostNames } ?? true)
      throw ConversionError.outputExists(path: path, found: names == nil ? "no folder" : "an empty folder")
    }
    guard try replaces || ownership.covers(package) else {
      throw ConversionError.outputExists(
        path: path, found: "a package that another manifest, or another work folder, published")
    }
    return package
  }

  private func refuseLink() throws {
    guard try linkStatus(path)?.type == S_IFLNK else { return }
    throw ConversionError.outputExists(path: path, found: "a symbolic link, behind which nothing is replaced")
  }

  /// `--replace` does not take away what the run itself reads.
  private func refuseNeeded() throws {
    for file in needed where try file.isInside(path) {
      throw ConversionError.outputExists(path: path, found: "a folder with \(file) in it, which this run needs")
    }
  }

  /// Names of a folder that is not ours that are looked at.
  private static let mostNames = 1000

  /// Refuses a package with files that it does not list. One that lists them all has no more than it lists.
  private func refuseStrangers(_ package: PlacedPackage) throws {
    let limit = package.count + OutputPlace.mostNames
    let tree = try Folder.tree(path, atMost: limit)
    try refuse(package.strangers(tree), isWhole: tree.count < limit)
  }

  private func refuse(
    _ names: [String], _ what: String = "not as it was published: ", isWhole: Bool = true,
    at place: FilePath? = nil
  ) throws {
    guard !names.isEmpty else { return }
    let rest = isWhole ? "\(names.count - 5)" : "many"
    let more = names.count > 5 ? " and \(rest) more" : ""
    throw ConversionError.outputExists(
      path: place ?? path, found: what + names.prefix(5).joined(separator: ", ") + more)
  }
}
