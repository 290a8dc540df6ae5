import Digests
import Files
import Measuring
import Planning
import StrictJSON
import SystemPackage

/// `units.json`: what is known of every unit and every weight file once all are done.
package struct UnitList: Sendable {
  /// The list's name in the folder of its stage.
  package static let fileName = "units.json"

  let records: [UnitRecord]
  /// Of each weight file: what was read back.
  let files: [WeightReader.Result]
  /// The digests of what was read of source and donor.
  package let sources: SourceDigests

  init(_ records: [UnitRecord], _ files: [WeightReader.Result], _ work: WorkList) throws {
    self.records = records
    self.files = files
    sources = try work.sourceDigests { records[$0].leaves }
  }

  /// The document that is written.
  package var json: JSONValue {
    .object([
      ("cambium_units", 1), ("leaf_bytes", .int(TreeDigest.leafBytes)),
      ("units", .array(records.map { .string($0.text) })), ("files", .array(files.map(UnitList.json))),
    ])
  }

  private static func json(_ file: WeightReader.Result) -> JSONValue {
    .object([
      ("sha256", .string(file.sha256.hex)), ("part_tree_sha256", .array(file.parts.map { .string($0.hex) })),
    ])
  }

  private static func file(_ value: JSONValue) -> WeightReader.Result? {
    guard let sha256 = value["sha256"]?.stringValue.flatMap(SHA256Digest.init(hex:)),
      let texts = value["part_tree_sha256"]?.arrayValue
    else { return nil }
    let parts = texts.compactMap { $0.stringValue.flatMap(SHA256Digest.init(hex:)) }
    return parts.count == texts.count ? WeightReader.Result(sha256: sha256, parts: parts) : nil
  }

  /// Reads the list of a finished stream back.
  /// - Throws: `FileError`, `JSONError`, `ConversionError.workFile(file:expected:found:)`, which names the row.
  package init(path: FilePath, _ plan: Plan, _ work: WorkList) throws {
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path.string)
    let records = try value.rows("units", count: work.units.count, file: path.string) {
      $0.stringValue.flatMap(UnitRecord.init(text:))
    }
    let files = try value.rows("files", count: plan.weights.count, file: path.string, UnitList.file)
    for (number, (record, unit)) in zip(records, work.units).enumerated() where !record.fits(unit, plan) {
      throw ConversionError.workFile(file: path.string, expected: "units[\(number)] as planned", found: "another unit")
    }
    try self.init(records, files, work)
  }

  /// SHA-256 of each weight file, in the order of the plan.
  package var weightDigests: [SHA256Digest] { files.map(\.sha256) }

  /// The digest by which the receipt knows a weight file, from what was encoded.
  package func receiptDigest(ofFile file: Int, _ plan: Plan, _ spans: WeightSpans) -> SHA256Digest {
    spans.digest(file: file, header: plan.weights[file].header) {
      records[$0.unit].pieces[$0.piece].checksums[$0.part]
    }
  }

  /// Scales of a planned tensor that lie outside the safe range and were clamped.
  package func clampedScales(ofTensor tensor: Int, _ work: WorkList) -> Int {
    work.pieces[tensor].reduce(0) { $0 + records[$1.unit].pieces[$1.piece].clamped }
  }
}
