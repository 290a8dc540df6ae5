import ArgumentParser
import Checking
import Conversion
import Diagnostics
import Files
import Manifests
import Planning
import StrictJSON
import SystemPackage
import Terminal
import Threads

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Collects the activations' second moments that error feedback needs.",
    discussion: """
      Runs the model over the text and sums the second moments of the inputs of every \
      tensor that a rule, or a candidate of the budget, quantizes with \
      "scales": "feedback". The result is the file that the manifest names under \
      "calibration", or NAME.calibration.safetensors beside NAME.json. It is the same for \
      any number of threads and any memory: what does not fit takes another pass over the \
      text. Progress is kept in a folder .partial beside the result, so that the same \
      command continues after an interruption.

      A chat in the text is written out with its special tokens. Without --text a small \
      text of our own is used, which is too small for layers with more than a thousand \
      inputs.

      Example:
        cambium calibrate manifests/demo.json --text sample.txt

      \(HelpSections.exitCodes([.resumable: "stopped: the same command goes on"]))

      \(HelpSections.environment([.pipelines, .simd] + EnvironmentVariable.hub))
      """)

  @Argument(help: "The manifest.", completion: .file(extensions: ["json"])) var manifest: FilePath
  @Option(help: ArgumentHelp("The text to run.", valueName: "file"), completion: .file()) var text: FilePath?
  @Option(
    help: ArgumentHelp("The result, instead of the manifest's calibration.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]), transform: resultFile) var output: FilePath?
  @Option(help: "Tokens of a window; each begins with an empty state.") var window: Int = 512
  @Option(help: ArgumentHelp("Most memory for the sums; without effect on the result.", valueName: "bytes"))
  var memory = ByteCount(bytes: 2 << 30)
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var force: ForceOption
  @OptionGroup var pipelines: PipelineOptions
  @OptionGroup var progress: QuietOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard (2...65_536).contains(window) else { throw ValidationError("--window takes a number from 2 to 65536") }
  }

  func run() throws {
    StopSignal.shared.install()
    let folders = try pipelines.folders(manifest: manifest)
    let resolution = try Resolution(Manifest(path: manifest), pipelineFolders: folders, measuring: true)
    let planner = Planner(resolution)
    let tensors = try planner.calibratedTensors(planner.plan().tensors)
    guard !tensors.isEmpty else {
      throw CalibrationError.unpaired(
        place: manifest.string, expected: "a matrix of the trunk with \"scales\": \"feedback\"", found: "none")
    }
    let path = output?.absolute ?? resolution.manifest.calibration ?? Calibration.path(beside: manifest)
    let file = try text?.absolute ?? MeasureCommand.bundledText(folders)
    // An earlier calibration of this manifest is replaced by the new one.
    let read = resolution.inputPaths.filter { $0 != resolution.manifest.calibration } + [file]
    let target = ResultFile(path, CalibrateCommand.kind, force: force.force, inputs: read)
    try resolution.requireOutsideInputs(path)
    try target.check()
    let run = try CalibrationRun(
      resolution.source, tensors: tensors.map { ($0.name, $0.tensor.shape) },
      text: ReadOnlyFile(path: file).readAll(limit: 64 << 20), file: file.string, window: window,
      threads: parallel.threads, memory: memory.bytes)
    let passes = run.passes
    if !progress.quiet { Terminal.note("\(tensors.count) tensors, \(run.inputs) inputs, \(passes) passes of a window") }
    // What is kept of a calibration has its place beside the result, or where that would be by itself.
    let place = try target.isStreamed() ? Calibration.path(beside: manifest) : path
    let partial = place.appending(suffix: ".partial")
    let kept = KeptPasses(total: passes, quiet: progress.quiet)
    let lock = try run.lock(partial)
    defer { lock.release() }
    let result = try kept.run { isStopped, onProgress in
      try run.run(keeping: partial, tool: Tool.name, isStopped: isStopped, onProgress: onProgress)
    }
    try run.write(result, from: partial, to: target)
    try run.removeKept(in: partial)
    // What went into a pipe has nothing after it.
    if try !target.isStreamed() { format.print(json: result.json, text: path.string) }
  }

  private static let kind = ResultFile.Kind("a calibration file") { beginning in
    String(decoding: beginning.prefix(1024), as: UTF8.self).contains(Calibration.key)
  }
}
