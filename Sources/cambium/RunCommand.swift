import ArgumentParser
import Conversion
import Diagnostics
import Digests
import Foundation
import Planning
import StrictJSON
import Terminal
import Threads
import SystemPackage

extension StageName: ExpressibleByArgument {}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Converts: manifest to package. Continues where an earlier run stopped.",
    discussion: """
      Example:
        cambium run manifests/demo.json --threads 2 --memory 256MiB

      \(HelpSections.exitCodes([
        .verificationFailed: "the package would not hold: nothing is published",
        .resumable: "stopped, or another run has the folder: the same command goes on",
        .interrupted: "ended at once by a second Ctrl-C; 143 by a second SIGTERM",
      ]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @Flag(help: "Print the plan and do nothing.") var dryRun = false
  @Option(help: "Last stage to run: inspect, graft, quantize, verify, check or package.")
  var until: StageName = .package
  @Option(help: ArgumentHelp("Work folder; by default OUTPUT.work.", valueName: "folder"), completion: .directory)
  var work: FilePath?
  @Option(
    help: ArgumentHelp("Folder of the package, instead of the manifest's.", valueName: "folder"), completion: .directory
  )
  var output: FilePath?
  @OptionGroup var parallel: ThreadOptions
  @Option(help: ArgumentHelp("Budget for buffers, such as 256MiB; without effect on the result.", valueName: "bytes"))
  var memory = ByteCount(bytes: 256 << 20)
  @Flag(help: "First fetch from the hub what the manifest names there and the cache has not.") var fetch = false
  @Flag(help: "Refuse to resolve anything other than the lock file pins.") var locked = false
  @Flag(help: "Replace a package at the output's place that was changed since, or that another manifest made.")
  var replace = false
  @Flag(help: "Name this program by its SHA-256 in provenance.json; the package then differs by platform.")
  var recordBuilder = false
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    guard !fetch || !manifest.isDescriptor else { throw ValidationError("--fetch takes a manifest that is a file") }
  }

  func run() throws {
    let command = (["cambium"] + CommandLine.arguments.dropFirst()).map(\.shellQuoted).joined(separator: " ")
    var options = RunOptions(
      threads: parallel.threads, memory: memory.bytes, work: work?.absolute, output: output?.absolute,
      pipelineFolders: pipelines.folders(manifest: manifest), locked: locked, until: until, resumeCommand: command)
    options.replaces = replace
    if recordBuilder {
      let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
      options.builder = try digestOfFile(atPath: FilePath(program)).digest
    }
    if fetch { try fetchModels(of: manifest, quiet: progress.quiet) }
    let run = try Run(manifest: manifest, options: options)
    // The second folder's place too, before the first is made.
    try run.requireAllPossible()
    if dryRun {
      format.print(json: run.report.json, text: run.report.text(everyTensor: false))
      return
    }
    // Only here: whatever cannot be resumed ends at once.
    StopSignal.shared.install()
    try perform(run)
    for target in PackageTarget.all(run.resolution.manifest).dropFirst() {
      try perform(run.beside(target))
    }
  }

  /// Makes one folder and says so.
  private func perform(_ run: Run) throws {
    let line = ProgressLine(quiet: progress.quiet)
    let observer = LoggingObserver(line, work: run.work)
    let summary: RunSummary
    do {
      summary = try run.execute(observer)
    } catch let error as any CambiumError {
      line.clear()
      observer.failed(error)
      throw error
    }
    let report = run.report(summary)
    format.print(json: report.json, text: report.text)
    guard !format.json, !progress.quiet else { return }
    for command in report.commands { Terminal.note("note: use it with \(command)") }
  }
}

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Says what a run will do: every tensor's treatment, every file's size to the byte.",
    discussion: """
      Example:
        cambium plan manifests/demo.json --tensors

      \(HelpSections.exitCodes())

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @Flag(help: "A line for every tensor, with the rule that decided it.") var tensors = false
  @Flag(help: "Print the whole plan as JSON.") var json = false
  @OptionGroup var pipelines: PipelineOptions

  func run() throws {
    let run = try Run(manifest: manifest, options: RunOptions(pipelineFolders: pipelines.folders(manifest: manifest)))
    try run.requireAllPossible()
    if json { Terminal.print(run.report.json) } else { Terminal.print(run.report.text(everyTensor: tensors)) }
  }
}
