import ArgumentParser
import Checkpoint
import Conversion
import Diagnostics
import Foundation
import PackageCheck
import StrictJSON

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Says what a model folder is: architecture, roles, dtypes, MTP head, problems.",
    discussion: """
      Example:
        cambium inspect manifests/demo/trunk
      """)

  @Argument(help: "A folder, or hub:org/name@commit.", completion: .directory) var model: String
  @Flag(help: "Print the result as JSON.") var json = false

  func run() throws {
    let reference = try ModelReference(model, relativeTo: FileManager.default.currentDirectoryPath)
    let inspection = Inspection(try CheckpointFolder(reference))
    if json { Terminal.print(inspection.json) } else { Terminal.print(inspection.text) }
  }
}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Says how far a run has come.",
    discussion: """
      Example:
        cambium status manifests/demo.json
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: String
  @Option(help: ArgumentHelp("Work folder; by default OUTPUT.work.", valueName: "folder"), completion: .directory)
  var work: String?
  @Option(
    help: ArgumentHelp("Folder of the package, instead of the manifest's.", valueName: "folder"), completion: .directory
  )
  var output: String?
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var pipelines: PipelineOptions

  func run() throws {
    let options = RunOptions(
      work: work?.absolutePath, output: output?.absolutePath, pipelineFolders: pipelines.folders(manifest: manifest))
    let status = try Run(manifest: manifest, options: options).status()
    if json { Terminal.print(status.json) } else { Terminal.print(status.text) }
  }
}

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two checkpoints or packages: tensors missing, added, changed, and the head.",
    discussion: """
      Ends with 0 when both are equal and with 1 when they differ.

      Example:
        cambium diff manifests/demo/trunk manifests/demo/donor
      """)

  @Argument(help: "A folder.", completion: .directory) var left: String
  @Argument(help: "Another folder.", completion: .directory) var right: String
  @Option(help: "Threads; without effect on the result.") var threads: Int = ProcessInfo.processInfo
    .activeProcessorCount
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws { try requireThreads(threads) }

  func run() throws {
    let diff = try ModelDiff(left.absolutePath, right.absolutePath, threads: threads)
    if json { Terminal.print(diff.json) } else { Terminal.print(diff.text) }
    if !diff.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}
