import ArgumentParser
import Conversion
import Diagnostics
import Files
import StrictJSON
import Terminal
import SystemPackage

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Writes a manifest for a model folder.",
    discussion: """
      Example:
        cambium init models/Qwen3.5-4B-tuned --donor models/Qwen3.5-4B --pipeline mxfp4

      \(HelpSections.exitCodes())

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub))
      """)

  @Argument(help: "The source: a folder, or hub:org/name@commit.", completion: .directory, transform: named)
  var source: String
  @Option(
    help: "The donor of the MTP head: a folder, or hub:org/name@commit.", completion: .directory, transform: named)
  var donor: String?
  @Option(help: "The pipeline.") var pipeline = "mxfp4"
  @Option(help: ArgumentHelp("Folder of the package.", valueName: "folder")) var output: FilePath?
  @Option(
    help: ArgumentHelp("The manifest to write; by default NAME.json.", valueName: "file"), transform: resultFile)
  var manifest: FilePath?
  @Flag(help: "Print the manifest and write nothing.") var dryRun = false
  @OptionGroup var format: JSONOption
  @OptionGroup var pipelines: PipelineOptions

  /// Where the manifest of a source goes: into the current folder, or beside the model where that is the model's own.
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
      source: source, donor: donor, pipeline: pipeline, output: output?.absolute.string, manifest: path,
      pipelineFolders: pipelines.folders(manifest: path))
    for note in template.notes { Terminal.note("note: \(note)") }
    if dryRun {
      Terminal.print(template.json)
      return
    }
    try Folder.requireOutsidePackages(path)
    try AtomicFile.create(JSONWriter.pretty(template.json), at: path)
    if format.json {
      let notes = template.notes.map { JSONValue.string($0) }
      Terminal.print(
        .object([
          ("cambium_init", .int(1)), ("path", .string(path.string)), ("manifest", template.json),
          ("notes", .array(notes)),
        ]))
    } else {
      Terminal.print(path.string)
    }
  }
}
