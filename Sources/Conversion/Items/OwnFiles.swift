import Digests
import Files
import Planning
import Streaming
import StrictJSON
import SystemPackage
import Workspace

/// Tells what runs put into a work folder from what somebody else did: by the name, and by what is in the file. Nothing but the
/// work folder itself is asked, so that it can be cleaned where the source is gone.
struct OwnFiles {
  private let work: FilePath
  /// Sizes of the weight files by their paths, as the folder's own plan says.
  private let weights: [[UInt8]: Int]
  /// Sizes of the package's files.
  private let files: [[UInt8]: Int]
  private var outputs: [FilePath: [FileRecord]] = [:]

  /// How the files of the folder itself begin.
  private static let above = [
    "plan.json": ["{\n  \"cambium_plan\": "], DigestCache.fileName: ["{\"cambium_digests\":"],
  ]
  /// How the files begin that stages and work items make, whatever the model is.
  private static let beneath = [
    StageReceipt.fileName: ["{\n  \"cambium_receipt\": "], Journal.fileName: ["{\"cambium_journal\":"],
    UnitList.fileName: ["{\n  \"cambium_units\": "], WorkFolder.itemNote: ["{\n  \"cambium_item\": "],
    WorkFolder.copyPipeline: [WorkFolder.copyPipelineBeginning],
    // The earliest form begins with a path.
    Ownership.fileName: ["cambium-published ", "/"],
  ]

  /// - Throws: `FileError` for a plan that is there and cannot be read.
  init(_ work: FilePath) throws {
    self.work = work
    let path = work.appending("plan.json")
    let bytes = try contentIfThere { () throws(FileError) in try readSmallFile(path, limit: 1 << 30) }
    let plan = bytes.flatMap { try? JSONValue.parse($0, file: path.string) }
    let sizes = { (key: String) -> [[UInt8]: Int] in
      let rows = plan?["cambium_plan"] == nil ? [] : plan?[key]?.arrayValue ?? []
      return Dictionary(
        rows.compactMap { row in
          guard let path = row["path"]?.stringValue, let bytes = row["bytes"]?.intValue else { return nil }
          return (Array(path.utf8), bytes)
        }
      ) { first, _ in first }
    }
    weights = sizes("weights")
    files = sizes("files")
  }

  /// Whether a run made a file of the work folder itself.
  /// - Throws: `FileError`, `StorageError`.
  func isOwn(file name: String) throws -> Bool {
    let path = work.appending(name)
    guard try linkStatus(path)?.isRegularFile == true else { return false }
    if AtomicFile.isTemporary(path) { return true }
    return try name == "run.log" ? isLog(path) : begins(path, OwnFiles.above[name])
  }

  /// Whether a run made what was found in the folder of a stage, or in that of the work items.
  /// - Parameters:
  ///   - found: Relative to that folder.
  ///   - stage: The folder's name.
  /// - Throws: `FileError`, `StorageError`.
  mutating func isOwn(_ found: Folder.Entry, in stage: String) throws -> Bool {
    guard let text = String(validating: found.name, as: UTF8.self) else { return false }
    var names = text.split(separator: "/").map(String.init)
    let path = work.appending(stage).appending(FilePath(text).components)
    let isFolder = try linkStatus(path)?.isFolder == true
    var folder = work.appending(stage)
    if stage == WorkFolder.items {
      let item = names.removeFirst()
      guard AttemptFolder.isAttempt(item) || ItemStore.isName(item) else { return false }
      if names.isEmpty { return isFolder }
      folder.append(item)
    }
    if stage == StageName.check.rawValue, names.first == StagedPackage.name {
      return try isStaged(
        found, Array(text.utf8.dropFirst(StagedPackage.name.utf8.count + 1)), path, isFolder: isFolder)
    }
    guard let identity = found.identity else { return false }
    let name = Array(names.joined(separator: "/").utf8)
    if AtomicFile.isTemporary(path) { return true }
    if isWeights(name, identity.size) { return try isFilled(path, name) }
    if try begins(path, OwnFiles.beneath[names.joined(separator: "/")]) { return true }
    return try isOutput(name, of: folder, path, identity.size)
  }

  /// A killed check leaves links to the weights, and the small files in their planned sizes. A project that was moved has
  /// links to where it was.
  private func isStaged(
    _ found: Folder.Entry, _ name: [UInt8], _ path: FilePath, isFolder: Bool
  ) throws -> Bool {
    if isFolder { return name.isEmpty || files.keys.contains { $0.starts(with: name + [UInt8(ascii: "/")]) } }
    if let identity = found.identity { return files[name] == identity.size || AtomicFile.isTemporary(path) }
    let target = Folder.linkTarget(path).bytes
    let place = Array("/\(StageName.quantize.rawValue)/".utf8) + name
    return weights[name] != nil && target.suffix(place.count).elementsEqual(place)
  }

  /// Whether a weight file has this path and size. One in the making has all of its size, or nothing yet.
  private func isWeights(_ name: [UInt8], _ size: Int) -> Bool {
    let partial = Array(".partial".utf8)
    guard name.suffix(partial.count).elementsEqual(partial) else { return weights[name] == size }
    return weights[Array(name.dropLast(partial.count))].map { size == $0 || size == 0 } ?? false
  }

  /// Whether a file begins as weights do: with the size of a header, and the header. One in the making may not yet.
  private func isFilled(_ path: FilePath, _ name: [UInt8]) throws(FileError) -> Bool {
    guard weights[name] != nil else { return true }
    let file = try ReadOnlyFile(path: path, followLinks: false)
    guard file.size > 9 else { return false }
    let bytes = try file.readBytes(count: 9, at: 0)
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length <= UInt64(file.size - 8) && bytes[8] == UInt8(ascii: "{")
  }

  /// Whether a file has the bytes that the receipt beside it says.
  private mutating func isOutput(
    _ name: [UInt8], of folder: FilePath, _ path: FilePath, _ size: Int
  ) throws -> Bool {
    if outputs[folder] == nil {
      do {
        outputs[folder] = try StageReceipt.load(folder)?.outputs ?? []
      } catch WorkspaceError.receiptDamaged(_, _) {
        // What it does not vouch for stays.
        outputs[folder] = []
      }
    }
    guard let record = outputs[folder]?.first(where: { Array($0.path.utf8) == name }), record.bytes == size else {
      return false
    }
    return try digestOfFile(atPath: path).digest == record.sha256
  }

  private func begins(_ path: FilePath, _ beginnings: [String]?) throws(FileError) -> Bool {
    guard let beginnings else { return false }
    let file = try ReadOnlyFile(path: path, followLinks: false)
    let bytes = try file.readBytes(count: min(file.size, 64), at: 0)
    return beginnings.contains { bytes.starts(with: $0.utf8) }
  }

  /// Whether every run's first line is in it.
  private func isLog(_ path: FilePath) throws(FileError) -> Bool {
    let file = try ReadOnlyFile(path: path, followLinks: false)
    let bytes = try file.readBytes(count: min(file.size, 64 << 10), at: 0)
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard let entry = try? JSONValue.parse(Array(line), file: path.string) else { return false }
    return ["time", "level", "message"].allSatisfy { entry[$0]?.stringValue != nil }
  }
}
