import Files
import Foundation
import Manifests
import StrictJSON
import Threads
import Workspace

/// A run: manifest to package, one stage after the other, each skipped when its receipt proves that it is done.
public struct Run: Sendable {
  public let resolution: Resolution
  public let plan: Plan
  public let options: RunOptions
  /// Absolute path of the work folder.
  public let work: String

  /// Resolves and plans; reads headers only and writes nothing.
  public init(manifest: String, options: RunOptions) throws {
    resolution = try Resolution(
      manifest: manifest, pipelineFolders: options.pipelineFolders, output: options.output, target: options.target)
    plan = try Planner(resolution, shardLimit: options.shardLimit, recordsBuilder: options.builder != nil).plan()
    self.options = options
    work = options.work.map { $0 + options.target.suffix } ?? resolution.output + ".work"
    try resolution.requireOutsideInputs(work)
  }

  /// What a finished run has to say.
  public struct Summary: Sendable {
    /// Stages that were done, and those whose receipts were valid.
    public var done: [StageName] = []
    public var reused: [StageName] = []
    /// Of the quantized tensors; nil before verification or when none is quantized.
    public var meanCosine: Double?
    public var worst: (tensor: String, cosine: Double)?
    /// What decoding gave; nil before the check.
    var check: CheckOutcome?
    /// Bytes of the package's files, found to be as planned; nil before packaging.
    public var packageBytes: Int?
  }

  /// Runs the stages up to `options.until`.
  /// - Throws: any `CambiumError`; ``ConversionError/stopped(resume:)`` after SIGINT or SIGTERM.
  public func execute(_ observer: any RunObserver) throws -> Summary {
    try refuseForeignOutput()
    try Folder.create(work)
    let lock = try WorkLock(folder: work)
    defer { lock.release() }
    for folder in [work] + StageName.allCases.map({ work + "/" + $0.rawValue }) where try Folder.isFolder(folder) {
      _ = try AtomicFile.removeLeftovers(in: folder)
    }
    let context = try RunContext(resolution, plan, options, observer, work: work)
    try writePlan()
    var summary = Summary()
    let stages: [any Stage] = [
      InspectStage(), GraftStage(), QuantizeStage(), VerifyStage(), CheckStage(), PackageStage(),
    ]
    for stage in stages {
      if try perform(stage, context) { summary.reused.append(stage.name) } else { summary.done.append(stage.name) }
      if stage.name == .inspect {
        for note in plan.notes { observer.note(note) }
        try requireLock(context)
      }
      if stage.name == .quantize { try pin(context) }
      if stage.name == .verify { try VerifyStage.summarize(context, into: &summary) }
      if stage.name == .check { summary.check = try CheckOutcome.read(context) }
      if stage.name == .package {
        summary.packageBytes = plan.outputBytes
        try CheckStage.publish(context)
      }
      if stage.name == options.until { break }
    }
    try context.digests.save()
    return summary
  }

  /// Writes `plan.json`, unless it stands there already: a finished work folder is left as it is.
  private func writePlan() throws {
    let bytes = JSONWriter.pretty(PlanReport(self).json)
    let path = work + "/plan.json"
    guard (try? ReadOnlyFile(path: path).readAll(limit: bytes.count)) != bytes else { return }
    try AtomicFile.write(bytes, to: path)
  }

  /// Runs one stage unless its receipt is valid; true when it was.
  private func perform(_ stage: any Stage, _ context: RunContext) throws -> Bool {
    if StopSignal.shared.isRequested { throw context.stopped }
    let folder = context.folder(stage.name)
    try Folder.create(folder)
    let parameters = try stage.parameters(context)
    switch try validity(stage, context, parameters) {
    case .valid:
      // A run that was killed behind its receipt left this undone.
      try stage.finish(context)
      context.observer.ended(stage.name, reused: true)
      return true
    case .absent, .otherKey: break
    case .outputMissing(let path): context.observer.note("\(stage.name.rawValue): \(path) is missing and is made again")
    case .outputDamaged(let path):
      context.observer.note("\(stage.name.rawValue): \(path) is not what the receipt says and is made again")
    }
    try Folder.removeTree(folder + "/" + StageReceipt.fileName)
    let outputs = try stage.run(context)
    // Only now: the digests of shards are a product of their one reading.
    let receipt = try StageReceipt(
      stage: stage.name.rawValue, version: stage.name.version, tool: Tool.name, parameters: parameters,
      inputs: try stage.inputs(context), outputs: outputs)
    try receipt.write(to: folder)
    try stage.finish(context)
    try context.digests.save()
    context.observer.ended(stage.name, reused: false)
    return false
  }

