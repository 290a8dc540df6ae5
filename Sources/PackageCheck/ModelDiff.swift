import Checkpoint
import Digests
import Files
import Foundation
import Planning
import Safetensors
import StrictJSON
import Threads
import SystemPackage

/// Compares the tensors of two folders, checkpoints or packages.
public struct ModelDiff: Sendable {
  /// Names that the left side alone has.
  public let missing: [String]
  /// Names that the right side alone has.
  public let added: [String]
  /// Tensors that differ, and in what.
  public let changed: [(tensor: String, how: String)]
  /// How many tensors are the same.
  public let equal: Int
  /// Tensors of the head on either side.
  public let head: (left: Int, right: Int)
  /// Whether names were brought to the package's form, because one side is a checkpoint and the other a package.
  public let canonical: Bool

  /// Whether both sides have the same tensors.
  public var isEmpty: Bool { missing.isEmpty && added.isEmpty && changed.isEmpty }

  /// - Throws: `CheckpointError`, `SafetensorsError`, `FileError`.
  public init(_ left: FilePath, _ right: FilePath, threads: Int) throws {
    let a = try TensorSet(left)
    let b = try TensorSet(right)
    canonical = a.isConverted != b.isConverted
    let one = try canonical ? a.canonicalSources() : a.rawSources()
    let other = try canonical ? b.canonicalSources() : b.rawSources()
    missing = one.keys.filter { other[$0] == nil }.sorted().map(\.string)
    added = other.keys.filter { one[$0] == nil }.sorted().map(\.string)
    let common = one.keys.filter { other[$0] != nil }.sorted()
    let differences = try Workers.map(count: common.count, threads: threads) { index, _ -> String? in
      guard let x = one[common[index]], let y = other[common[index]] else { return nil }
      if x.dtype != y.dtype || x.shape != y.shape {
        return "\(x.dtype.rawValue) \(x.shape) → \(y.dtype.rawValue) \(y.shape)"
      }
      return try x.digest() == y.digest() ? nil : "other values"
    }
    changed = zip(common, differences).compactMap { name, how in how.map { (name.string, $0) } }
    equal = common.count - changed.count
    head = (a.headCount, b.headCount)
  }

  /// The lines of `diff`.
  public var text: String {
    var lines: [String] = []
    if canonical { lines.append("one side is a checkpoint, the other a package: compared under the package's names") }
    lines += missing.map { "- \($0)" } + added.map { "+ \($0)" } + changed.map { "! \($0.tensor): \($0.how)" }
    lines.append("\(equal) equal, \(changed.count) changed, \(missing.count) missing, \(added.count) added")
    lines.append("MTP head: \(head.left) tensors on the left, \(head.right) on the right")
    return lines.joined(separator: "\n")
  }

  /// The document of `diff --json`.
  public var json: JSONValue {
    .object([
      ("cambium_diff", .int(1)), ("equal", .int(equal)), ("canonical_names", .bool(canonical)),
      ("missing", .array(missing.map { .string($0) })), ("added", .array(added.map { .string($0) })),
      ("changed", .array(changed.map { .object([("tensor", .string($0.tensor)), ("how", .string($0.how))]) })),
      ("head_tensors_left", .int(head.left)), ("head_tensors_right", .int(head.right)),
    ])
  }
}

/// The tensors of any folder with safetensors files.
private struct TensorSet: Sendable {
  /// Where a tensor's bytes are.
  struct Source: Sendable {
    let dtype: DType
    let shape: [Int]
    let digest: @Sendable () throws -> SHA256Digest
  }

  let path: FilePath
  private let files: [SafetensorsFile]
  /// Those of the folder `mtp`; none when the folder itself holds a head, too.
  private let nested: [SafetensorsFile]

  init(_ path: FilePath) throws {
    guard try Folder.isFolder(path) else { throw CheckpointError.folderMissing(path: path) }
    files = try TensorSet.open(path)
    guard !files.isEmpty else { throw CheckpointError.noSafetensors(path: path, found: "no *.safetensors file") }
    self.path = path
    let below = path.appending(PackageFiles.headFolder)
    let hasHead = files.contains { $0.header.tensors.contains { TensorSet.isHead($0.name) } }
    nested = try !hasHead && Folder.isFolder(below) ? TensorSet.open(below) : []
  }

  private static func open(_ path: FilePath) throws -> [SafetensorsFile] {
    try Folder.entries(path).filter { $0.hasBytes(atEnd: ".safetensors") }
      .map { try SafetensorsFile(path: path.appending($0)) }
  }

  private static func isHead(_ name: String) -> Bool { name.hasPrefix("mtp.") || name.contains(".mtp.") }

  /// Every tensor with its file, and its name complete where a folder of a head leaves `mtp.` out.
  private var tensors: [(name: String, entry: TensorEntry, file: SafetensorsFile)] {
    var all: [(name: String, entry: TensorEntry, file: SafetensorsFile)] = []
    for file in files { all += file.header.tensors.map { ($0.name, $0, file) } }
    for file in nested {
      all += file.header.tensors.map { (TensorSet.isHead($0.name) ? $0.name : "mtp." + $0.name, $0, file) }
    }
    return all
  }

  /// Whether the folder holds MLX tensors: packed ones, or `conv1d` in the MLX layout.
  var isConverted: Bool {
    files.contains { file in
      file.header.tensors.contains { entry in
        entry.name.hasBytes(atEnd: ".scales")
          || (entry.name.hasBytes(atEnd: ".conv1d.weight") && entry.shape.count == 3 && entry.shape[1] != 1
            && entry.shape[2] == 1)
      }
    }
  }

  var headCount: Int { tensors.count { TensorSet.isHead($0.name) } }

  func rawSources() -> [UTF8Name: Source] {
    var sources: [UTF8Name: Source] = [:]
    for (name, entry, file) in tensors {
      sources[UTF8Name(name)] = Source(dtype: entry.dtype, shape: entry.shape) {
        try StreamedDigest.of(entry, in: file)
      }
    }
    return sources
  }

  /// A checkpoint's tensors under the names of a package, after stacking and slicing and before any transform.
  func canonicalSources() throws -> [UTF8Name: Source] {
    guard !isConverted else { return rawSources() }
    let folder = try CheckpointFolder(.folder(path))
    let reader = SourceReader(folder)
    var tensors = try folder.trunk().tensors
    if folder.headEvidence.isPresent { tensors += try folder.head(for: folder).tensors }
    var sources: [UTF8Name: Source] = [:]
    for tensor in tensors {
      sources[UTF8Name(tensor.name)] = Source(dtype: tensor.dtype, shape: tensor.packageShape) {
        try reader.packageDigest(tensor)
      }
    }
    return sources
  }
}
