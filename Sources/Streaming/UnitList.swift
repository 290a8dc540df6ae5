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
  /// What was read back of each weight file.
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

  /// Reads the list of a finished stream back.
  /// - Throws: `FileError`; `ConversionError.workFile(file:expected:found:)`, which names the field.
  package init(path: FilePath, _ plan: Plan, _ work: WorkList) throws {
    let (records, files) = try WorkDocument.read(path) { fields in
      try fields.require("cambium_units", 1)
      try fields.require("leaf_bytes", TreeDigest.leafBytes)
      try fields.refuseUnknown(["cambium_units", "leaf_bytes", "units", "files"])
      let records = try fields.texts("units", as: "a unit's record", count: work.units.count) { UnitRecord(text: $0) }
      for (number, (record, unit)) in zip(records, work.units).enumerated() where !record.fits(unit, plan) {
        throw ConversionError.workFile(
          file: path.string, expected: "units[\(number)] as planned", found: "another unit")
      }
      let partCounts = plan.tensors.flatMap(\.parts).reduce(into: plan.weights.map { _ in 0 }) { $0[$1.file] += 1 }
      let rows = try fields.objects("files", count: plan.weights.count)
      return (records, try zip(rows, partCounts).map { try UnitList.file($0, parts: $1) })
    }
    try self.init(records, files, work)
  }

  private static func file(_ fields: JSONFields, parts: Int) throws(JSONError) -> WeightReader.Result {
    try fields.refuseUnknown(["sha256", "part_tree_sha256"])
    return WeightReader.Result(
      sha256: try fields.sha256("sha256"), parts: try fields.sha256List("part_tree_sha256", count: parts))
  }

  /// SHA-256 of each weight file, in the order of the plan.
  package var weightDigests: [SHA256Digest] { files.map(\.sha256) }

  /// The digest by which the receipt knows a weight file, from what was encoded.
  package func receiptDigest(ofFile file: Int, _ plan: Plan, _ spans: WeightSpans) -> SHA256Digest {
    spans.digest(file: file, header: plan.weights[file].header) {
      records[$0.unit].pieces[$0.piece].checksums[$0.part]
    }
  }

  /// Scales of a planned tensor that were outside the safe range and were clamped.
  package func clampedScales(ofTensor tensor: Int, _ work: WorkList) -> Int {
    work.pieces[tensor].reduce(0) { $0 + records[$1.unit].pieces[$1.piece].clamped }
  }
}
