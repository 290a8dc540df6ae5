import ArgumentParser
import Conversion
import Files
import StrictJSON
import SystemPackage
import Terminal

struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Removes the work folder of a finished run; the package stays.",
    discussion: """
      What no run made stays where it is.

      Example:
        cambium clean manifests/demo.json

      \(HelpSections.exitCodes([.resumable: "a run has the folder"]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @OptionGroup var places: PlaceOptions
  @Flag(help: "Remove the work of a run that has not published its package, too.") var unfinished = false
  @OptionGroup var format: JSONOption
  @OptionGroup var pipelines: PipelineOptions

  func run() throws {
    let options = RunOptions(
      work: places.work?.absolute, output: places.output?.absolute,
      pipelineFolders: try pipelines.folders(manifest: manifest))
    let run = try Run(manifest: manifest, options: options)
    let left = try run.clean(unfinished: unfinished)
    format.print(
      json: .object([
        ("cambium_clean", .int(1)), ("work", .string(run.work.string)), ("removed", .bool(left?.isEmpty == true)),
        ("left", .array((left ?? []).map { .string($0) })),
      ]),
      text: text(run.work, left))
  }

  private func text(_ work: FilePath, _ left: [String]?) -> String {
    guard let left else { return "there is no \(work)" }
    return left.isEmpty ? "removed \(work)" : "\(work) stays, with what no run made: \(left.joined(separator: ", "))"
  }
}
