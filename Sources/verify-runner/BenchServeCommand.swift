import ArgumentParser
import Benchmarking
import Files
import Foundation
import SystemPackage
import Terminal

struct BenchServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-serve",
    abstract: "Measures a running server, or two in turn: time to the first token, per token and per answer.",
    discussion: """
      Any server that has /v1/completions can be measured. Answers have exactly --tokens tokens; the server's own \
      usage counts them, and in a stream their ids where it tells them. Two servers take turns, so that a busy \
      minute of the machine hits both.

      Example:
        verify-runner bench-serve http://127.0.0.1:8400
        verify-runner bench-serve http://127.0.0.1:8400 \\
            --compare http://127.0.0.1:8401 --plot load.svg
        verify-runner bench-serve http://127.0.0.1:8400 --decoder vanilla \\
            --at-once 1,16 --long-prompt 4096

      \(HelpSections.exitCodes())
      """)

  @Argument(help: "The server: http://HOST:PORT.") var server: String
  @Option(help: "A second server, which is asked the same in turn.") var compare: String?
  @Option(help: "Requests under way at once, with commas.") var atOnce: CountList?
  @Option(help: "Requests of each measurement.") var requests = 32
  @Option(help: "Words of a prompt.") var promptWords = 256
  @Option(help: "Tokens of an answer.") var tokens = 128
  @Option(help: "Words of a prompt that comes in the middle of each measurement; 0 for none.") var longPrompt = 0
  @Option(help: "How the first server decodes; by default as it does by itself.") var decoder: String?
  @Option(help: "What the model is called; by default the server's own name for it.") var model = ""
  @Option(help: "The environment variable that holds the key of the servers.") var apiKeyEnv: String?
  @OptionGroup var format: JSONOption
  @Option(help: "Write the result as a table of comma-separated values.", completion: .file(), transform: resultFile)
  var csv: FilePath?
  @Option(help: "Write a picture of the result.", completion: .file(extensions: ["svg"]), transform: resultFile)
  var plot: FilePath?
  @OptionGroup var force: ForceOption
  @OptionGroup var progress: QuietOption

  func validate() throws {
    guard (1...100_000).contains(requests) else { throw ValidationError("--requests takes a number from 1 to 100000") }
    for (name, number) in [("--prompt-words", promptWords), ("--tokens", tokens)] where !(1...1 << 20).contains(number)
    {
      throw ValidationError("\(name) takes a number from 1 to 1048576")
    }
    guard (0...1 << 20).contains(longPrompt) else {
      throw ValidationError("--long-prompt takes a number from 0 to 1048576")
    }
    if let csv, let plot, csv.absolute == plot.absolute { throw ValidationError("--csv and --plot name one file") }
  }

  func run() throws {
    var options = LoadOptions()
    options.atOnce = atOnce?.counts ?? options.atOnce
    (options.requests, options.promptWords, options.tokens) = (requests, promptWords, tokens)
    (options.model, options.decoder, options.longPrompt) = (model, decoder, longPrompt)
    if let apiKeyEnv {
      let key = ProcessInfo.processInfo.environment[apiKeyEnv]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
      // A key becomes a part of a head: what would end the field there is none.
      guard !key.isEmpty, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw ValidationError("--api-key-env: \(apiKeyEnv) holds no key")
      }
      options.key = key
    }
    let table = csv.map { ResultFile($0, LoadReport.table, force: force.force) }
    let picture = plot.map { ResultFile($0, BenchReport.picture, force: force.force) }
    for file in [table, picture].compactMap({ $0 }) { try file.check() }
    let servers = try [server, compare].compactMap { $0 }.map { try LoadAddress($0) }
    let isQuiet = progress.quiet
    let report = try LoadBench(servers, options) { text in if !isQuiet { Terminal.note(text) } }.run()
    try table?.write(Array(report.csv.utf8))
    try picture?.write(Array(report.svg.utf8))
    format.print(json: report.json, text: report.text)
  }
}
