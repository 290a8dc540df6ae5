import Digests
import Files
import StrictJSON
import Threads
import Workspace

/// Streams every shard of the inputs once: read, digest, transform, treat, measure, write to the planned place,
/// journal, and read back. What it learns of each unit and each weight file is `units.json`.
struct QuantizeStage: Stage {
  let name = StageName.quantize

  func parameters(_ context: RunContext) -> JSONValue {
    .object([
      ("plan_sha256", .string(context.plan.digest.hex)), ("leaf_bytes", .int(TreeDigest.leafBytes)),
      ("page_bytes", .int(TreeDigest.pageBytes)),
    ])
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
    let isPending = Set(progress.pending)
    let pending = context.spans.unitsInOrder(work.units) { unit in
      unit.pieces.allSatisfy { plan.tensors[$0.tensor].format == nil }
    }.filter { isPending.contains($0) }
    context.observer.began(.quantize, bytes: work.bytes + context.contents.weights.reduce(0) { $0 + $1.bytes })
    let doneBytes = work.bytes - pending.reduce(0) { $0 + work.units[$1].length }
    if doneBytes > 0 { context.observer.advanced(.quantize, bytes: doneBytes, item: "resumed") }

    let converter = try UnitConverter(context, files)
    let readBack = try ReadBack(context, files, isResumed: pending.count < work.units.count) { progress.record($0) }
    defer { readBack.abandon() }
    for unit in work.units.indices where !isPending.contains(unit) { readBack.follow(unit) }
    let scratches = (0..<memory.workers).map { _ in WorkerScratch(memory) }
    let finished = try Workers.forEach(
      count: pending.count, threads: memory.workers, stop: { StopSignal.shared.isRequested || readBack.hasFailed }
    ) { index, worker in
      let unit = work.units[pending[index]]
      let record = try converter.convert(unit, scratches[worker])
      try progress.complete(pending[index], record, bytes: unit.length)
      readBack.follow(pending[index])
      let item = unit.pieces.first.map { plan.tensors[$0.tensor].name } ?? "digests only"
      context.observer.advanced(.quantize, bytes: unit.length, item: item)
    }
    try progress.flush()
    if !finished, !readBack.hasFailed { throw context.stopped }
    let read = try readBack.finish()
    try context.requireUnchangedInputs()
    try files.publish()
    return try record(progress.records, read, context)
  }

  /// Writes `units.json`, takes note of the digests of inputs and outputs, and reports what was clamped.
  private func record(
    _ records: [UnitRecord], _ files: [WeightReader.Result], _ context: RunContext
  ) throws -> [FileRecord] {
    let list = try UnitList(records, files, context)
    context.unitList.withLock { $0 = list }
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
