import ArgumentParser
import Checking
import Files
import Foundation
import Inference
import StrictJSON
import Terminal
import Threads
import Tokenization
import SystemPackage

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continues a text, or answers in a chat.",
    discussion: """
      The text comes as it is decoded. Every --mtp and every --decoder but optimistic gives \
      the same text, above temperature 0 for the same --seed.

      Example:
        verify-runner generate PACKAGE --prompt "def add(a, b):" --limit 64
        verify-runner generate PACKAGE --chat "What is 5 * 11?" --mtp 3 --stats
        verify-runner generate PACKAGE --chat edit.json --decoder lookup \\
            --prediction before.py
        verify-runner generate PACKAGE --chat "List them." --decoder dflash \\
            --drafter DRAFTER
        verify-runner generate PACKAGE --image photo.jpg \\
            --chat "Describe the image." --no-thinking
        verify-runner generate PACKAGE --chat messages.json --temperature 0.7 \\
            --top-p 0.8 --seed 1

      \(HelpSections.exitCodes())

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The package, or a checkpoint.", completion: .directory, transform: named) var package: String
  @Option(help: "Text to continue, as it is; - for standard input.") var prompt: String?
  @Option(help: "A question, or a file (.json) with a list of messages, or an object with messages and tools.")
  var chat: String?
  @Option(help: "An image, PNG or JPEG; may be given several times.", completion: .file()) var image: [FilePath] =
    []
  @Option(help: "A folder with the frames of a video, in the order of their names.", completion: .directory)
  var video: [FilePath] = []
  @Option(help: "Frames per second of the videos.") var fps: Double = VisualInput.framesPerSecond
  @Flag(help: "If the model can think, ask for an answer at once.") var noThinking = false
  @Option(help: "Drafted tokens per round, 1 to 8, or auto, or off; by default auto where there is a head.")
  var mtp: DraftDepth?
  @Option(help: "How to decode, instead of --mtp: auto, \(DecodingMethod.names).", transform: DecoderName.init)
  var decoder: DecoderName?
  @Option(
    help: "A file whose text the answer is likely to repeat, such as code to be changed; lookup copies from it.",
    completion: .file())
  var prediction: FilePath?
  @OptionGroup var drafters: DrafterOptions
  @Option(help: "0 for the most probable token each time.") var temperature: Float = 0
  @Option(help: "Only the most probable tokens that together have this probability.") var topP: Float = 1
  @Option(help: "Only so many of the most probable tokens; 0 for all.") var topK: Int = 0
  @Option(help: "Seed of the random numbers.") var seed: UInt64 = 0
  @Option(help: "Most tokens of the answer.") var limit: Int = 256
  @Flag(help: "Print counts and times on standard error.") var stats = false
  @Flag(help: "Print the result as JSON, at the end.") var json = false
  @OptionGroup var runner: RunnerOptions

  func validate() throws {
    try requireLimit(limit)
    guard (prompt == nil) != (chat == nil) else { throw ValidationError("give either --prompt or --chat") }
    guard prompt != "" else { throw ValidationError("--prompt is empty: give some text to continue") }
    guard chat != "" else { throw ValidationError("--chat is empty: ask something") }
    guard mtp == nil || decoder == nil else { throw ValidationError("give either --mtp or --decoder") }
    guard fps > 0, fps <= 1000 else { throw ValidationError("--fps takes a number above 0, at most 1000") }
    guard !noThinking || chat != nil else { throw ValidationError("--no-thinking needs --chat") }
  }

  func run() throws {
    StopSignal.shared.install()
    try runner.arithmetic.check()
    let clock = ContinuousClock()
    let start = clock.now
    let model = try LoadedModel.open(package, drafters: drafters.drafter)
    let loading = start.duration(to: clock.now)
    let encoder = PromptEncoder(folder: model.path)
    let tokenizer = try encoder.tokenizer()
    let pool = WorkerPool(threads: runner.threads)
    let prompt = try wholePrompt(encoder, model, pool)
    var options = DecodingOptions(
      limit: limit, stops: Set(try StopTokens(folder: model.path, tokenizer: tokenizer).ids),
      sampling: Sampling(temperature: temperature, topK: topK, topP: topP, seed: seed),
      prediction: try predicted(tokenizer))
    options.draft(from: runner.vocabulary(or: .auto), of: model)
    let session = DecodingSession(
      model, pool: pool, promptChunk: runner.chunk, arithmetic: runner.arithmetic)
    let method =
      decoder?.method(of: model) ?? mtp?.method
      ?? (model.hasDrafter ? .best(of: model) : model.hasHead ? .adaptive() : .vanilla)
    var generation = try TextGeneration(session, tokenizer: tokenizer, prompt: prompt, method, options)
    var text = ""
    while let piece = generation.next() {
      text += piece
      if !json, !piece.isEmpty, !Terminal.writeText(piece), OutputLoss.isReaderGone { return }
      if StopSignal.shared.isRequested {
        if !json { Terminal.write("\n", to: .output) }
        Terminal.failInterrupted()
      }
    }
    do {
      try generation.requireSuccess()
    } catch {
      if !json, !text.isEmpty { Terminal.write("\n", to: .output) }
      throw error
    }
    let report = GenerationReport(
      promptTokens: prompt.tokens, tokens: generation.tokens, text: text, finish: generation.finish,
      statistics: generation.statistics, hasStatistics: stats, arithmetic: runner.arithmetic,
      resources: stats
        ? ResourceUse(loading: loading, mappedBytes: model.mappedBytes, summary: ModelSummary(model)) : nil)
    if json { Terminal.print(report.json) } else { Terminal.write("\n", to: .output) }
    if stats, !json { Terminal.note(report.statisticsText) }
  }

  private func wholePrompt(_ encoder: PromptEncoder, _ model: LoadedModel, _ pool: WorkerPool) throws -> Prompt {
    let text = try prompt.map { prompt in
      try prompt == "-" ? Terminal.input() : Array(prompt.utf8)
    }
    guard !image.isEmpty || !video.isEmpty else {
      if let text { return Prompt(try encoder.tokenizer().encode(text)) }
      return Prompt(try chatRequest().encode(encoder.template(), encoder.tokenizer()))
    }
    let tower = try VisionTower.open(model)
    let visuals =
      try image.map { try VisualInput(image: $0, model: model.path) }
      + video.map { try VisualInput(video: $0, framesPerSecond: fps, model: model.path) }
    if let text { return try encoder.encode(text, visuals, tower: tower, pool: pool) }
    return try encoder.encode(chatRequest(), visuals, tower: tower, pool: pool)
  }

  private func predicted(_ tokenizer: Tokenizer) throws -> [Int] {
    guard let prediction else { return [] }
    return tokenizer.encode(try ReadOnlyFile(path: prediction).readAll(limit: PromptFile.limit), special: false)
  }

  private func chatRequest() throws -> ChatRequest {
    let text = chat ?? ""
    var request: ChatRequest
    if text.hasSuffix(".json") {
      let bytes = try ReadOnlyFile(path: FilePath(text)).readAll(limit: PromptFile.limit)
      request = ChatRequest(try JSONValue.parse(bytes, file: text))
    } else if image.isEmpty, video.isEmpty {
      request = ChatRequest(user: text)
    } else {
      request = ChatRequest(user: text, images: image.count, videos: video.count)
    }
    if noThinking { request.extra = request.extra.filter { $0.0 != "enable_thinking" } + [("enable_thinking", false)] }
    return request
  }
}

/// `off`, `auto` or a depth.
struct DraftDepth: ExpressibleByArgument {
  let method: DecodingMethod

  init?(argument: String) {
    switch argument {
    case "off": method = .vanilla
    case "auto": method = .adaptive()
    default:
      guard let depth = Int(argument), (1...DecodingMethod.deepest).contains(depth) else { return nil }
      method = .mtp(depth: depth)
    }
  }
}
