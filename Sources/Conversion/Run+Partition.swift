import Digests
import Files
import Planning
import Streaming
import StrictJSON
import Threads
import Workspace

extension Run {
  /// The work items of the plan.
  /// - Throws: `FileError` for a small file of the inputs.
  public func items() throws -> [WorkItem] {
    WorkItem.all(plan, try InputFile.all(resolution), headIsDonors: resolution.donor != nil)
  }

  /// Does the work items of a partition that are not done. Any number of machines may do the same at the same time.
  /// - Parameters:
  ///   - partition: Which items.
  ///   - build: SHA-256 of the program, for the items to tell.
  ///   - observer: Told how far it is.
  /// - Throws: any `CambiumError`; `ConversionError.stopped(resume:)` after SIGINT or SIGTERM.
  public func convert(
    _ partition: Partition, build: SHA256Digest?, _ observer: any RunObserver
  ) throws -> PartitionSummary {
    try requirePossible()
    let digests = DigestCache(folder: work)
    let inputs = runInputs(try InputFile.all(resolution), digests)
    try lockPin(inputs, observer).require()
    let store = try itemStore(inputs)
    try Folder.create(work)
    // First: by it other machines know the folder for ours.
    try writePlan()
    try Folder.create(store.path)
    try AttemptFolder.removeAbandoned(in: store.path)
    // Between two items no attempt says that this process lives; a lock of the work folder is nothing that machines share.
    let life = try AttemptFolder(for: "partition", in: store.path)
    defer { life.discard() }
    let worker = ItemWorker(
      store: store, resolution: resolution, note: ItemNote(build: build), threads: options.threads,
      memory: options.memory, observer: observer, resumeCommand: options.resumeCommand)
    var summary = PartitionSummary(partition, of: resolution, work: work)
    for item in partition.items(of: store.items) {
      if StopSignal.shared.isRequested { throw ConversionError.stopped(resume: options.resumeCommand) }
      if try worker.perform(item) { summary.done.append(item) } else { summary.reused.append(item) }
    }
    return summary
  }

  /// Which items are done.
  /// - Parameter isDeep: whether weight files are read.
  /// - Throws: what reading the work folder throws.
  func itemStates(isDeep: Bool) throws -> [(item: WorkItem, state: ItemState)] {
    let store = try itemStore(runInputs(try InputFile.all(resolution), DigestCache(folder: work)))
    return try store.items.map { ($0, try store.state($0, isDeep: isDeep)) }
  }

  /// Makes the package of the finished work items: checks them, takes their weight files, and goes on as a run does.
  /// - Throws: ``ItemError``; any `CambiumError`.
  public func merge(_ options: MergeOptions, _ observer: any RunObserver) throws -> RunSummary {
    try requirePossible()
    let store = try itemStore(runInputs(try InputFile.all(resolution), DigestCache(folder: work)))
    let items = FinishedItems(store: store, observer: observer, isDeep: !options.trustsReceipts)
    var left = options.settleMilliseconds
    try items.require(
      allowsMix: options.allowsMixedTools, build: options.build,
      wait: {
        guard left > 0 else { return false }
        let now = min(left, MergeOptions.pause)
        left -= now
        return StopSignal.shared.wait(milliseconds: now)
      })
    let summary = try execute(observer, merging: items)
    // Attempts that came late, or died: nobody needs them any more.
    if self.options.until == .package { try AttemptFolder.removeAbandoned(in: store.path, all: true) }
    return summary
  }

  private func itemStore(_ inputs: RunInputs) throws -> ItemStore {
    let headIsDonors = resolution.donor != nil
    return try ItemStore(
      WorkFolder(path: work), plan, WorkList(inputs.files, plan, headIsDonors: headIsDonors),
      WorkItem.all(plan, inputs.files, headIsDonors: headIsDonors), inputs, place.path)
  }
}
