import ArgumentParser
import Checking
import Files
import Inference
import StrictJSON
import SystemPackage
import Terminal
import Threads

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares packages of one source on the same texts: KL, best token, perplexity, by domain.",
    discussion: """
      Each text is a domain, called by its file's name, in which special tokens are special tokens: a chat is written out \
      as its template would. Of every package after the first, KL less that of the first is given, position by position, \
      with an interval of 95 %.

      Example:
        verify-runner compare CHECKPOINT PACKAGE OTHER --text chat.txt \\
            --text code.txt

      \(HelpSections.exitCodes())

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The checkpoint that the packages were made from.", completion: .directory, transform: named)
  var source: String
  @Argument(help: "The packages.", completion: .directory, transform: named) var packages: [String]
  @Option(help: ArgumentHelp("A text; may be given several times.", valueName: "file"), completion: .file())
  var text: [FilePath]
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption
  @OptionGroup var parallel: ThreadOptions

  func validate() throws {
    guard !packages.isEmpty else { throw ValidationError("name at least one package") }
    guard !text.isEmpty else { throw ValidationError("name at least one --text") }
    guard Set(text.map(\.name)).count == text.count else { throw ValidationError("two texts have one name") }
  }

  func run() throws {
    StopSignal.shared.install()
    let original = try LoadedModel.open(source)
    let tokenizer = try PromptEncoder(folder: original.path).tokenizer()
    let domains = try text.map { file in
      PackageComparison.Domain(
        name: file.name, tokens: tokenizer.encode(try ReadOnlyFile(path: file).readAll(limit: PromptFile.limit)))
    }
    let models = try packages.map { package in
      if !progress.quiet { Terminal.note("opening \(package)") }
      return try LoadedModel.open(package)
    }
    let comparison = try PackageComparison(
      models, source: original, domains: domains, threads: parallel.threads,
      isStopped: { StopSignal.shared.isRequested })
    format.print(json: comparison.json, text: comparison.text)
  }
}
