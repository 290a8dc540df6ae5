import ArgumentParser
import Checkpoint
import Conversion
import Diagnostics
import Files
import Hub
import StrictJSON
import Terminal
import SystemPackage

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Writes a manifest for a model folder.",
    discussion: """
      Example:
        cambium init models/Qwen3.5-4B-tuned --donor models/Qwen3.5-4B \\
            --pipeline mxfp4
        cambium init hub:me/mytune --base-model Qwen/Qwen3.5-4B

      A hub model without @commit is pinned to the commit that the cache has of its main branch.

      \(HelpSections.exitCodes())

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub))
      """)

  @Argument(
    help: "The source: a folder, or hub:org/name with or without @commit.", completion: .directory, transform: named)
  var source: String
  @Option(
    help: "The donor of the MTP head: a folder, or hub:org/name with or without @commit.", completion: .directory,
    transform: named)
  var donor: String?
  @Option(
    help: "The pipeline: a name that cambium pipelines lists, or a path that ends in .json.",
    completion: .custom { _, _, _ in PipelineOptions.names() }) var pipeline = "mxfp4"
  @Option(help: ArgumentHelp("The base model that the card names, such as org/name.", valueName: "name"))
  var baseModel: String?
  @Option(help: ArgumentHelp("Folder of the package.", valueName: "folder")) var output: FilePath?
  @Option(
    help: ArgumentHelp("The manifest to write; by default NAME.json.", valueName: "file"), transform: resultFile)
  var manifest: FilePath?
  @Flag(help: "Print the manifest and write nothing.") var dryRun = false
  @Flag(help: "Replace a file that is at the manifest's place.") var force = false
  @OptionGroup var format: JSONOption
  @OptionGroup var pipelines: PipelineOptions

  /// Where the manifest of a source goes: into the current folder, or beside the model where that is the model's.
  static func place(of source: String) -> FilePath {
    guard !source.hasPrefix("hub:") else {
      let name = source.split(separator: "/").last?.split(separator: "@").first.map(String.init) ?? "model"
      return FilePath(name + ".json").absolute
    }
    let model = FilePath(source).absolute
    let name = model.name + ".json"
    let isInside = Folder.current.starts(with: model)
    return isInside ? model.folder.appending(name) : Folder.current.appending(name)
  }

  // A transformation would take the default out of the help.
  func validate() throws { _ = try named(pipeline) }

  func run() throws {
    let path = manifest?.absolute ?? InitCommand.place(of: source)
    let template = try ManifestTemplate(
      source: pinned(source), donor: donor.map(pinned), pipeline: pipeline, baseModel: baseModel,
      output: output?.absolute.string, manifest: path, pipelineFolders: try pipelines.folders(manifest: path))
    for note in template.notes { Terminal.note("note: \(note)") }
    if dryRun {
      Terminal.print(template.json)
      return
    }
    try Folder.requireOutsidePackages(path)
    let bytes = JSONWriter.pretty(template.json)
    if force {
      // Whatever is there may go, except for the model's own files.
      let models = [source, donor].compactMap { $0 }.filter { !$0.hasPrefix("hub:") }.map {
        FilePath(typed: $0).absolute
      }
      let kind = ResultFile.Kind("a manifest") { _ in true }
      try ResultFile(path, kind, force: true, inputs: models).write(bytes)
    } else {
      try AtomicFile.create(bytes, at: path)
    }
    if format.json {
      let notes = template.notes.map { JSONValue.string($0) }
      Terminal.print(
        .object([
          ("cambium_init", .int(1)), ("path", .string(path.string)), ("manifest", template.json),
          ("notes", .array(notes)),
        ]))
    } else {
      Terminal.print(path.string)
      let name = FilePath(typed: Folder.current.appending(path.name) == path ? path.name : path.string).string
        .shellQuoted
      Terminal.note("note: cambium plan \(name) says what will be made, cambium run \(name) makes it")
    }
  }

  /// A model of the hub by its commit: a manifest names that, so that it means the same tomorrow. Any other name as it is.
  private func pinned(_ text: String) throws -> String {
    guard HubName.isMeant(text) else { return text }
    let name = try HubName(text)
    guard name.commit == nil else { return text }
    let folder = try ModelReference.hub(HubReference(name.description)).resolve()
    let pinned = "hub:\(name.repository)@\(folder.name)"
    Terminal.note("note: \(text) is pinned to the commit that the cache has of it, \(folder.name)")
    return pinned
  }
}
