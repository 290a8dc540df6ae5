import Checkpoint
import Diagnostics
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

  /// Tensors whose values were not compared, because those of a side are elsewhere and no digest speaks for them.
  public let unread: (tensors: Int, bytes: Int)

  /// Whether both sides are known to have the same tensors.
  public var isEmpty: Bool { missing.isEmpty && added.isEmpty && changed.isEmpty && unread.tensors == 0 }

  /// One side: a folder, or a model whose weights are elsewhere.
  package enum Side: Sendable {
    case folder(FilePath)
    case elsewhere(any ModelElsewhere)
  }

  /// - Throws: `CheckpointError`, `SafetensorsError`, `FileError`.
  public init(_ left: FilePath, _ right: FilePath, threads: Int) throws {
    try self.init(.folder(left), .folder(right), threads: threads)
  }

  /// - Parameters:
  ///   - left: One side.
  ///   - right: The other one.
  ///   - threads: How many.
  ///   - readsValues: Whether values that are elsewhere are read, too, where no digest speaks for them.
  ///   - observer: Hears how far the reading is.
  /// - Throws: as ``init(_:_:threads:)``.
  package init(
    _ left: Side, _ right: Side, threads: Int, readsValues: Bool = false, observer: any WorkObserver = SilentWork()
  ) throws {
    let a = try TensorSet(left)
    let b = try TensorSet(right)
    canonical = a.isConverted != b.isConverted
    let one = try canonical ? a.canonicalSources() : a.rawSources()
    let other = try canonical ? b.canonicalSources() : b.rawSources()
    missing = one.keys.filter { other[$0] == nil }.sorted().map(\.string)
    added = other.keys.filter { one[$0] == nil }.sorted().map(\.string)
    let common = one.keys.filter { other[$0] != nil }.sorted()
    // Values that need no reading count too: nobody sees them go by.
    observer.began("compare", total: CheckedSum.clamped(common.compactMap { one[$0]?.bytes }), .bytes)
    let differences = try Workers.map(count: common.count, threads: threads) { index, _ -> Difference in
      guard let x = one[common[index]], let y = other[common[index]] else { return .none }
      defer { observer.advanced(by: x.bytes, item: common[index].string) }
      if x.dtype != y.dtype || x.shape != y.shape {
        return .differs("\(x.dtype.rawValue) \(x.shape) → \(y.dtype.rawValue) \(y.shape)")
      }
      // Files of one digest have the same bytes at the same place.
      if let stated = x.stated, stated == y.stated { return .none }
      if x.isElsewhere || y.isElsewhere, !readsValues { return .unread(x.bytes) }
      return try x.digest() == y.digest() ? .none : .differs("other values")
    }
    changed = zip(common, differences).compactMap { name, how in
      if case .differs(let words) = how { (name.string, words) } else { nil }
    }
    let notRead = differences.compactMap { if case .unread(let bytes) = $0 { bytes } else { nil } }
    unread = (notRead.count, CheckedSum.clamped(notRead))
    equal = common.count - changed.count - notRead.count
    head = (a.headCount, b.headCount)
  }

  /// The lines of `diff`.
  public var text: String {
    var lines: [String] = []
    if canonical { lines.append("one side is a checkpoint, the other a package: compared under the package's names") }
    lines += missing.map { "- \($0)" } + added.map { "+ \($0)" } + changed.map { "! \($0.tensor): \($0.how)" }
    if unread.tensors > 0 {
      lines.append(
        "? \(unread.tensors) tensors, \(Fixed.bytes(unread.bytes)), have the same dtype and shape; their values are not on this machine and were not read (--values reads them)"
      )
    }
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
      ("unread", .int(unread.tensors)), ("unread_bytes", .int(unread.bytes)),
    ])
  }
}

/// What two tensors of one name differ in.
private enum Difference: Sendable {
  case none
  case differs(String)
  case unread(Int)
}

/// The tensors of any folder with safetensors files.
private struct TensorSet: Sendable {
  /// Where a tensor's bytes are.
  struct Source: Sendable {
    let dtype: DType
    let shape: [Int]
    let bytes: Int
    let isElsewhere: Bool
    /// The digest that a store states of the whole file, with the tensor's place in it.
    let stated: String?
    let digest: @Sendable () throws -> SHA256Digest
  }

