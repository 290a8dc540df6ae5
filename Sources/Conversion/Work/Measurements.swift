import Digests
import Files
import Measuring
import Planning
import StrictJSON
import Workspace
import SystemPackage

/// `verify.json` of the work folder: what verification measured, tensor by tensor. The package's audit report is made
/// from it, so doubles are written by their bits.
package struct Measurements: Sendable {
  package static let fileName = "verify.json"

  package let tensors: [TensorMeasurement]
  /// SHA-256 and size of each weight file.
  package let files: [FileRecord]

  /// SHA-256 of a weight file, by its path in the package.
  func digest(ofFile path: String) -> SHA256Digest? { files.first { $0.path == path }?.sha256 }

  init(_ tensors: [TensorMeasurement], files: [FileRecord]) {
    self.tensors = tensors
    self.files = files
  }

  /// Reads the report of a finished stage back.
  /// - Throws: `FileError`; `ConversionError.workFile(file:expected:found:)`, which names the field.
  package init(path: FilePath, _ plan: Plan) throws {
    (tensors, files) = try WorkDocument.read(path) { fields in
      try fields.require("cambium_verification", 1)
      try fields.refuseUnknown(["cambium_verification", "files", "tensors"])
      let rows = try fields.objects("tensors", count: plan.tensors.count)
      let sums = try fields.objects("files", count: plan.weights.count)
      return (
        try zip(rows, plan.tensors).map { try Measurements.measurement($0, $1) },
        try zip(sums, plan.weights).map { try Measurements.file($0, $1) }
      )
    }
  }

  /// The measurements of a run's work folder.
  init(_ folder: WorkFolder, _ plan: Plan) throws {
    try self.init(path: folder.folder(.verify).appending(Measurements.fileName), plan)
  }

  func json(_ plan: Plan) -> JSONValue {
    let rows: [JSONValue] = zip(plan.tensors, tensors).map { .object(Measurements.members($0, $1)) }
    return .object([("cambium_verification", .int(1)), ("files", .array(files.map(\.json))), ("tensors", .array(rows))])
  }

  /// The sum of a weight file, which is the planned one.
  private static func file(_ fields: JSONFields, _ planned: PlannedWeights) throws(JSONError) -> FileRecord {
    try fields.require("path", planned.path)
    try fields.require("bytes", planned.bytes)
    return try FileRecord(fields)
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

  /// What was measured of a tensor, which is the planned one.
  private static func measurement(_ row: JSONFields, _ tensor: PlannedTensor) throws -> TensorMeasurement {
    try row.require("name", tensor.name)
    let isQuantized = tensor.format != nil
    let delta = tensor.tensor.delta
    try row.refuseUnknown(
      ["name", "source_tree_sha256", "part_tree_sha256"] + (isQuantized ? ["error_sums"] : [])
        + (delta == nil ? [] : ["delta_sums", "adapter_sha256"]))
    return TensorMeasurement(
      sourceDigest: try row.sha256("source_tree_sha256"),
      partDigests: try row.sha256List("part_tree_sha256", count: tensor.parts.count),
      sums: isQuantized ? try sums(row, "error_sums", TensorErrorSums.init(words:)) : nil,
      delta: try delta.map {
        DeltaMeasurement(
          sums: try sums(row, "delta_sums", DeltaSums.init(words:)),
          digests: try row.sha256List("adapter_sha256", count: $0.entries.count))
      })
  }

  /// Sums by their bits.
  private static func sums<Sums>(_ row: JSONFields, _ key: String, _ read: ([UInt64]) -> Sums?) throws(JSONError)
    -> Sums
  {
    let words = try row.words(key)
    guard let sums = read(words) else {
      throw .value(row.place(of: key), key: key, expected: "the words of its sums", found: "\(words.count) words")
    }
    return sums
  }
}
