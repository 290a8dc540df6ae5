import ArgumentParser
import Checking
import Conversion
import Diagnostics
import Files
import Manifests
import Planning
import Quantization
import StrictJSON
import SystemPackage
import Terminal
import Threads

struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measures what it costs the model to quantize each tensor, for a budget.",
    discussion: """
      Every tensor that a rule of the manifest just quantizes is quantized alone, in every candidate of the budget, and \
      the model is run over the text beside the one that is not quantized. The result is the file that the manifest names \
      under sensitivity, or NAME.sensitivity.json beside a manifest NAME.json; it is the same for any number of threads. \
      What is done is kept in a file .partial beside it: the same command goes on.

      A chat in the text is written out with its special tokens. Without --text, a small one of our own is taken.

      Example:
        cambium measure manifests/demo.json --text sample.txt

      \(HelpSections.exitCodes([.resumable: "stopped: the same command goes on"]))

      \(HelpSections.environment([.pipelines, .simd] + EnvironmentVariable.hub))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @Option(help: ArgumentHelp("The text to measure on.", valueName: "file"), completion: .file()) var text: FilePath?
  @Option(
    help: ArgumentHelp("The result, instead of the manifest's sensitivity.", valueName: "file"),
    completion: .file(extensions: ["json"]), transform: resultFile) var output: FilePath?
  @Option(help: "Tokens of a window; each begins with an empty state.") var window: Int = 512
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var force: ForceOption
  @OptionGroup var pipelines: PipelineOptions
  @OptionGroup var progress: QuietOption
  @OptionGroup var format: JSONOption

  /// What is measured without a budget that names candidates.
  private static let usual: [QuantizationChoice] =
    [3, 4, 5, 6, 8].map { QuantizationChoice(mode: .affine, bits: $0, groupSize: 64, scales: .search) }

  func validate() throws {
    guard (2...65_536).contains(window) else { throw ValidationError("--window takes a number from 2 to 65536") }
  }

  func run() throws {
    StopSignal.shared.install()
    let folders = try pipelines.folders(manifest: manifest)
    let resolution = try Resolution(Manifest(path: manifest), pipelineFolders: folders, measuring: true)
    let planner = Planner(resolution)
    let plan = try planner.plan()
    let open = planner.openTensors(plan.tensors)
    let names = open.keys.sorted().map(\.string)
    let path = output?.absolute ?? resolution.manifest.sensitivity ?? Sensitivity.path(beside: manifest)
    let file = try text?.absolute ?? MeasureCommand.bundledText(folders)
    // An earlier sensitivity of this manifest is replaced by the new one.
    let read = resolution.inputPaths.filter { $0 != resolution.manifest.sensitivity } + [file]
    let target = ResultFile(path, MeasureCommand.kind, force: force.force, inputs: read)
    try resolution.requireOutsideInputs(path)
    try target.check()
    let choices = resolution.budget?.candidates ?? []
    let measurement = try SensitivityMeasurement(
      resolution.source, sets: names.map { [$0] },
      columns: { name in open[UTF8Name(name)].map { plan.tensors[$0].tensor.shape.last ?? 0 } ?? 0 },
      candidates: try (choices.isEmpty ? MeasureCommand.usual : choices).map { try $0.over(resolution.format) },
      text: try ReadOnlyFile(path: file).readAll(limit: 64 << 20), file: file.string, window: window,
      threads: parallel.threads)
    let passes = measurement.passes
    if !progress.quiet { Terminal.note("\(names.count) tensors, \(passes) passes of a window") }
    // What is kept of a measurement has its place beside the result, or where that would be by itself.
    let place = try target.isStreamed() ? Sensitivity.path(beside: manifest) : path
    let partial = place.appending(suffix: ".partial")
    let kept = KeptPasses(total: passes, quiet: progress.quiet)
    let result = try kept.run { isStopped, onProgress in
      try measurement.run(keeping: partial, tool: Tool.name, isStopped: isStopped, onProgress: onProgress)
    }
    try target.write(JSONWriter.pretty(result.json))
    try Folder.removeTree(partial)
    // What went into a pipe has nothing after it.
    if try !target.isStreamed() { format.print(json: result.json, text: path.string) }
  }

  private static let kind = ResultFile.Kind("a sensitivity file") { beginning in
    String(decoding: beginning.prefix(256), as: UTF8.self).contains("\"cambium_sensitivity\"")
  }

  /// The text that is taken where none is named.
  static func bundledText(_ folders: [FilePath]) throws -> FilePath {
    let places = folders.map { $0.appending("text/measure.txt") }
    for place in places where try place.exists { return place }
    throw ManifestError.shippedMissing(
      what: "text to measure on", looked: places.map(\.string).joined(separator: ", "))
  }
}
