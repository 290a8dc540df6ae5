import ArgumentParser
import Checking
import Inference
import StrictJSON
import Terminal
import Threads
import SystemPackage

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Writes what the model computes for a prompt, for comparisons with other runners.",
    discussion: """
      PREFIX.safetensors gets logits, hidden states behind every layer, the state of every layer behind the prompt, and \
      the head's outputs; PREFIX.json the greedy continuation, and the drafts of every round with their acceptance.

      Example:
        verify-runner trace PACKAGE --ids "5 17 203" --limit 16 --output trace

      \(HelpSections.exitCodes())

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The package, or a checkpoint.", completion: .directory, transform: named) var package: String
  @Option(help: "Token ids, or a file with them, as text or as a JSON list.", transform: named) var ids: String
  @Option(
    help: ArgumentHelp("Beginning of the files' names.", valueName: "prefix"), completion: .file(),
    transform: resultPrefix)
  var output: String
  @Option(help: "Tokens of the greedy continuation; stop tokens do not end it.") var limit: Int = 24
  @Option(help: "Drafted tokens per round, 0 to 8; by default 3 where there is a head.") var depth: Int?
  @OptionGroup var force: ForceOption
  @Flag(help: "Print the paths as JSON.") var json = false
  @OptionGroup var runner: RunnerOptions

  func validate() throws {
    try requireLimit(limit)
    if let depth, !(0...DecodingMethod.deepest).contains(depth) {
      throw ValidationError("--depth takes a number from 0 to \(DecodingMethod.deepest)")
    }
  }

  func run() throws {
    StopSignal.shared.install()
    try runner.arithmetic.check()
    let files = TraceFiles.results(
      output, force: force.force, inputs: [FilePath(typed: package), FilePath(typed: ids)])
    for file in files { try file.check() }
    let model = try LoadedModel.open(package)
    let depth = self.depth ?? (model.hasHead ? 3 : 0)
    let trace = try model.trace(
      Prompt(try TokenIDs.read(ids)), limit: limit, depth: depth, threads: runner.threads,
      promptChunk: runner.chunk,
      arithmetic: runner.arithmetic)
    guard !StopSignal.shared.isRequested else { throw CancellationError() }
    let paths = try TraceFiles(trace, model: model, depth: depth, arithmetic: runner.arithmetic).write(files)
    if json {
      Terminal.print(
        .object([("verify_runner_trace_files", 1), ("files", .array(paths.map { .string($0.string) }))]))
    } else {
      for path in paths { Terminal.print(path.string) }
    }
  }
}
