import ArgumentParser
import Batching
import Files
import Foundation
import Inference
import Serving
import ServingHTTP
import StrictJSON
import SystemPackage
import Terminal
import Threads

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answers requests over HTTP, through the APIs of OpenAI and Anthropic.",
    discussion: """
      The same request gets the same answer, whatever else is asked. The server listens \
      on this machine only, unless told otherwise. After SIGTERM it finishes its answers; \
      a second signal ends it at once.

      Answers: /v1/chat/completions, /v1/completions, /v1/responses, /v1/messages.
      Others: /v1/messages/count_tokens, /v1/responses/input_tokens, /v1/models,
      /health, /metrics, /v1/mtp/stats, /v1/status, /tokenize, /detokenize,
      /apply-template, and a page at /.

      Example:
        verify-runner serve PACKAGE
        verify-runner serve PACKAGE --host 0.0.0.0 --api-key-file keys.txt
        verify-runner serve PACKAGE --served-model-name qwen \\
            --served-model-name 'claude-*'

      \(HelpSections.exitCodes())

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The package, or a checkpoint.", completion: .directory, transform: named) var package: String
  @Option(
    help: "A JSON file with options by name, such as {\"port\": 80}; the command line overrides it.",
    completion: .file()) var config: FilePath?
  @Option(help: "The address to listen on.") var host = "127.0.0.1"
  @Option(help: "The port to listen on.") var port = 8400
  @Option(help: "A file with API keys, one on each line.", completion: .file()) var apiKeyFile: FilePath?
  @Option(help: "The environment variable that holds API keys, one on each line.") var apiKeyEnv: String?
  @Flag(help: "Serve other machines without a key.") var insecure = false
  @Option(help: "Another host name of the server; may be given several times.") var allowedHost: [String] = []
  @Option(help: "An origin whose pages may send requests; may be given several times.") var corsOrigin: [String] = []
  @Option(help: "What clients may call the model; may be given several times. * stands for any text.")
  var servedModelName: [String] = []
  @Option(help: "Most tokens of prompt and answer together; by default what the model was made for.") var context: Int?
  @Option(help: "Most tokens of an answer if a request does not say; by default what fits.") var maxTokens: Int?
  @Option(help: "Variables of the chat template that a request does not set, such as '{\"enable_thinking\": false}'.")
  var defaultChatTemplateKwargs: String?
  @Option(help: "How to decode if a request does not say: auto, \(DecodingMethod.names).") var decoder = "auto"
  @OptionGroup var drafters: DrafterOptions
  @Flag(help: "Let requests ask for optimistic decoding, which gives other tokens.") var allowOptimistic = false
  @Flag(help: "End every stream with its counts.") var alwaysUsage = false
  @Option(help: "Most answers decoded at once.") var sequences = 16
  @Option(help: "Memory for the states of all answers.") var stateMemory = ByteCount(bytes: 4 << 30)
  @Option(help: "Most of that memory for the prefix cache, which answers that begin alike share.")
  var cacheMemory = ByteCount(bytes: 2 << 30)
  @Flag(help: "Use no prefix cache.") var noCache = false
  @Flag(help: "Decode one answer after another; a conversation that goes on keeps its state.") var oneAtATime = false
  @Option(help: "Most requests that may wait; any more are told to try again later.") var queue = 16
  @Option(help: "Most seconds that a request waits for its turn; 0 for no limit.") var queueTimeout = 600
  @Option(help: "Most connections.") var connections = 256
  @Option(help: "Most bytes of a request.") var maxBody = ByteCount(bytes: 32 << 20)
  @Option(help: "Seconds that answers have to finish after SIGTERM.") var drainTimeout = 30
  @Option(help: "Most seconds that an answer may take; 0 for no limit.") var requestTimeout = 0
  @Option(help: "Seconds that a step of the engine may take before /health answers 503; 0 for no limit.")
  var stallTimeout = 600
  @Option(help: "Seconds of silence after which a connection is closed.") var idleTimeout = 30
  @Option(help: "Seconds between keep-alive messages in a stream.") var ping = 10
  @Option(help: "Prefix of metric names: cambium or vllm.") var metricsPrefix = "cambium"
  @Flag(help: "Do not log requests.") var noLog = false
  @OptionGroup var runner: RunnerOptions

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port takes a number from 0 to 65535") }
    guard context.map({ (2...1 << 24).contains($0) }) != false else {
      throw ValidationError("--context takes a number from 2 to 16777216")
    }
    guard maxTokens.map({ $0 >= 1 }) != false else { throw ValidationError("--max-tokens takes a number from 1") }
    guard (0...100_000).contains(queue), (1...100_000).contains(connections), (1...1_024).contains(sequences) else {
      throw ValidationError("--queue and --connections take numbers up to 100000, --sequences up to 1024")
    }
    let times = [drainTimeout, requestTimeout, queueTimeout, stallTimeout, idleTimeout, ping]
    guard times.allSatisfy({ (0...86_400).contains($0) }) else {
      throw ValidationError("times are seconds from 0 to 86400")
    }
    _ = try templateVariables()
    guard metricsPrefix.utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) }), !metricsPrefix.isEmpty else {
      throw ValidationError("--metrics-prefix takes small letters")
    }
  }

  private func templateVariables() throws -> [JSONValue.Member] {
    guard let text = defaultChatTemplateKwargs else { return [] }
    let value = try? JSONValue.parse(Array(text.utf8), file: "--default-chat-template-kwargs", maxValues: 1 << 12)
    guard let members = value?.members else {
      throw ValidationError("--default-chat-template-kwargs takes a JSON object")
    }
    return members
  }

  func run() throws {
    guard let config else { return try serve() }
    let value = try JSONValue.parse(
      ReadOnlyFile(path: config).readAll(limit: 1 << 20), file: config.string, maxValues: 1 << 12)
    let file = try ConfigurationFile(
      value, file: config, options: Self.options, flags: Self.flags, objects: Self.objects)
    // The words of the file come first: of an option that is given twice, the last one counts.
    try Self.parse(file.arguments + CommandLine.arguments.dropFirst(2)).serve()
  }

  /// The options that a file may set, and whether each may come several times.
  private static let options = [
    "host": false, "port": false, "api-key-file": false, "api-key-env": false, "allowed-host": true,
    "cors-origin": true, "served-model-name": true, "context": false, "max-tokens": false, "decoder": false,
    "drafter": true, "sequences": false, "state-memory": false, "cache-memory": false,
    "queue": false, "connections": false, "max-body": false,
    "drain-timeout": false, "request-timeout": false, "queue-timeout": false, "idle-timeout": false, "ping": false,
    "metrics-prefix": false, "stall-timeout": false, "default-chat-template-kwargs": false,
    "threads": false, "chunk": false, "arithmetic": false, "draft-shortlist": false, "draft-vocabulary": false,
  ]
  /// Files that a server opens besides its connections, at most: the model's, and those of event loops.
  private static let ownFiles = 128
  private static let flags = ["insecure", "allow-optimistic", "always-usage", "no-cache", "one-at-a-time", "no-log"]

  /// The options whose value may be a JSON object.
  private static let objects: Set = ["default-chat-template-kwargs"]

  private func serve() throws {
    var options = ServerOptions()
    (options.host, options.port, options.isInsecure) = (host, port, insecure)
    (options.allowedHosts, options.origins) = (allowedHost, corsOrigin)
    (options.connections, options.drainSeconds, options.requestSeconds) = (connections, drainTimeout, requestTimeout)
    (options.queueSeconds, options.stallSeconds) = (queueTimeout, stallTimeout)
    // A connection without a file descriptor would end the server: they are no more than the process can have.
    let (files, most) = (openFilesLimit(), max(1, openFilesLimit() - Self.ownFiles))
    if files > 0, most < connections {
      options.connections = most
      Terminal.note("at most \(most) connections: the process may open no more files")
    }
    (options.idleSeconds, options.pingSeconds, options.metricsPrefix) = (max(1, idleTimeout), ping, metricsPrefix)
    options.limits.bodyBytes = maxBody.bytes
    // Who is refused by the engine for its queue need not be made ready.
    options.preparations = max(options.preparations, sequences + queue)
    options.keys = try keys()
    try options.check()
    let served = try ServedModel(package, drafters: drafters.drafter, context: context, runner: runner)
    // A text that could fit has no more bytes than this, whatever it is written in.
    options.limits.textBytes = max(options.limits.textBytes, min(served.text.context, 1 << 24) * 8)
    let own = served.model.path.lastComponent?.string ?? "model"
    var answers = ServiceOptions(names: ModelNames(servedModelName.isEmpty ? [own] : servedModelName))
    answers.fingerprint = try served.fingerprint()
    (answers.decoder, answers.limit) = (decoder, maxTokens)
    (answers.allowsOptimistic, answers.alwaysUsage, answers.limits) = (allowOptimistic, alwaysUsage, options.limits)
    answers.templateVariables = try templateVariables()
    let method = served.method()
    do {
      _ = try method(decoder)
    } catch {
      throw ValidationError(error.message)
    }
    let engine = try engine(served.model, turn: served.text.marks.turn)
    let service = Service(served.text, engine: engine, options: answers, vision: served.vision, method: method)
    if let note = service.penaltyNote { Terminal.note(note) }
    let isSilent = noLog
    let server = try Server(
      service, options, meta: served.meta, note: { Terminal.note($0) },
      log: { line in if !isSilent { Terminal.note(line) } })
    try wait { try await server.run() }
  }

  private func engine(_ model: LoadedModel, turn: Int?) throws -> any GenerationEngine {
    let (threads, chunk, arithmetic) = (runner.threads, runner.chunk, runner.arithmetic)
    let drafts = runner.vocabulary(or: .auto)
    guard oneAtATime else {
      var options = BatchOptions(
        memory: stateMemory.bytes, sequences: sequences, queue: queue, promptChunk: chunk, threads: threads,
        arithmetic: arithmetic)
      if !noCache {
        options.cache = PrefixCacheOptions(memory: cacheMemory.bytes, turns: Set([turn].compactMap(\.self)))
      }
      return try BatchedAnswers(model, options, drafts: drafts)
    }
    return try QueueEngine(queue: queue, change: { $0.draft(from: drafts, of: model) }) {
      DecodingSession(model, threads: threads, promptChunk: chunk, arithmetic: arithmetic)
    }
  }

  private func keys() throws -> KeyRing {
    var keys = KeyRing([])
    if let file = apiKeyFile {
      let bytes = try ReadOnlyFile(path: file).readAll(limit: 1 << 20)
      let ring = KeyRing(lines: String(decoding: bytes, as: UTF8.self))
      guard !ring.isEmpty else { throw ServerError.keys(file: file.string) }
      keys = keys + ring
    }
    if let name = apiKeyEnv {
      let ring = KeyRing(lines: ProcessInfo.processInfo.environment[name] ?? "")
      guard !ring.isEmpty else { throw ServerError.keyVariable(name: name) }
      keys = keys + ring
    }
    return keys
  }

  /// Waits on this thread for work that other threads do.
  private func wait(for work: @escaping @Sendable () async throws -> Void) throws {
    let end = Monitor<Result<Void, any Error>?>(nil)
    Task.detached {
      do {
        try await work()
        end.change { $0 = .success(()) }
      } catch {
        end.change { $0 = .failure(error) }
      }
    }
    try end.wait { $0 }.get()
  }
}
