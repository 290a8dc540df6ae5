import ArgumentParser
import Conversion
import Diagnostics
import Planning
import SystemPackage
import Terminal
import Threads

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Makes one package from what many machines have converted.",
    discussion: """
      Example:
        cambium run manifests/demo.json --partition 0/2
        cambium run manifests/demo.json --partition 1/2
        cambium merge manifests/demo.json

      \(HelpSections.exitCodes([
        .verificationFailed: "what is there is damaged, or the package failed its checks",
        .resumable: "stopped, or work items are missing: the same command goes on",
        .interrupted: "ended at once by a second Ctrl-C; 143 by a second SIGTERM",
      ]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @OptionGroup var places: PlaceOptions
  @Option(help: ArgumentHelp("How long to wait for files that are not seen yet.", valueName: "seconds"))
  var settle = 60
  @Flag(help: "Do not read the weight files before they are moved; they are read before they are published.")
  var trustReceipts = false
  @Flag(help: "Put together what several builds of this program made.") var allowMixedTools = false
  @Flag(help: "Refuse anything other than what the lock file pins.") var locked = false
  @OptionGroup var sources: SourceOptions
  @OptionGroup var check: CheckOption
  @Flag(help: "Replace a package at the output's place even if it was changed, or if another manifest made it.")
  var replace = false
  @OptionGroup var parallel: ThreadOptions
  @Option(help: ArgumentHelp("Budget for buffers, such as 256MiB; without effect on the result.", valueName: "bytes"))
  var memory = ByteCount(bytes: 256 << 20)
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    guard (0...86_400).contains(settle) else { throw ValidationError("--settle takes seconds from 0 to 86400") }
  }

  func run() throws {
    var options = RunOptions(
      threads: parallel.threads, memory: memory.bytes, work: places.work?.absolute, output: places.output?.absolute,
      pipelineFolders: try pipelines.folders(manifest: manifest), locked: locked, resumeCommand: Cambium.typedCommand)
    options.replaces = replace
    options.leavesCheckOut = check.noCheck
    sources.enter(&options)
    var merging = MergeOptions()
    merging.trustsReceipts = trustReceipts
    merging.allowsMixedTools = allowMixedTools
    merging.settleMilliseconds = settle * 1000
    merging.build = try programDigest()
    let remote = RemoteModels()
    options.opener = { try remote.open($0, $1) }
    defer { remote.tellTraffic() }
    let run = try Run(manifest: manifest, options: options)
    try run.requireAllPossible()
    StopSignal.shared.install()
    for target in PackageTarget.all(run.resolution.manifest) {
      let run = target == .package ? run : try run.beside(target)
      let observer = LoggingObserver(RunProgress(ProgressLine(quiet: progress.quiet)), work: run.work)
      let report = run.report(try run.merge(merging, observer))
      format.print(json: report.json, text: report.text)
    }
  }
}
