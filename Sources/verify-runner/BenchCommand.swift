import ArgumentParser
import Benchmarking
import Checking
import Files
import Inference
import Terminal
import Threads
import SystemPackage

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures decoding with and without the MTP head: speed, delays, acceptance, phases, memory, bandwidth.",
    discussion: """
      Every prompt is decoded by every decoder in turn, once to warm up and then in each repetition; medians are printed. \
      Tokens of all decoders but optimistic must be those of vanilla decoding, to the last: else it ends with 2. \
      Prompts are the program's own, by class (code, prose, chat, tool, image), or those of --prompts, --ids or \
      --random-ids. What the package cannot run is listed with the reason.

      --impose decides by a seed which drafts are right, for weights without training: 0.8,0.6 accepts first drafts in 8 \
      of 10 cases, second ones in 6 of 10 cases in which the first was. The head does its work all the same, the target \
      checks as ever, and every output says that the acceptance is imposed.

      Example:
        verify-runner bench PACKAGE --threads 2 --csv bench.csv --plot bench.svg
        verify-runner bench PACKAGE --decoders vanilla,mtp-2,adaptive \\
            --classes code --limit 128 --json
        verify-runner bench SYNTHETIC --random-ids 64 --impose 0.8,0.7,0.6 --passes
        verify-runner bench PACKAGE --decoders mtp-2 --concurrency 1,4,8,16

      \(HelpSections.exitCodes([.verificationFailed: "a verified way of decoding gave other tokens"]))

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The package, or a checkpoint.", completion: .directory, transform: named) var package: String
  @Option(help: "Prompts, one JSON object a line; kind is the class.", completion: .file(extensions: ["jsonl"]))
  var prompts: FilePath?
  @Option(
    help: "Classes of prompts, with commas: code, prose, chat, tool, image, or kinds of --prompts; by default all.")
  var classes: NameList?
  @Option(
    help: "Folder of pictures for the class image, instead of one that the program draws.", completion: .directory)
  var images: FilePath?
  @Option(help: "A prompt of token ids, or a file with them, as text or as a JSON list.", transform: named) var ids:
    String?
  @Option(help: "Prompts of so many random token ids.") var randomIds: Int?
  @Option(help: "Most prompts of each class.") var perClass: Int = 2
  @Option(
    help: ArgumentHelp(
      "Names with commas, vanilla always among them: \(DecodingMethod.names); by default vanilla, mtp-1 to mtp-4,"
        + " adaptive and optimistic-2."), transform: DecoderList.init)
  var decoders: DecoderList = DecoderList(decoders: BenchDecoder.standard)
  @OptionGroup var drafters: DrafterOptions
  @Option(help: "Tokens to decode for each prompt; stop tokens do not end them.") var limit: Int = 64
  @Option(help: "Repetitions that are measured.") var repetitions: Int = 3
  @Option(help: "Chances, with commas, that a draft is right when those before it are, by place.")
  var impose: ChanceList?
  @Option(help: "Seed of --random-ids and --impose.") var seed: UInt64 = 0
  @Flag(help: "Measure single passes too: of 1 to 8 rows, of a draft, of a prompt, beside OpenBLAS.") var passes = false
  @Option(
    help: "Also measure this many sequences at once, with commas, such as 1,4,8,16: their tokens per second and delays."
  )
  var concurrency: CountList?
  @OptionGroup var format: JSONOption
  @Option(help: "Write the result as a table of comma-separated values.", completion: .file(), transform: resultFile)
  var csv: FilePath?
  @Option(help: "Write a picture of the result.", completion: .file(extensions: ["svg"]), transform: resultFile)
  var plot: FilePath?
  @OptionGroup var force: ForceOption
  @OptionGroup var progress: QuietOption
  @OptionGroup var runner: RunnerOptions

  func validate() throws {
    try requireLimit(limit)
    guard limit > 0 else { throw ValidationError("--limit takes a number from 1 to 1048576") }
    guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions takes a number from 1 to 1000") }
    guard (1...1000).contains(perClass) else { throw ValidationError("--per-class takes a number from 1 to 1000") }
    if let randomIds, !(1...1 << 20).contains(randomIds) {
      throw ValidationError("--random-ids takes a number from 1 to 1048576")
    }
    if let csv, let plot, csv.absolute == plot.absolute {
      throw ValidationError("--csv and --plot name one file")
    }
    if let kind = plot?.extension?.lowercased(), ["png", "jpg", "jpeg", "pdf", "webp", "gif"].contains(kind) {
      throw ValidationError("--plot writes SVG, not \(kind): name a file that ends in .svg")
    }
    if prompts == nil { try requireClasses(BenchPrompts.classes) }
  }

  func run() throws {
    StopSignal.shared.install()
    try runner.arithmetic.check()
    for file in [table, picture].compactMap({ $0 }) { try file.check() }
    let model = try LoadedModel.open(package, drafters: drafters.drafter)
    let pool = WorkerPool(threads: runner.threads)
    let set = try promptSet(model, pool)
    guard !set.prompts.isEmpty else { throw BenchError.nothing(reasons: set.unavailable.map(\.text)) }
    let machine = Machine.probe()
    let load = Machine.load
    let imposed = impose.map { ImposedAcceptance(chances: $0.chances, seed: seed) }
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let vocabulary = runner.vocabulary(or: .auto)
    let lowest = vocabulary.lowest(of: model.configuration.vocabulary)
    var options = BenchOptions(
      decoders: decoders.decoders, limit: limit, repetitions: repetitions, promptChunk: runner.chunk,
      arithmetic: runner.arithmetic, draftShortlist: lowest, imposed: imposed,
      cacheBytes: machine.cacheBytes, isStopped: { StopSignal.shared.isRequested }, observer: line)
    options.measuresShortlist = vocabulary == .auto
    var bench = Bench(model, pool: pool, options)
    try bench.run(set.prompts)
    if passes { line.say("single passes") }
    let passTimes =
      passes
      ? try PassTimes.measure(
        model, pool: pool, promptChunk: runner.chunk, arithmetic: runner.arithmetic,
        draftShortlist: lowest, repetitions: repetitions, seed: seed,
        isStopped: { StopSignal.shared.isRequested }) : nil
    var together = concurrency.map {
      ConcurrencyBench(model, pool: pool, options, decoders: bench.decoders, numbers: $0.counts)
    }
    try together?.run(set.prompts, truth: bench.truth)
    let kinds = set.prompts.map(\.kind)
    var report = BenchReport(
      machine: machine, load: load, readBandwidth: Figures.median(bench.readBandwidths) ?? 0,
      model: ModelSummary(model),
      settings: .init(
        threads: runner.threads, promptChunk: runner.chunk, arithmetic: runner.arithmetic.rawValue,
        draftShortlist: lowest, limit: limit, repetitions: repetitions, imposed: imposed),
      prompts: set.prompts.map { .init(id: $0.id, kind: $0.kind, tokens: $0.tokens) },
      unavailable: bench.unavailable + set.unavailable,
      results: BenchResult.summarize(
        bench.measured, decoders: bench.decoders, kinds: kinds, truth: bench.truth, isImposed: imposed != nil),
      differences: bench.differences + (together?.differences ?? []),
      memory: .init(anonymous: bench.anonymousBytes, resident: bench.residentBytes, mapped: model.mappedBytes),
      passes: passTimes)
    report.concurrency = together?.results ?? []
    report.name = FilePath(typed: package).absolute.lastComponent?.string ?? ""
    line.clear()
    try write(report)
  }

  private var table: ResultFile? {
    csv.map { ResultFile($0, BenchReport.table, force: force.force, inputs: inputs) }
  }

  private var picture: ResultFile? {
    plot.map { ResultFile($0, BenchReport.picture, force: force.force, inputs: inputs) }
  }

  private var inputs: [FilePath] {
    [FilePath(typed: package), prompts, images, ids.map { FilePath(typed: $0) }].compactMap { $0 }
  }

  private func write(_ report: BenchReport) throws {
    try table?.write(Array(report.csv.utf8))
    try picture?.write(Array(report.svg.utf8))
    format.print(json: report.json, text: report.text)
    if let failure = report.failure { Terminal.fail(failure.diagnostic, afterResult: true) }
  }

  /// Prompts of ids are used alone unless classes or a file are asked for as well.
  private func promptSet(_ model: LoadedModel, _ pool: WorkerPool) throws -> BenchPrompts {
    let encoder = PromptEncoder(folder: model.path)
    var set = BenchPrompts()
    if ids == nil && randomIds == nil || prompts != nil || classes != nil || images != nil {
      let texts = try prompts.map(PromptFile.read) ?? BundledPrompts.all
      let kinds = Set(texts.map(\.kind))
      try requireClasses(BenchPrompts.order(Array(kinds)) + ["image"])
      let wanted = classes.map { Set($0.names) } ?? kinds.union(prompts == nil || images != nil ? ["image"] : [])
      try set.add(few(texts.filter { wanted.contains($0.kind) }), with: encoder)
      if wanted.contains("image"), images != nil || !kinds.contains("image") {
        let pictures = try images.map { try Picture.all(in: $0).prefix(perClass).map(BenchPicture.init) }
        try set.add(pictures: pictures ?? [BenchPicture.drawn], model: model, encoder: encoder, pool: pool)
      }
    }
    if let ids { set.add(ids: [try TokenIDs.read(ids)], kind: "ids") }
    if let randomIds {
      let vocabulary = model.configuration.vocabulary
      set.add(
        ids: (0..<perClass).map {
          BenchPrompts.random(count: randomIds, vocabulary: vocabulary, seed: seed &+ UInt64($0))
        }, kind: "random")
    }
    return set
  }

  /// The first prompts of each class.
  private func few(_ texts: [CheckPrompt]) -> [CheckPrompt] {
    var counts: [String: Int] = [:]
    return texts.filter { text in
      counts[text.kind, default: 0] += 1
      return counts[text.kind, default: 0] <= perClass
    }
  }

  private func requireClasses(_ known: [String]) throws {
    guard let unknown = classes?.names.first(where: { !known.contains($0) }) else { return }
    throw ValidationError(
      "--classes: there are no prompts of class \(unknown); there are \(known.joined(separator: ", "))")
  }
}

/// Names with commas between them, each once.
struct NameList: ExpressibleByArgument {
  let names: [String]

  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !names.contains(""), Set(names).count == names.count else { return nil }
  }
}

/// Decoders as `vanilla,mtp-2,adaptive`.
struct DecoderList {
  let decoders: [BenchDecoder]

  init(decoders: [BenchDecoder]) { self.decoders = decoders }

  /// - Throws: `ValidationError` with the names that there are.
  init(_ argument: String) throws {
    guard let names = NameList(argument: argument)?.names else {
      throw ValidationError("--decoders takes names with commas, each once")
    }
    decoders = try names.map { BenchDecoder(try DecoderName.method($0)) }
  }
}

/// Numbers as `1,4,8,16`, each once, from 1 to 1024.
struct CountList: ExpressibleByArgument {
  let counts: [Int]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    counts = words.compactMap { Int($0) }.filter { (1...1024).contains($0) }
    guard counts.count == words.count, Set(counts).count == counts.count else { return nil }
  }
}

/// Chances as `0.8,0.6`.
struct ChanceList: ExpressibleByArgument {
  let chances: [Double]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    chances = words.compactMap { Double($0) }.filter { (0...1).contains($0) }
    guard chances.count == words.count else { return nil }
  }
}
