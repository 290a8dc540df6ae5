import ArgumentParser
import Diagnostics
import Inference
import OutputParsing
import Serving
import Terminal
import Threads

struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Holds a conversation in the terminal.",
    discussion: """
      Each line is a message. /clear starts over, /think on and /think off say whether the \
      model thinks first, /system TEXT sets the system prompt, /exit or Ctrl-D ends. \
      Ctrl-C stops the answer that is being written; at the prompt it ends the program. \
      Thoughts go to standard error, answers to standard output.

      Example:
        verify-runner chat PACKAGE
        verify-runner chat PACKAGE --decoder mtp --temperature 0

      \(HelpSections.exitCodes())

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The package, or a checkpoint.", completion: .directory, transform: named) var package: String
  @Option(help: "The system prompt.") var system: String?
  @Option(help: "How to decode: auto, \(DecodingMethod.names).") var decoder = "auto"
  @OptionGroup var drafters: DrafterOptions
  @Option(help: "0 for the most probable token each time; by default what the model recommends.")
  var temperature: Double?
  @Option(help: "Seed of the random numbers.") var seed: UInt64 = 0
  @Option(help: "Most tokens of prompt and answer together; by default what the model was made for.") var context: Int?
  @Flag(help: "If the model can think, ask for answers at once.") var noThinking = false
  @Flag(help: "Print counts after each answer on standard error.") var stats = false
  @OptionGroup var runner: RunnerOptions

  func validate() throws {
    guard context.map({ (2...1 << 24).contains($0) }) != false else {
      throw ValidationError("--context takes a number from 2 to 16777216")
    }
    guard temperature.map({ $0 == 0 || (0.001...2).contains($0) }) != false else {
      throw ValidationError("--temperature takes 0, or a number from 0.001 to 2")
    }
  }

  func run() throws {
    StopSignal.shared.install()
    let served = try ServedModel(package, drafters: drafters.drafter, context: context, runner: runner)
    let method: DecodingMethod
    do {
      method = try served.method()(decoder)
    } catch {
      throw ValidationError(error.message)
    }
    let session = DecodingSession(
      served.model, threads: runner.threads, promptChunk: runner.chunk, arithmetic: runner.arithmetic)
    var lines = TerminalLines()
    var talk = Conversation([], thinks: noThinking ? false : nil)
    var instruction = system
    while true {
      if Terminal.errorIsTerminal { Terminal.write("> ", to: .error) }
      guard let line = try lines.next() else { break }
      switch line {
      case "": continue
      case "/exit", "/quit": return
      case "/clear": talk.messages = []
      case "/think on": talk.thinks = nil
      case "/think off": talk.thinks = false
      case _ where line == "/system" || line.hasPrefix("/system "):
        instruction = String(line.dropFirst("/system".count).drop { $0 == " " })
        talk.messages = []
      case _ where line.wholeMatch(of: /\/[a-z]+( .*)?/) != nil:
        Terminal.note("no such command; there are /clear, /think on, /think off, /system TEXT, /exit")
      default:
        if talk.messages.isEmpty, let instruction, !instruction.isEmpty {
          talk.messages.append(ChatMessage(.system, instruction))
        }
        talk.messages.append(ChatMessage(.user, line))
        try answer(&talk, served, session, method)
      }
    }
  }

  private func answer(
    _ talk: inout Conversation, _ served: ServedModel, _ session: DecodingSession, _ method: DecodingMethod
  ) throws {
    let prompt: PreparedPrompt
    do {
      prompt = try PromptMaker(served.text).prompt(.chat(talk))
    } catch {
      // The conversation stays as it was before the message.
      talk.messages.removeLast()
      Terminal.note(error.message)
      return
    }
    let room = served.text.context - prompt.prompt.tokens.count
    guard room > 0 else {
      talk.messages.removeLast()
      Terminal.note("the conversation is full: /clear begins anew")
      return
    }
    let defaults = served.text.defaults
    var options = DecodingOptions(
      limit: room, stops: served.text.stops,
      sampling: Sampling(
        temperature: Float(temperature ?? defaults.temperature ?? 1), topK: max(0, defaults.topK ?? 0),
        topP: Float(defaults.topP ?? 1), minP: Float(defaults.minP ?? 0), seed: seed))
    options.draft(from: runner.vocabulary(or: .auto), of: served.model)
    let decoding = try session.decode(prompt.prompt, method, options)
    var parser = OutputParser(served.text.tokenizer, marks: served.text.marks, isThinking: prompt.isThinking)
    var message = ChatMessage(.assistant, [])
    var text = ""
    var thoughts = ""
    func show(_ pieces: [OutputPiece]) {
      for piece in pieces {
        switch piece {
        case .reasoning(let part):
          thoughts += part
          Terminal.write(part.escapingControls(but: "\n\t"), to: .error)
        case .text(let part):
          if text.isEmpty, !thoughts.isEmpty { Terminal.write("\n\n", to: .error) }
          text += part
          Terminal.writeText(part)
        case .callBegan(let name): Terminal.writeText("[\(name) ")
        case .callArguments(let part): Terminal.writeText(part)
        case .callEnded, .callCut: Terminal.writeText("]\n")
        }
      }
    }
    var isLeft = false
    while !isLeft, let token = decoding.next() {
      if !served.text.stops.contains(token) { show(parser.append(token)) }
      isLeft = StopSignal.shared.isRequested
    }
    show(parser.finish(isCut: isLeft || decoding.finish == .limit))
    Terminal.write("\n", to: .output)
    // What was written stays a part of the conversation.
    if StopSignal.shared.isRequested, !StopSignal.shared.takeBackInterrupt() { Terminal.failInterrupted() }
    try decoding.requireSuccess()
    message.parts = [.text(text)]
    message.reasoning = thoughts.isEmpty ? nil : thoughts
    talk.messages.append(message)
    if stats {
      let counts = decoding.statistics
      Terminal.note(
        "\(counts.promptRows) tokens of the prompt, \(counts.reusedRows) known, \(counts.tokens) decoded, "
          + "\(counts.accepted) of \(counts.drafted) drafts accepted")
    }
  }
}
