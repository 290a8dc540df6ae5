import Digests
import Files
import StrictJSON
import Workspace

/// `verify.json` of the work folder: what verification measured, tensor by tensor. The package's audit report is made
/// from it, so doubles are written by their bits.
enum Measurements {
  static func json(_ plan: Plan, _ measurements: [AuditReport.Measurement], files: [FileRecord]) -> JSONValue {
    let rows: [JSONValue] = zip(plan.tensors, measurements).map { .object(members($0, $1)) }
    let sums = files.map { file in
      JSONValue.object([
        ("path", .string(file.path)), ("bytes", .int(file.bytes)), ("sha256", .string(file.sha256.hex)),
      ])
    }
    return .object([("cambium_verification", .int(1)), ("files", .array(sums)), ("tensors", .array(rows))])
  }

  /// The SHA-256 of each weight file, by its path in the package.
  static func weightDigests(_ context: RunContext) throws -> [String: SHA256Digest] {
    let value = try document(context)
    let known = (value["files"]?.arrayValue ?? []).compactMap { file -> (String, SHA256Digest)? in
      guard let path = file["path"]?.stringValue, let digest = file["sha256"]?.stringValue.flatMap(SHA256Digest.init)
      else { return nil }
      return (path, digest)
    }
    return Dictionary(known) { first, _ in first }
  }

  private static func document(_ context: RunContext) throws -> JSONValue {
    let path = context.folder(.verify) + "/verify.json"
    return try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path)
  }

  /// What was measured of one tensor.
  static func members(_ tensor: PlannedTensor, _ measured: AuditReport.Measurement) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("name", .string(tensor.name)), ("source_tree_sha256", .string(measured.sourceDigest.hex)),
      ("part_tree_sha256", .array(measured.partDigests.map { .string($0.hex) })),
    ]
    if let sums = measured.sums {
      members.append(("error_sums", .array(sums.words.map { .string(String($0, radix: 16)) })))
    }
    return members
  }

  static func read(_ context: RunContext) throws -> [AuditReport.Measurement] {
    let path = context.folder(.verify) + "/verify.json"
    let value = try document(context)
    let rows = value["tensors"]?.arrayValue ?? []
    let measurements = rows.compactMap(measurement)
    guard measurements.count == context.plan.tensors.count else {
      throw ConversionError.packageForm(
        file: path, expected: "\(context.plan.tensors.count) tensors", found: "\(measurements.count)")
    }
    return measurements
  }

  static func measurement(_ row: JSONValue) -> AuditReport.Measurement? {
    guard let source = row["source_tree_sha256"]?.stringValue.flatMap(SHA256Digest.init(hex:)) else { return nil }
    let parts = (row["part_tree_sha256"]?.arrayValue ?? []).compactMap {
      $0.stringValue.flatMap(SHA256Digest.init(hex:))
    }
    let words = (row["error_sums"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { UInt64($0, radix: 16) } }
    return AuditReport.Measurement(sourceDigest: source, partDigests: parts, sums: TensorErrorSums(words: words))
  }
}
