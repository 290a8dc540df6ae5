import Audit
import Checkpoint
import Files
import Foundation
import Manifests
import Planning
import Streaming
import StrictJSON
import Workspace
import SystemPackage

/// A run: manifest to package, one stage after the other, each skipped when its receipt proves that it is done.
public struct Run: Sendable {
  /// What the manifest was resolved to.
  public let resolution: Resolution
  /// What will be done.
  public let plan: Plan
  /// Every file that will be made, with its size.
  public let forecast: Forecast
  /// How it is done.
  public let options: RunOptions
  /// Absolute path of the work folder.
  public let work: FilePath

  /// Resolves, plans and forecasts; reads headers only and writes nothing.
  public init(manifest: FilePath, options: RunOptions) throws {
    let named = try Manifest(path: manifest).placed(source: options.source, donor: options.donor)
    try self.init(
      Resolution(
        named, pipelineFolders: options.pipelineFolders, output: options.output, target: options.target,
        leavesCheckOut: options.leavesCheckOut,
        opener: Run.opener(named, options)),
      options)
  }

  /// Opens models on the hub, by way of what an earlier run of the same work folder kept of them.
  private static func opener(
    _ manifest: Manifest, _ options: RunOptions
  ) throws -> ((HubReference, ModelRequest.Use) throws -> any ModelElsewhere)? {
    guard let opener = options.opener else { return nil }
    let output = (options.output ?? manifest.output).appending(suffix: options.target.suffix)
    let kept = Run.work(options, options.target, output).appending(WorkFolder.remote)
    return { reference, use in
      let lock = manifest.path.isDescriptor ? nil : try LockFile.read(path: manifest.lockPath)
      return try opener(reference, ModelRequest(use: use, kept: kept, pinned: lock?.commits[use.rawValue]))
    }
  }

  static func work(_ options: RunOptions, _ target: PackageTarget, _ output: FilePath) -> FilePath {
    options.work?.appending(suffix: target.suffix) ?? output.appending(suffix: ".work")
  }

  /// Refuses the text of a manifest that a run would refuse, as if it were at a path. Writes nothing.
  /// - Parameters:
  ///   - text: The manifest.
  ///   - path: Where it would be.
  ///   - pipelineFolders: Where pipelines are looked up by name.
  ///   - measuring: Whether what a budget is spent by is still to be made.
  static func require(
    _ text: [UInt8], at path: FilePath, pipelineFolders: [FilePath], measuring: Bool = false
  ) throws {
    let options = RunOptions(pipelineFolders: pipelineFolders)
    let resolution = try Resolution(
      Manifest(text, path: path), pipelineFolders: pipelineFolders, measuring: measuring)
    try Run(resolution, options).requirePossible()
  }

  init(_ resolution: Resolution, _ options: RunOptions) throws {
    let resolution = try resolution.withDrafter()
    self.resolution = resolution
    self.options = options
    plan = try Planner(resolution, shardLimit: options.shardLimit).plan()
    forecast = try Forecast(plan, resolution, recordsBuilder: options.builder != nil)
    work = Run.work(options, resolution.target, resolution.output)
    try resolution.requireOutsideInputs(work)
    try requirePlaces()
  }

  /// The run that makes another of the manifest's folders, of the inputs as this one opened them.
  public func beside(_ target: PackageTarget) throws -> Run { try Run(Resolution(resolution, target: target), options) }

  /// This run, of the package, and those that make the manifest's other folders.
  public func andBeside() throws -> [Run] {
    [self] + (try PackageTarget.all(resolution.manifest).dropFirst().map { try beside($0) })
  }

  /// Runs the stages up to `options.until`.
  /// - Throws: any `CambiumError`; `ConversionError.stopped(resume:)` after SIGINT or SIGTERM.
  public func execute(_ observer: any RunObserver) throws -> RunSummary { try execute(observer, merging: nil) }

