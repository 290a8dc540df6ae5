import ArgumentParser
import Conversion
import Files
import Hub
import StrictJSON
import SystemPackage
import Terminal

struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Removes the work folder of a finished run; the package stays.",
    discussion: """
      What no run made stays where it is, and is listed. The models that the
      manifest names are not needed.

      Example:
        cambium clean manifests/demo.json

      \(HelpSections.exitCodes([.resumable: "a run has the folder, or machines may be converting in it"]))

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
    for (number, folder) in try ManifestWork.all(manifest: manifest, options: options).enumerated() {
      let left = try folder.clean(unfinished: unfinished) { try KeptModels.entries(in: $0) }
      // About a folder beside the package that is not there, nothing is said.
      guard number == 0 || left != nil else { continue }
      format.print(
        json: .object([
          ("cambium_clean", .int(1)), ("work", .string(folder.work.string)), ("removed", .bool(left?.isEmpty == true)),
          ("left", .array((left ?? []).map { .string($0) })),
        ]),
        text: text(folder.work, left))
    }
  }

  private func text(_ work: FilePath, _ left: [String]?) -> String {
    guard let left else { return "there is no \(work)" }
    return left.isEmpty ? "removed \(work)" : "\(work) stays, with what no run made: \(left.joined(separator: ", "))"
  }
}
