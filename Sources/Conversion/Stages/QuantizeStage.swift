import Digests
import StrictJSON
import Workspace

/// Streams every shard of the inputs once: read, digest, transform, treat, measure, write to the planned place,
/// journal. What it learns of each unit is `units.json`.
struct QuantizeStage: Stage {
  let name = StageName.quantize

  func parameters(_ context: RunContext) -> JSONValue {
    .object([("plan_sha256", .string(context.plan.digest.hex)), ("leaf_bytes", .int(TreeDigest.leafBytes))])
  }

  func inputs(_ context: RunContext) throws -> [FileRecord] {
    try context.inputRecords { $0.shard != nil }
  }

  /// What an unfinished run must have in common with this one for its units to count. The inputs are not digested yet:
  /// what the system says of the files stands for their bytes.
  private func journalKey(_ context: RunContext) throws -> SHA256Digest {
    let stamps = context.work.shards.map { shard in
      let identity = shard.file.identity
      return JSONValue.string(
        "\(shard.input.name) \(identity.size) \(identity.modified) \(identity.changed) \(identity.inode)")
    }
    return StageReceipt.key(
      stage: name.rawValue, version: name.version, tool: Tool.name,
      parameters: .object([("stage", parameters(context)), ("shards", .array(stamps))]), inputs: [])
  }

  func run(_ context: RunContext) throws -> [FileRecord] {
    let plan = context.plan
    let work = context.work
    let memory = try MemoryPlan(work, plan, threads: context.options.threads, budget: context.options.memory)
    let files = try WeightFiles(context)
    let key = try journalKey(context)
    var (journal, lines) = try Journal.open(folder: context.folder(.quantize), key: key)
    if !files.resumable, !lines.isEmpty {
      try journal.remove()
      (journal, lines) = try Journal.open(folder: context.folder(.quantize), key: key)
    }
    try files.prepare()

    let progress = UnitProgress(units: work.units.count, bytes: work.bytes, journal: journal, files: files)
    try progress.replay(lines, work, plan)
    let pending = progress.pending
    context.observer.began(.quantize, bytes: work.bytes)
    let doneBytes = work.bytes - pending.reduce(0) { $0 + work.units[$1].length }
    if doneBytes > 0 { context.observer.advanced(.quantize, bytes: doneBytes, item: "resumed") }

    let converter = try UnitConverter(context, files)
    let scratches = (0..<memory.workers).map { _ in WorkerScratch(memory) }
    let finished = try Workers.forEach(
      count: pending.count, threads: memory.workers, stop: { StopSignal.shared.isRequested }
    ) { index, worker in
      let unit = work.units[pending[index]]
      let record = try converter.convert(unit, scratches[worker])
      try progress.complete(pending[index], record, bytes: unit.length)
      let item = unit.pieces.first.map { plan.tensors[$0.tensor].name } ?? "digests only"
      context.observer.advanced(.quantize, bytes: unit.length, item: item)
    }
    try progress.flush()
    guard finished else { throw context.stopped }
    try context.requireUnchangedInputs()
    try files.publish()
    return try record(progress.records, context)
  }

  /// Writes `units.json`, takes note of the digests of inputs and outputs, and reports what was clamped.
  private func record(_ records: [UnitRecord], _ context: RunContext) throws -> [FileRecord] {
    let list = try UnitList(records, context)
    for (shard, digest) in zip(context.work.shards, list.sources.files) {
      try context.digests.remember(digest, .tree, ofFileAt: shard.file.path, identity: shard.file.identity)
    }
    var outputs: [FileRecord] = []
    for (number, file) in context.contents.weights.enumerated() {
      let digest = context.weightDigest(number, list)
      try context.digests.remember(digest, .units, ofFileAt: context.folder(.quantize) + "/" + file.path)
      outputs.append(FileRecord(path: file.path, bytes: file.bytes, sha256: digest))
    }
    for (number, tensor) in context.plan.tensors.enumerated() {
      let clamped = context.work.pieces[number].reduce(0) { $0 + records[$1.unit].pieces[$1.piece].clamped }
      if clamped > 0 {
        context.observer.note("\(tensor.name): \(clamped) scales lie outside the safe range and were clamped")
      }
    }
    return outputs + [try context.write(list.json, as: UnitList.fileName, of: .quantize)]
  }

  /// A weight file is known by its units: their checksums find what happened to it since, ten times as fast as SHA-256.
  func digest(of output: FileRecord, at path: String, _ context: RunContext) throws -> SHA256Digest? {
    guard let number = context.contents.weights.firstIndex(where: { $0.path == output.path }) else { return nil }
    return try context.digests.digest(.units, ofFileAt: path) { try context.weightDigest(number, readFrom: path) }
  }

  func finish(_ context: RunContext) throws {
    try Folder.removeTree(context.folder(.quantize) + "/" + Journal.fileName)
  }
}

/// `units.json`: what is known of every unit once all are done.
struct UnitList: Sendable {
  static let fileName = "units.json"

  let records: [UnitRecord]
  let sources: SourceDigests

  init(_ records: [UnitRecord], _ context: RunContext) throws {
    self.records = records
    sources = try context.work.sourceDigests { records[$0].leaves }
  }

  var json: JSONValue {
    .object([
      ("cambium_units", 1), ("leaf_bytes", .int(TreeDigest.leafBytes)),
      ("units", .array(records.map { .string($0.text) })),
    ])
  }

  /// Reads the list that the quantize stage wrote.
  static func read(_ context: RunContext) throws -> UnitList {
    let path = context.folder(.quantize) + "/" + fileName
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path)
    let records = (value["units"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(UnitRecord.init(text:)) }
    guard records.count == context.work.units.count,
      zip(records, context.work.units).allSatisfy({ $0.fits($1, context.plan) })
    else {
      throw ConversionError.packageForm(
        file: path, expected: "\(context.work.units.count) units of this plan", found: "\(records.count)")
    }
    return try UnitList(records, context)
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

  private func weightHeader(_ file: Int) -> [UInt8] {
    if case .weights(let header) = contents.weights[file].content { header } else { [] }
  }
}