  /// The same as ``execute(_:)``.
  /// - Parameter items: finished work items that the weight files are taken from; nil to convert.
  func execute(_ observer: any RunObserver, merging items: FinishedItems?) throws -> RunSummary {
    try place.recover()
    try requirePossible()
    try Folder.create(work)
    let lock = try WorkLock(folder: work)
    defer { lock.release() }
    for folder in [work] + StageName.allCases.map({ work.appending($0.rawValue) }) where try Folder.isFolder(folder) {
      _ = try AtomicFile.removeLeftovers(in: folder)
    }
    try items?.supersede()
    let digests = DigestCache(folder: work)
    let stages = try stages(digests, observer, items)
    try writePlan()
    for input in resolution.remoteInputs { try input.model.keep(in: work.appending(WorkFolder.remote)) }
    var summary = RunSummary(until: options.until, work: work)
    let runner = StageRunner(digests: digests, observer: observer, resumeCommand: options.resumeCommand)
    for stage in stages {
      if try runner.perform(stage) { summary.reused.append(stage.name) } else { summary.done.append(stage.name) }
      try stage.conclude(&summary)
      if stage.name == options.until { break }
    }
    try digests.save()
    return summary
  }

  /// The stages, in their order.
  private func stages(
    _ digests: DigestCache, _ observer: any RunObserver, _ items: FinishedItems?
  ) throws -> [any Stage] {
    let folder = WorkFolder(path: work)
    let inputs = runInputs(try InputFile.all(resolution), digests)
    let list = try WorkList(inputs.files, plan, headIsDonors: resolution.donor != nil)
    try WeightStream.requireMemory(list, plan, threads: options.threads, budget: options.memory)
    let spans = WeightSpans(list, plan)
    let units = FinishedUnits(folder, plan, list)
    let published = PublishedWeights(plan: plan, folder: folder, package: place.path)
    let lock = lockPin(inputs, observer)
    let resume = options.resumeCommand
    return [
      InspectStage(
        folder: folder, source: resolution.source, donor: resolution.donor, drafter: resolution.drafter,
        inputs: inputs, notes: plan.notes, lock: lock, observer: observer),
      GraftStage(
        folder: folder, plan: plan, folders: SourceFolders(resolution), hasDonor: resolution.donor != nil,
        inputs: inputs, observer: observer),
      QuantizeStage(
        folder: folder, plan: plan, resolution: resolution, work: list, spans: spans, units: units, inputs: inputs,
        lock: lock, published: published, place: options.until == .package ? place : nil, items: items,
        observer: observer, resumeCommand: resume),
      VerifyStage(
        folder: folder, plan: plan, thresholds: resolution.thresholds, work: list, units: units, published: published,
        observer: observer),
      CheckStage(
        folder: folder, plan: plan, forecast: forecast, resolution: resolution, inputs: inputs, published: published,
        isOnTrust: items.map { !$0.isDeep } ?? false,
        copySource: { [resolution, options] in try SourceCopy(resolution, options, in: folder.folder(.check)).opened },
        observer: observer, resumeCommand: resume),
      PackageStage(
        folder: folder, plan: plan, forecast: forecast, resolution: resolution, inputs: inputs,
        place: place, published: published, builder: options.builder, observer: observer, resumeCommand: resume),
    ]
  }

  func runInputs(_ files: [InputFile], _ digests: DigestCache) -> RunInputs {
    RunInputs(
      files: files, remote: resolution.remoteInputs, digests: digests, threads: options.threads,
      memory: options.memory)
  }

  func lockPin(_ inputs: RunInputs, _ observer: any RunObserver) -> LockPin {
    LockPin(
      resolution: resolution, planDigest: plan.digest, inputs: inputs, isLocked: options.locked, pins: options.pins,
      observer: observer)
  }

  /// Writes `plan.json`, unless it is there already: a finished work folder is left as it is.
  func writePlan() throws {
    let bytes = JSONWriter.pretty(report.json)
    let path = work.appending("plan.json")
    guard (try? ReadOnlyFile(path: path).readAll(limit: bytes.count)) != bytes else { return }
    try AtomicFile.write(bytes, to: path)
  }

  var place: OutputPlace { OutputPlace(resolution, work: work, replaces: options.replaces) }
}