  private let side: ModelDiff.Side
  private let files: [(name: String, file: SafetensorsFile)]
  /// The tensors of the folder `mtp`; none when the folder itself holds a head, too.
  private let nested: [(name: String, file: SafetensorsFile)]

  init(_ side: ModelDiff.Side) throws {
    self.side = side
    files = try TensorSet.open(side, below: nil)
    guard !files.isEmpty else {
      throw CheckpointError.noSafetensors(path: TensorSet.path(side), found: "no *.safetensors file")
    }
    let hasHead = files.contains { $0.file.header.tensors.contains { TensorSet.isHead($0.name) } }
    nested = hasHead ? [] : try TensorSet.open(side, below: PackageFiles.headFolder)
  }

  private static func path(_ side: ModelDiff.Side) -> FilePath {
    switch side {
    case .folder(let path): path
    case .elsewhere(let model): model.folder
    }
  }

  /// The safetensors files of the folder itself, or of one below it, which need not be there.
  private static func open(
    _ side: ModelDiff.Side, below: String?
  ) throws -> [(name: String, file: SafetensorsFile)] {
    switch side {
    case .folder(let path):
      let folder = below.map { path.appending($0) } ?? path
      guard try Folder.isFolder(folder) else {
        if below != nil { return [] }
        throw CheckpointError.folderMissing(path: path)
      }
      return try Folder.entries(folder).filter { $0.hasBytes(atEnd: ".safetensors") }
        .map { ($0, try SafetensorsFile(path: folder.appending($0))) }
    case .elsewhere(let model):
      let names = model.names.filter { name in
        let parts = name.split(separator: "/")
        let isBelow = below.map { parts.count == 2 && parts[0] == $0 } ?? (parts.count == 1)
        return isBelow && name.hasBytes(atEnd: ".safetensors")
      }
      return try names.map { ($0, try model.shard($0)) }
    }
  }

  private static func isHead(_ name: String) -> Bool { name.hasPrefix("mtp.") || name.contains(".mtp.") }

  /// Every tensor with its file, and its name complete where a folder of a head leaves `mtp.` out.
  private var tensors: [Tensor] {
    var all: [Tensor] = []
    for (name, file) in files { all += file.header.tensors.map { ($0.name, $0, file, stated(name)) } }
    for (name, file) in nested {
      all += file.header.tensors.map {
        (TensorSet.isHead($0.name) ? $0.name : "mtp." + $0.name, $0, file, stated(name))
      }
    }
    return all
  }

  private typealias Tensor = (name: String, entry: TensorEntry, file: SafetensorsFile, stated: String?)

  /// The digest that a store states of a file.
  private func stated(_ name: String) -> String? {
    if case .elsewhere(let model) = side { model.statedDigest(name) } else { nil }
  }

  /// Whether the folder holds MLX tensors: packed ones, or `conv1d` in the MLX layout.
  var isConverted: Bool {
    files.contains { _, file in
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
    for (name, entry, file, stated) in tensors {
      sources[UTF8Name(name)] = Source(
        dtype: entry.dtype, shape: entry.shape, bytes: entry.byteCount, isElsewhere: file.isElsewhere,
        stated: stated.map { "\($0) \(entry.begin)" }
      ) {
        try StreamedDigest.of(entry, in: file)
      }
    }
    return sources
  }

  /// A checkpoint's tensors under the names of a package, after stacking and slicing and before any transform.
  func canonicalSources() throws -> [UTF8Name: Source] {
    guard !isConverted else { return rawSources() }
    let path = TensorSet.path(side)
    let folder =
      switch side {
      case .folder: try CheckpointFolder(.folder(path))
      case .elsewhere(let model): try CheckpointFolder(.folder(path), elsewhere: model)
      }
    let isElsewhere = folder.shards.contains { $0.file.isElsewhere }
    let reader = SourceReader(folder)
    var tensors = try folder.trunk().tensors
    if folder.headEvidence.isPresent { tensors += try folder.head(for: folder).tensors }
    var sources: [UTF8Name: Source] = [:]
    for tensor in tensors {
      sources[UTF8Name(tensor.name)] = Source(
        dtype: tensor.dtype, shape: tensor.packageShape, bytes: tensor.byteCount, isElsewhere: isElsewhere, stated: nil
      ) {
        try reader.packageDigest(tensor)
      }
    }
    return sources
  }
}
