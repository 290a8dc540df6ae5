import ArgumentParser
import Conversion
import Diagnostics
import Digests
import Foundation
import Manifests
import Planning
import StrictJSON
import Terminal
import Threads
import SystemPackage

extension StageName: ExpressibleByArgument {}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Makes the package that a manifest describes. Continues where an earlier run stopped.",
    discussion: """
      Example:
        cambium run manifests/demo.json --threads 2 --memory 256MiB

      Several manifests are run one after the other. A summary follows, and the
      exit status is the worst of them all. Run the same command again to go on
      with what is not done.

      With --partition 7/50 a machine does one of 50 parts of the work, which are
      counted from 0; "cambium merge" makes the package from all of them.

      \(HelpSections.exitCodes([
        .verificationFailed: "the package failed its checks: nothing is published",
        .resumable: "stopped, or another run has the folder: run the same command again",
        .interrupted: "ended at once by a second Ctrl-C; 143 by a second SIGTERM",
      ]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.engines + EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(help: "The manifest, or several.", completion: .file(extensions: ["json"])) var manifests: [FilePath]
  @Option(
    help: ArgumentHelp(
      "Convert part I of N: I/N; with auto/N or auto, Slurm or Kubernetes say I, or both.", valueName: "part"))
  var partition: PartitionChoice?
  @Flag(help: "With several manifests: go on to the next when one fails.") var keepGoing = false
  @Flag(help: "Print the plan and do nothing.") var dryRun = false
  @Option(help: "Last stage to run: inspect, graft, quantize, verify, check or package.")
  var until: StageName = .package
  @OptionGroup var places: PlaceOptions
  @OptionGroup var parallel: ThreadOptions
  @Option(help: ArgumentHelp("Budget for buffers, such as 256MiB; without effect on the result.", valueName: "bytes"))
  var memory = ByteCount(bytes: 256 << 20)
  @Flag(help: "First download models of the manifest that the cache does not have.") var fetch = false
  @Flag(help: "Refuse anything other than what the lock file pins.") var locked = false
  @Flag(help: "Replace a package at the output's place even if it was changed, or if another manifest made it.")
  var replace = false
  @OptionGroup var sources: SourceOptions
  @OptionGroup var check: CheckOption
  @Flag(help: "Record the SHA-256 of this program in provenance.json; the package then differs by platform.")
  var recordBuilder = false
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    guard !fetch || !manifests.contains(where: \.isDescriptor) else {
      throw ValidationError("--fetch takes a manifest that is a file")
    }
    guard
      manifests.count == 1
        || (places.work == nil && places.output == nil && sources.source == nil && sources.donor == nil)
    else {
      throw ValidationError("--work, --output, --source and --donor take one manifest")
    }
    if manifests.count > 1 { try ManyRuns.requireDistinct(manifests) }
    guard partition == nil || until == .package else { throw ValidationError("--until does not go with --partition") }
    if let partition { _ = try partition.partition(ProcessInfo.processInfo.environment) }
  }

  func run() throws {
    let print = { (json: JSONValue, text: String) in format.print(json: json, text: text) }
    guard manifests.count > 1 else { return try perform(manifests[0], print) }
    try ManyRuns(keepsGoing: keepGoing, isDry: dryRun, format: format).run(manifests) { try perform($0, $1) }
  }

  /// What a manifest asks for.
  private func perform(_ manifest: FilePath, _ report: (JSONValue, String) -> Void) throws {
    var options = RunOptions(
      threads: parallel.threads, memory: memory.bytes, work: places.work?.absolute, output: places.output?.absolute,
      pipelineFolders: try pipelines.folders(manifest: manifest), locked: locked, until: until,
      resumeCommand: Cambium.typedCommand)
    options.replaces = replace
    options.leavesCheckOut = check.noCheck
    sources.enter(&options)
    if recordBuilder { options.builder = try programDigest() }
    // A dry run moves nothing large: of what is not in the cache it says so.
    if try !dryRun && (fetch || !manifest.isDescriptor && Manifest(path: manifest).fetches) {
      try fetchModels(of: manifest, quiet: progress.quiet)
    }
    let remote = RemoteModels()
    options.opener = { try remote.open($0, $1) }
    defer { remote.tellTraffic() }
    let run = try Run(manifest: manifest, options: options)
    // The second folder's place too, before the first is made.
    try run.requireAllPossible()
    if dryRun {
      var plan = run.report
      plan.rates = TimeEstimate.Rates()
      return report(plan.json, plan.text(everyTensor: false))
    }
    // Only here: whatever cannot be resumed ends at once.
    StopSignal.shared.install()
    for target in PackageTarget.all(run.resolution.manifest) {
      try perform(target == .package ? run : run.beside(target), report)
    }
  }

  /// Makes one folder, or a part of it, and says so.
  private func perform(_ run: Run, _ report: (JSONValue, String) -> Void) throws {
    let line = RunProgress(ProgressLine(quiet: progress.quiet))
    if let partition = try partition?.partition(ProcessInfo.processInfo.environment) {
      // Without a log: machines would write over each other's lines, and an engine keeps a log itself.
      let summary = try run.convert(partition, build: programDigest(), line)
      return report(summary.json, summary.text)
    }
    let observer = LoggingObserver(line, work: run.work)
    let summary: RunSummary
    do {
      summary = try run.execute(observer)
    } catch let error as any CambiumError {
      line.clear()
      observer.failed(error)
      throw error
    }
    let result = run.report(summary)
    report(result.json, result.text)
    guard !format.json, !progress.quiet else { return }
    for command in result.commands { Terminal.note("note: use it with \(command)") }
  }
}

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what a run will do: every tensor's treatment, every file's size to the byte.",
    discussion: """
      Example:
        cambium plan manifests/demo.json --tensors

      \(HelpSections.exitCodes())

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @Flag(help: "Print a line for every tensor, with the rule that decided it.") var tensors = false
  @Option(help: ArgumentHelp("Show what each of this many machines would do, instead of the plan.", valueName: "count"))
  var partitions: PartitionCount?
  @Option(
    help: ArgumentHelp(
      "What a machine reads and writes per second, such as 800MB, for the time estimate; by default 250MB,"
        + " and no estimate with --partitions.",
      valueName: "bytes"))
  var throughput: ByteCount?
  @Option(
    help: ArgumentHelp(
      "How many bytes of weights decoding reads per second, for the estimate of the check; by default 5GB.",
      valueName: "bytes"))
  var bandwidth: ByteCount?
  @Flag(help: "Print the whole plan as JSON.") var json = false
  @Flag(help: "Plan a run with --replace: whatever is at the output's place may go.") var replace = false
  @OptionGroup var sources: SourceOptions
  @OptionGroup var check: CheckOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    guard bandwidth == nil || partitions == nil else {
      throw ValidationError("--bandwidth does not go with --partitions")
    }
    guard partitions == nil || !tensors else { throw ValidationError("--tensors does not go with --partitions") }
  }

  func run() throws {
    let remote = RemoteModels()
    var options = RunOptions(pipelineFolders: try pipelines.folders(manifest: manifest))
    options.replaces = replace
    options.leavesCheckOut = check.noCheck
    sources.enter(&options)
    options.opener = { try remote.open($0, $1) }
    defer { remote.tellTraffic() }
    let run = try Run(manifest: manifest, options: options)
    try run.requireAllPossible()
    if let partitions {
      let plan = try PartitionPlan(run.andBeside(), count: partitions.count, throughput: throughput?.bytes)
      if json { Terminal.print(plan.json) } else { Terminal.print(plan.text) }
      return
    }
    var report = run.report
    let usual = TimeEstimate.Rates()
    report.rates = .init(files: throughput?.bytes ?? usual.files, weights: bandwidth?.bytes ?? usual.weights)
    if json { Terminal.print(report.json) } else { Terminal.print(report.text(everyTensor: tensors)) }
  }
}
