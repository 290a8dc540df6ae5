import Digests
import Files
import Measuring
import Planning
import StrictJSON
import Workspace
import SystemPackage

/// `verify.json` of the work folder: what verification measured, tensor by tensor. The package's audit report is made
/// from it, so doubles are written by their bits.
struct Measurements: Sendable {
  static let fileName = "verify.json"

  let tensors: [TensorMeasurement]
  /// SHA-256 and size of each weight file.
  let files: [FileRecord]

  /// SHA-256 of a weight file, by its path in the package.
  func digest(ofFile path: String) -> SHA256Digest? { files.first { $0.path == path }?.sha256 }

  init(_ tensors: [TensorMeasurement], files: [FileRecord]) {
    self.tensors = tensors
    self.files = files
  }

  /// Reads the report of a finished stage back.
  /// - Throws: `FileError`, `JSONError`, `ConversionError.workFile(file:expected:found:)`, which names the row.
  init(_ folder: WorkFolder, _ plan: Plan) throws {
    let path = folder.folder(.verify).appending(Measurements.fileName)
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path.string)
    tensors = try value.rows("tensors", count: plan.tensors.count, file: path.string, Measurements.measurement)
    files = try value.rows("files", count: value["files"]?.arrayValue?.count ?? 0, file: path.string, Measurements.file)
  }

  func json(_ plan: Plan) -> JSONValue {
    let rows: [JSONValue] = zip(plan.tensors, tensors).map { .object(Measurements.members($0, $1)) }
    let sums = files.map { file in
      JSONValue.object([
        ("path", .string(file.path)), ("bytes", .int(file.bytes)), ("sha256", .string(file.sha256.hex)),
      ])
    }
    return .object([("cambium_verification", .int(1)), ("files", .array(sums)), ("tensors", .array(rows))])
  }

  private static func file(_ value: JSONValue) -> FileRecord? {
    guard let path = value["path"]?.stringValue, let bytes = value["bytes"]?.intValue,
      let digest = value["sha256"]?.stringValue.flatMap(SHA256Digest.init)
    else { return nil }
    return FileRecord(path: path, bytes: bytes, sha256: digest)
  }

  /// What was measured of one tensor.
  private static func members(_ tensor: PlannedTensor, _ measured: TensorMeasurement) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("name", .string(tensor.name)), ("source_tree_sha256", .string(measured.sourceDigest.hex)),
      ("part_tree_sha256", .array(measured.partDigests.map { .string($0.hex) })),
    ]
    if let sums = measured.sums {
      members.append(("error_sums", .array(sums.words.map { .string(String($0, radix: 16)) })))
    }
    if let delta = measured.delta {
      members += [
        ("delta_sums", .array(delta.sums.words.map { .string(String($0, radix: 16)) })),
        ("adapter_sha256", .array(delta.digests.map { .string($0.hex) })),
      ]
    }
    return members
  }

  private static func delta(_ row: JSONValue) -> DeltaMeasurement? {
    guard let numbers = row["delta_sums"]?.arrayValue, let texts = row["adapter_sha256"]?.arrayValue else { return nil }
    let words = numbers.compactMap { $0.stringValue.flatMap { UInt64($0, radix: 16) } }
    let digests = texts.compactMap { $0.stringValue.flatMap(SHA256Digest.init(hex:)) }
    guard words.count == numbers.count, digests.count == texts.count else { return nil }
    return DeltaSums(words: words).map { DeltaMeasurement(sums: $0, digests: digests) }
  }

  private static func measurement(_ row: JSONValue) -> TensorMeasurement? {
    guard let source = row["source_tree_sha256"]?.stringValue.flatMap(SHA256Digest.init(hex:)) else { return nil }
    guard let texts = row["part_tree_sha256"]?.arrayValue else { return nil }
    let parts = texts.compactMap { $0.stringValue.flatMap(SHA256Digest.init(hex:)) }
    guard parts.count == texts.count else { return nil }
    var delta: DeltaMeasurement?
    if row["delta_sums"] != nil || row["adapter_sha256"] != nil {
      guard let read = Measurements.delta(row) else { return nil }
      delta = read
    }
    guard let sums = row["error_sums"] else {
      return TensorMeasurement(sourceDigest: source, partDigests: parts, sums: nil, delta: delta)
    }
    guard let numbers = sums.arrayValue else { return nil }
    let words = numbers.compactMap { $0.stringValue.flatMap { UInt64($0, radix: 16) } }
    guard words.count == numbers.count, let read = TensorErrorSums(words: words) else { return nil }
    return TensorMeasurement(sourceDigest: source, partDigests: parts, sums: read, delta: delta)
  }
}
