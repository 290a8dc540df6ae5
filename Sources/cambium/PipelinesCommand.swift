import ArgumentParser
import Diagnostics
import Files
import Manifests
import StrictJSON
import SystemPackage
import Terminal

struct PipelinesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipelines", abstract: "Lists the pipelines that a manifest can name, and what each is for.",
    discussion: """
      Of a name that several folders have, the first folder counts: --pipelines, then
      CAMBIUM_PIPELINES, then pipelines/ in the current folder and in the one above,
      then the shipped ones.

      Example:
        cambium pipelines

      \(HelpSections.exitCodes())

      \(HelpSections.environment([.pipelines]))
      """)

  @OptionGroup var format: JSONOption
  @OptionGroup var pipelines: PipelineOptions

  func run() throws {
    // The folders for a manifest in the current folder.
    let folders = try pipelines.folders(manifest: Folder.current.appending("manifest.json"))
    let all = try Pipeline.list(folders).map { (name: $0.name, pipeline: try Pipeline(path: $0.path)) }
    guard !all.isEmpty else {
      throw ManifestError.shippedMissing(what: "pipeline", looked: folders.map(\.string).joined(separator: ", "))
    }
    format.print(json: json(all), text: text(all))
  }

  private func json(_ all: [(name: String, pipeline: Pipeline)]) -> JSONValue {
    .object([
      ("cambium_pipelines", .int(1)),
      (
        "pipelines",
        .array(
          all.map { name, pipeline in
            .object([
              ("name", .string(name)), ("summary", .string(pipeline.summary)),
              ("mode", .string(pipeline.format.mode.rawValue)), ("bits", .int(pipeline.format.bits)),
              ("group_size", .int(pipeline.format.groupSize)), ("path", .string(pipeline.path.string)),
            ])
          })
      ),
    ])
  }

  private func text(_ all: [(name: String, pipeline: Pipeline)]) -> String {
    let rows = all.map { name, pipeline -> [String] in
      let format = pipeline.format
      let numbers = "\(format.mode.rawValue) \(format.bits)/\(format.groupSize)"
      // One that quantizes nothing has a number format all the same, for a manifest's own rules.
      let isKept = pipeline.rules.allSatisfy { $0.treatment == .keep }
      return [name, isKept ? "as they are" : numbers, pipeline.summary]
    }
    return TextTable(["pipeline", "numbers", "what it is for"], rows).lines.joined(separator: "\n")
  }
}
