import Digests
import Files
import Planning
import StrictJSON
import Threads
import Workspace
import SystemPackage

/// Streams every shard of the inputs once: read, digest, transform, treat, measure, write to the planned place,
/// journal, and read back.
package struct WeightStream {
  private let plan: Plan
  private let work: WorkList
  private let spans: WeightSpans
  private let folders: SourceFolders
  /// The folder of the weight files.
  private let folder: FilePath
  private let threads: Int
  /// Bytes of buffers.
  private let memory: Int

  /// - Parameters:
  ///   - plan: the tensors and where they go.
  ///   - work: the units of the plan.
  ///   - spans: the pieces of the units.
  ///   - folders: the shards of source and donor.
  ///   - folder: takes the weight files and the journal; an interrupted stream of the same key goes on there.
  ///   - threads: threads that convert; without effect on the result.
  ///   - memory: bytes of buffers.
  package init(
    _ plan: Plan, _ work: WorkList, _ spans: WeightSpans, from folders: SourceFolders, to folder: FilePath,
    threads: Int,
    memory: Int
  ) {
    self.plan = plan
    self.work = work
    self.spans = spans
    self.folders = folders
    self.folder = folder
    self.threads = threads
    self.memory = memory
  }

  /// - Parameters:
  ///   - key: what an interrupted stream must have in common with this one for its units to count.
  ///   - progress: called from several threads.
  ///   - beforePublishing: called when all is written and read back, before the files get their names.
  /// - Returns: nil when a person stopped it.
  /// - Throws: `ConversionError`, `WorkspaceError`, `FileError`; what `beforePublishing` throws.
  package func run(
    key: SHA256Digest, _ progress: StreamProgress, beforePublishing: () throws -> Void
  ) throws -> UnitList? {
    let memoryPlan = try MemoryPlan(work, plan, threads: threads, budget: memory)
    let files = try WeightFiles(plan, folder: folder)
    let (journal, lines) = try openJournal(key, files)
    try files.prepare()

    let units = UnitProgress(units: work.units.count, bytes: work.bytes, journal: journal, files: files)
    try units.replay(lines, work, plan)
    let pending = pendingInOrder(units)
    progress.began(work.bytes + plan.weights.reduce(0) { $0 + $1.bytes })
    let doneBytes = work.bytes - pending.reduce(0) { $0 + work.units[$1].length }
    if doneBytes > 0 { progress.advanced(doneBytes, "resumed") }

    let converter = try UnitConverter(plan, work, folders, files, factorBytes: memoryPlan.factorBytes)
    let isResumed = pending.count < work.units.count
    let readBack = try ReadBack(
      plan, work, spans, files, blockBytes: memoryPlan.blockBytes, isResumed: isResumed,
      advanced: progress.advanced
    ) { units.record($0) }
    defer { readBack.abandon() }
    let isPending = Set(pending)
    for unit in work.units.indices where !isPending.contains(unit) { readBack.follow(unit) }
    let isFinished = try convert(pending, converter, units, readBack, memoryPlan, progress)
    try units.flush()
    if !isFinished, !readBack.hasFailed { return nil }
    guard let read = try readBack.finish() else { return nil }
    try beforePublishing()
    try files.publish()
    return try UnitList(units.records, read, work)
  }

  /// Refuses a budget that is too small, before anything is read.
  /// - Throws: `ConversionError.budgetTooSmall(tensor:needed:budget:)`.
  package static func requireMemory(_ work: WorkList, _ plan: Plan, threads: Int, budget: Int) throws {
    _ = try MemoryPlan(work, plan, threads: threads, budget: budget)
  }

  /// Removes what only an unfinished stream needs.
  package static func finish(folder: FilePath) throws { try Folder.removeTree(folder.appending(Journal.fileName)) }

  /// The journal, empty when the files that it speaks of are not there.
  private func openJournal(_ key: SHA256Digest, _ files: WeightFiles) throws -> (Journal, [JSONValue]) {
    let (journal, lines) = try Journal.open(folder: folder, key: key)
    guard !files.resumable, !lines.isEmpty else { return (journal, lines) }
    try journal.remove()
    return try Journal.open(folder: folder, key: key)
  }

  private func pendingInOrder(_ units: UnitProgress) -> [Int] {
    let isPending = Set(units.pending)
    return spans.unitsInOrder(work.units) { unit in
      unit.pieces.allSatisfy { plan.tensors[$0.tensor].format == nil }
    }.filter { isPending.contains($0) }
  }

  /// - Returns: false when it was stopped before everything was done.
  private func convert(
    _ pending: [Int], _ converter: UnitConverter, _ units: UnitProgress, _ readBack: ReadBack, _ memory: MemoryPlan,
    _ progress: StreamProgress
  ) throws -> Bool {
    let scratches = (0..<memory.workers).map { _ in WorkerScratch(memory) }
    return try Workers.forEach(
      count: pending.count, threads: memory.workers, stop: { StopSignal.shared.isRequested || readBack.hasFailed }
    ) { [plan, work] index, worker in
      let unit = work.units[pending[index]]
      let record = try converter.convert(unit, scratches[worker])
      try units.complete(pending[index], record, bytes: unit.length)
      readBack.follow(pending[index])
      progress.advanced(unit.length, unit.pieces.first.map { plan.tensors[$0.tensor].name } ?? "digests only")
    }
  }
}

/// Where a stream says how far it has come.
package struct StreamProgress: Sendable {
  /// Called when it begins, with the bytes that it reads and reads back.
  let began: @Sendable (_ bytes: Int) -> Void
  /// Called when more bytes are done, the last of them in `item`; from several threads.
  let advanced: @Sendable (_ bytes: Int, _ item: String) -> Void

  /// A listener whose functions are called while the stream runs.
  package init(
    began: @escaping @Sendable (_ bytes: Int) -> Void,
    advanced: @escaping @Sendable (_ bytes: Int, _ item: String) -> Void
  ) {
    self.began = began
    self.advanced = advanced
  }
}
