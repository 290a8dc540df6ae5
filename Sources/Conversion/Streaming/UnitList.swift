import Digests
import Files
import StrictJSON

/// `units.json`: what is known of every unit and every weight file once all are done.
struct UnitList: Sendable {
  static let fileName = "units.json"

  let records: [UnitRecord]
  /// Of each weight file: what was read back.
  let files: [WeightReader.Result]
  let sources: SourceDigests

  init(_ records: [UnitRecord], _ files: [WeightReader.Result], _ context: RunContext) throws {
    self.records = records
    self.files = files
    sources = try context.work.sourceDigests { records[$0].leaves }
  }

  var json: JSONValue {
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

  /// The list that the quantize stage wrote, read when this run did not make it.
  static func of(_ context: RunContext) throws -> UnitList {
    if let known = context.unitList.withLock({ $0 }) { return known }
    let list = try read(context)
    context.unitList.withLock { $0 = list }
    return list
  }

  private static func read(_ context: RunContext) throws -> UnitList {
    let path = context.folder(.quantize) + "/" + fileName
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path)
    let records = (value["units"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(UnitRecord.init(text:)) }
    let files = (value["files"]?.arrayValue ?? []).compactMap(file)
    guard records.count == context.work.units.count, files.count == context.contents.weights.count,
      zip(records, context.work.units).allSatisfy({ $0.fits($1, context.plan) })
    else {
      throw ConversionError.packageForm(
        file: path, expected: "\(context.work.units.count) units of this plan and what was read back",
        found: "\(records.count) units")
    }
    return try UnitList(records, files, context)
  }

  /// Digest of a planned tensor's source: its own when it is one tensor of the source, else that above its sources'.
  func sourceDigest(_ tensor: Int, _ context: RunContext) -> SHA256Digest {
    let digests = sourceTensors(tensor, context)
    // A tensor without elements has none.
    return digests.count == 1 ? digests[0] : TreeDigest.of(digests)
  }

  private func sourceTensors(_ tensor: Int, _ context: RunContext) -> [SHA256Digest] {
    var seen: Set<[Int]> = []
    return context.work.pieces[tensor].compactMap { place in
      let unit = context.work.units[place.unit]
      return seen.insert([unit.shard, unit.tensor]).inserted ? sources.tensors[unit.shard][unit.tensor] : nil
    }
  }

  /// Sums of a tensor's error, in the order of its bytes; nil when it is not quantized.
  func errors(_ tensor: Int, _ context: RunContext) -> TensorErrorSums? {
    guard context.plan.tensors[tensor].format != nil else { return nil }
    var sums = TensorErrorSums()
    for place in context.work.pieces[tensor] {
      if let next = records[place.unit].pieces[place.piece].errors { sums.merge(next) }
    }
    return sums
  }
}

extension RunContext {
  /// The digest by which the receipt knows a weight file, from what was encoded.
  func weightDigest(_ file: Int, _ list: UnitList) -> SHA256Digest {
    spans.digest(file: file, header: weightHeader(file)) {
      list.records[$0.unit].pieces[$0.piece].checksums[$0.part]
    }
  }

  /// The same from the file as it is.
  func weightDigest(_ file: Int, readFrom path: String) throws -> SHA256Digest {
    let source = try StreamedFile(path: path)
    let headerBytes = weightHeader(file).count
    let header = try ReadOnlyFile(path: path).readBytes(count: headerBytes, at: 0)
    let longest = spans.files[file].reduce(0) { max($0, $1.length) }
    let window = UnsafeMutableRawBufferPointer.allocate(
      byteCount: StreamedFile.windowBytes(longest), alignment: StreamedFile.block)
    defer { window.deallocate() }
    return try spans.digest(file: file, header: header) { span in
      try Checksum128.of(UnsafeRawBufferPointer(source.read(span.length, at: span.offset, into: window)))
    }
  }
}
