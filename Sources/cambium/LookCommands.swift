import ArgumentParser
import Checkpoint
import Conversion
import Diagnostics
import Files
import PackageCheck
import StrictJSON
import Terminal
import SystemPackage

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Describes a model folder: architecture, roles, dtypes, MTP head, problems.",
    discussion: """
      Example:
        cambium inspect manifests/demo/trunk

      A hub model that is not in the cache is looked at without downloading it: only
      small files, the headers of the weights and a few norms are read.

      \(HelpSections.exitCodes([.failure: "with --strict: a problem was found"]))

      \(HelpSections.environment(EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(
    help: "A folder, or hub:org/name with or without @revision.", completion: .directory, transform: named)
  var model: String
  @Flag(help: "End with status 1 when a problem is found.") var strict = false
  @Flag(help: "Of a hub model, look only at the MTP head, through the headers of its shards.") var head = false
  @OptionGroup var format: JSONOption

  func validate() throws {
    if head, !model.hasPrefix("hub:") { throw ValidationError("--head takes a model of the hub, hub:org/name") }
  }

  func run() throws {
    if head {
      let (look, traffic) = try lookForHead(model)
      format.print(json: look.json, text: look.lines.joined(separator: "\n"))
      Terminal.note(traffic)
      if strict, !look.missing.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
      return
    }
    let named = try NamedModel(model)
    defer { named.tellTraffic() }
    let folder: CheckpointFolder
    do {
      folder = try named.open()
    } catch {
      guard let model = try named.unconverted(refusedBy: error) else { throw error }
      format.print(json: versioned(model.json), text: model.text)
      if strict { throw ExitCode(ExitStatus.failure.rawValue) }
      return
    }
    let inspection = Inspection(folder)
    format.print(json: versioned(inspection.json), text: inspection.text)
    if strict, !inspection.problems.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
  }

  /// The document with the version of its form in front.
  private func versioned(_ document: JSONValue) -> JSONValue {
    .object([("cambium_inspect", .int(1))] + (document.members ?? []).map { ($0.key, $0.value) })
  }
}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows how far a run has come.",
    discussion: """
      Example:
        cambium status manifests/demo.json
        sbatch --array=$(cambium status m.json --partitions 50 --missing) job.sh

      \(HelpSections.exitCodes([.resumable: "with --partitions: there is something to do"]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @OptionGroup var places: PlaceOptions
  @Option(help: ArgumentHelp("Show which of this many partitions are done.", valueName: "count"))
  var partitions: PartitionCount?
  @Flag(help: "With --partitions: print those with something to do, as sbatch --array takes them, and nothing else.")
  var missing = false
  @Flag(help: "With --partitions: also read the weight files.") var deep = false
  @OptionGroup var format: JSONOption
  @OptionGroup var sources: SourceOptions
  @OptionGroup var check: CheckOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    guard partitions != nil || (!missing && !deep) else {
      throw ValidationError("--missing and --deep go with --partitions")
    }
  }

  func run() throws {
    var options = RunOptions(
      work: places.work?.absolute, output: places.output?.absolute,
      pipelineFolders: try pipelines.folders(manifest: manifest))
    options.leavesCheckOut = check.noCheck
    sources.enter(&options)
    let remote = RemoteModels()
    // Which parts there are follows from headers, also from those of models that stay on the hub.
    if partitions != nil { options.opener = { try remote.open($0, $1) } }
    defer { remote.tellTraffic() }
    // What a run that is under way still has to do is in the headers, which are not asked of the hub for that.
    let works = try partitions == nil ? ManifestWork.all(manifest: manifest, options: options) : []
    if let work = works.first, work.isRemote {
      let status = try work.status()
      return format.print(json: status.json, text: status.text)
    }
    let run = try Run(manifest: manifest, options: options)
    if let partitions {
      let status = try PartitionStatus(run.andBeside(), count: partitions.count, isDeep: deep)
      for damage in status.damages { Terminal.note(damage) }
      format.print(json: status.json, text: missing ? status.array : status.text)
      if !status.isComplete { throw ExitCode(ExitStatus.resumable.rawValue) }
      return
    }
    let status = try run.status()
    format.print(json: status.json, text: status.text)
    let output = run.resolution.output
    if try !run.work.exists, try output.appending("audit.json").exists {
      Terminal.note("note: \(output) is there, and its work folder is not: a run would make it again")
    }
  }
}

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two checkpoints or packages: tensors missing, added, changed, and the head.",
    discussion: """
      Example:
        cambium diff manifests/demo/trunk manifests/demo/donor

      Of models that stay on the hub, files of one digest are equal; other values are
      not read, unless --values asks for it.

      \(HelpSections.exitCodes([.ok: "both are equal", .failure: "they differ, or it is not known"]))

      \(HelpSections.environment(EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(
    help: "A folder, or hub:org/name with or without @revision.", completion: .directory, transform: named)
  var left: String
  @Argument(help: "Another one.", completion: .directory, transform: named) var right: String
  @Flag(help: "Also read values from the hub: as much as both models have.") var values = false
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption

  func run() throws {
    let (one, other) = (try NamedModel(left), try NamedModel(right))
    defer {
      one.tellTraffic()
      other.tellTraffic()
    }
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let diff = try ModelDiff(
      one.side(), other.side(), threads: parallel.threads, readsValues: values, observer: line)
    line.clear()
    format.print(json: diff.json, text: diff.text)
    if !diff.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}