  private func validity(_ stage: any Stage, _ context: RunContext, _ parameters: JSONValue) throws -> Validity {
    do {
      guard let receipt = try StageReceipt.load(context.folder(stage.name)) else { return .absent }
      let key = StageReceipt.key(
        stage: stage.name.rawValue, version: stage.name.version, tool: Tool.name, parameters: parameters,
        inputs: try stage.inputs(context))
      return try receipt.validity(in: stage.outputFolder(context), digests: context.digests, wantedKey: key) {
        try stage.digest(of: $0, at: $1, context)
      }
    } catch {
      guard case WorkspaceError.receiptDamaged(let path, let reason) = error else { throw error }
      context.observer.note("\(path): \(reason); the stage is done again")
      return .absent
    }
  }

  /// An output folder that no receipt of this work folder names is somebody else's.
  private func refuseForeignOutput() throws {
    let report = CheckStage.beside(resolution)
    if FileManager.default.fileExists(atPath: report), !CheckOutcome.isAt(report) {
      throw ConversionError.outputExists(path: report, found: "a file that is no report of a decode check")
    }
    guard FileManager.default.fileExists(atPath: resolution.output) else { return }
    if Ownership(work: work).covers(resolution.output) { return }
    let count = (try? FileManager.default.contentsOfDirectory(atPath: resolution.output).count) ?? 0
    throw ConversionError.outputExists(
      path: resolution.output, found: "\(count) files that this work folder did not write")
  }

  /// Under `--locked`: refuses before the work whatever differs in what is known without reading the shards.
  private func requireLock(_ context: RunContext) throws {
    guard options.locked else { return }
    let path = resolution.lockPath
    guard let existing = try LockFile.read(path: path) else { throw ManifestError.lockMissing(path: path) }
    let small = try context.inputRecords { $0.shard == nil }
    let recorded = Dictionary(existing.files.map { ($0.path, $0) }) { first, _ in first }
    let files = try context.inputs.map { input in
      if let known = small.first(where: { $0.path == input.name }) {
        return LockFile.File(path: known.path, bytes: known.bytes, sha256: known.sha256.hex)
      }
      let digest = try context.digests.known(.tree, ofFileAt: input.path)?.hex ?? recorded[input.name]?.sha256 ?? ""
      return LockFile.File(path: input.name, bytes: input.bytes, sha256: digest, isTree: true)
    }
    let differences = existing.differences(to: lock(files))
    if !differences.isEmpty { throw ManifestError.lockDiffers(path: path, differences: differences) }
  }

  private func lock(_ files: [LockFile.File]) -> LockFile { resolution.lock(plan: plan.digest, files: files) }

  /// Compares with the lock file, or writes it, once everything that was read is digested.
  private func pin(_ context: RunContext) throws {
    guard options.pins else { return }
    let lock = lock(try context.lockedFiles())
    let path = resolution.lockPath
    if (try? resolution.requireOutsideInputs(path)) != nil { try AtomicFile.removeAbandoned(of: path) }
    let existing = try LockFile.read(path: path)
    if let existing, existing == lock { return }
    let differences = existing?.differences(to: lock) ?? []
    if options.locked {
      if existing == nil { throw ManifestError.lockMissing(path: path) }
      throw ManifestError.lockDiffers(path: path, differences: differences)
    }
    guard (try? resolution.requireOutsideInputs(path)) != nil else {
      context.observer.note("the manifest lies inside an input, into which nothing is written: there is no lock file")
      return
    }
    if existing != nil { context.observer.note("the lock file changes: " + differences.joined(separator: "; ")) }
    do {
      try AtomicFile.write(JSONWriter.pretty(lock.json), to: path)
    } catch {
      guard case .readOnly = error else { throw error }
      context.observer.note("\(path) cannot be written: what was resolved is not pinned")
    }
  }
}
