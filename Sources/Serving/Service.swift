import Diagnostics
import Inference
import StrictJSON
import Threads

/// What an operator decides of answers.
package struct ServiceOptions: Sendable {
  /// What the model may be called.
  package var names: ModelNames
  /// The fingerprint of package, build and arithmetic.
  package var fingerprint = ""
  /// How requests are decoded that do not say: a name, or `auto`.
  package var decoder = "auto"
  /// Whether requests may ask for decoding that yields other tokens.
  package var allowsOptimistic = false
  /// Whether every stream ends with counts, asked for or not.
  package var alwaysUsage = false
  /// Tokens of an answer at most where a request does not say; nil for what fits.
  package var limit: Int?
  /// Variables of the chat template for requests that do not set them.
  package var templateVariables: [JSONValue.Member] = []
  /// Bounds on requests.
  package var limits = RequestLimits()

  /// Creates the default options.
  package init(names: ModelNames) { self.names = names }
}

/// A request that is ready to be decoded.
package struct PreparedRequest: Sendable {
  /// The request.
  package let request: GenerationRequest
  /// Its prompts.
  package let prompts: [PreparedPrompt]
  /// What is decoded: for each prompt so many jobs as answers are asked for.
  package let jobs: [GenerationJob]
  /// How it is decoded.
  package let decoder: String
  /// The constraint on its answers.
  package var held: HeldForm { jobs.contains { $0.constraint != nil } ? HeldAnswers.form(of: request) : .none }

  /// Tokens of all prompts.
  package var promptTokens: Int { prompts.reduce(0) { $0 + $1.prompt.tokens.count } }
}

/// Answers requests of all dialects with one engine. What it is asked over is somebody else's matter.
package final class Service: Sendable {
  /// The model's texts.
  package let model: TextModel
  /// What decodes.
  package let engine: any GenerationEngine
  /// What the operator decides.
  package let options: ServiceOptions
  /// Reads requests.
  package let reader: RequestReader
  /// Makes prompts.
  package let prompts: PromptMaker
  private let method: @Sendable (String) throws(APIError) -> DecodingMethod
  private let seed: @Sendable () -> UInt64
  private let held: HeldAnswers

  /// - Parameters:
  ///   - model: The model's texts.
  ///   - engine: What decodes.
  ///   - options: What the operator decides.
  ///   - vision: Takes pictures; nil for a model that sees none.
  ///   - seed: Makes seeds for requests that bring none.
  ///   - method: The decoding of a name, `auto` among them.
  package init(
    _ model: TextModel, engine: any GenerationEngine, options: ServiceOptions, vision: VisionPrompts? = nil,
    seed: @escaping @Sendable () -> UInt64 = { UInt64.random(in: 0...UInt64.max) },
    method: @escaping @Sendable (String) throws(APIError) -> DecodingMethod
  ) {
    self.model = model
    self.engine = engine
    self.options = options
    self.method = method
    self.seed = seed
    reader = RequestReader(options.limits)
    prompts = PromptMaker(
      model, vision: vision, limits: options.limits, defaults: options.templateVariables)
    held = HeldAnswers(model, prompts)
  }

  /// Checks a request against the model and makes its prompts. It may take a while: templates and towers run here.
  /// - Throws: ``APIError``.
  package func prepare(_ request: GenerationRequest) throws(APIError) -> PreparedRequest {
    guard options.names.contains(request.model) else {
      throw APIError(
        .notFound, "there is no model \(request.model.prefix(80)) here; there is \(options.names.own)", param: "model",
        code: "model_not_found")
    }
    var request = request
    if options.alwaysUsage { request.tellsUsage = true }
    let decoder = request.decoder ?? options.decoder
    let method = try method(decoder)
    if case .optimistic = method, !options.allowsOptimistic {
      throw APIError(
        .permission,
        "decoder: optimistic decoding gives other tokens than the model, and this server does not allow it",
        param: "decoder", code: "decoder_not_allowed")
    }
    let adjustment = try adjustment(request)
    var isUnchecked = false
    if case .optimistic = method { isUnchecked = true }
    request.ignored += try held.check(request, isUnchecked: isUnchecked)
    for id in request.stopIDs where id >= model.vocabulary {
      throw .field("stop_token_ids", "has \(id), and the model has \(model.vocabulary) tokens")
    }
    let stops = request.ignoresEnd ? Set(request.stopIDs) : model.stops.union(request.stopIDs)
    var sampling = sampling(request.sampling)
    let seed = request.sampling.seed ?? self.seed()
    let prediction = request.prediction.map { model.tokenizer.encode($0, special: false) } ?? []
    var prepared: [PreparedPrompt] = []
    var jobs: [GenerationJob] = []
    for input in request.inputs {
      let prompt = try prompts.prompt(input)
      let constraint = try held.constraint(request, prompt)
      let room = model.context - prompt.prompt.tokens.count
      guard room > 0 else {
        var error = prompts.tooLong(prompt.prompt.tokens.count)
        error.param = request.dialect.promptField
        throw error
      }
      let limit = min(request.limit ?? options.limit ?? room, room)
      prepared.append(prompt)
      for index in 0..<request.choices {
        sampling.seed = seed &+ UInt64(index)
        var job = GenerationJob(
          prompt.prompt, method: method, limit: limit, stops: stops, sampling: sampling, adjustment: adjustment,
          prediction: prediction, topLogprobs: request.logprobs)
        job.cacheSalt = request.cacheSalt
        job.constraint = constraint
        if request.scoresPrompt {
          jobs.append(try scoring(job, prompt.prompt.tokens))
          continue
        }
        // A job without any place is refused by the engine, with both sizes.
        let most = request.limit ?? options.limit == nil ? engine.openLimit(of: job) : engine.limit(of: job)
        if most > 0 { job.limit = most }
        jobs.append(job)
      }
    }
    return PreparedRequest(
      request: request, prompts: prepared, jobs: jobs,
      decoder: request.scoresPrompt ? DecodingMethod.lookup().name : method.name)
  }

  /// The job that tells a prompt's tokens with their probabilities.
  private func scoring(_ job: GenerationJob, _ tokens: [Int]) throws(APIError) -> GenerationJob {
    let scoring = job.scoring(tokens)
    guard engine.limit(of: scoring) >= scoring.limit else {
      throw .field("prompt", "there is no memory for the states of its \(tokens.count) tokens", code: "prompt_too_long")
    }
    return scoring
  }

  /// The answers to a request, step by step. Whoever stops to read them ends their decoding.
  /// - Parameters:
  ///   - prepared: The request.
  ///   - record: Called once at the end with what is counted.
  ///   - note: Called with each step when it is made, however slow its reader is.
  /// - Throws: ``APIError`` when the engine takes no more requests.
  package func answer(
    _ prepared: PreparedRequest, record: @escaping @Sendable (AnswerTotals) -> Void = { _ in },
    note: @escaping @Sendable (AnswerEvent) -> Void = { _ in }
  ) throws(APIError) -> AsyncStream<AnswerEvent> {
    let (stream, continuation) = AsyncStream<AnswerEvent>.makeStream()
    let answers = Answers(prepared, model) { event in
      note(event)
      continuation.yield(event)
    } end: { totals in
      record(totals)
      continuation.finish()
    }
    var handles: [any GenerationHandle] = []
    for (index, job) in prepared.jobs.enumerated() {
      do {
        handles.append(try engine.submit(job) { event in answers.take(event, index) })
        answers.began(handles)
      } catch {
        // All answers of a request, or none.
        answers.abandon()
        throw error
      }
    }
    // Called with a lock of the reader's task: whoever passes on an event may wait for that lock, and holds none of ours.
    continuation.onTermination = { reason in if case .cancelled = reason { answers.cancel() } }
    return stream
  }

  /// What the operator should know of penalties that the model's files recommend; nil where they recommend none.
  package var penaltyNote: String? {
    let penalties = model.defaults.penalties.map { "\($0.name) \($0.value)" }
    guard !penalties.isEmpty else { return nil }
    let effect = engine.adjustsLogits ? "holds for requests that do not say" : "has no effect with --one-at-a-time"
    return "generation_config.json: \(penalties.joined(separator: ", ")) \(effect)"
  }

  /// What holds for requests that do not say, as `/v1/status` tells it.
  package var samplingDefaults: JSONValue {
    let standing = sampling(SamplingWishes())
    let values: [(String, Float)] = [
      ("temperature", standing.temperature), ("top_p", standing.topP), ("min_p", standing.minP),
    ]
    let penalties = engine.adjustsLogits ? model.defaults.penalties : []
    return .object(
      values.map { ($0, .number(Double("\($1)") ?? 0)) } + [("top_k", .int(standing.topK))]
        + penalties.map { ($0.name, .number($0.value)) })
  }

  private func sampling(_ wishes: SamplingWishes) -> Sampling {
    let defaults = model.defaults
    let temperature = Float(wishes.temperature ?? defaults.temperature ?? 1)
    return Sampling(
      temperature: temperature >= 1e-3 ? temperature : 0, topK: max(0, wishes.topK ?? defaults.topK ?? 0),
      topP: Float(wishes.topP ?? defaults.topP ?? 1), minP: Float(wishes.minP ?? defaults.minP ?? 0))
  }

  private func adjustment(_ request: GenerationRequest) throws(APIError) -> LogitAdjustment {
    let wishes = request.sampling
    for id in wishes.bias.keys.sorted() where id >= model.vocabulary {
      throw .field("logit_bias.\(id)", "is no token id: the model has \(model.vocabulary) tokens")
    }
    // What the model's files recommend is left out where it cannot be done: nobody asked for it.
    let standing = engine.adjustsLogits ? model.defaults : SamplingWishes()
    let adjustment = LogitAdjustment(
      bias: wishes.bias.mapValues { Float($0) },
      frequencyPenalty: Float(wishes.frequencyPenalty ?? standing.frequencyPenalty ?? 0),
      presencePenalty: Float(wishes.presencePenalty ?? standing.presencePenalty ?? 0),
      repetitionPenalty: Float(wishes.repetitionPenalty ?? standing.repetitionPenalty ?? 1),
      ends: model.stops.union(request.stopIDs), least: request.least)
    guard !adjustment.isNone, !engine.adjustsLogits else { return adjustment }
    let fields: [(String, Bool)] = [
      ("logit_bias", !wishes.bias.isEmpty), ("frequency_penalty", wishes.frequencyPenalty ?? 0 != 0),
      ("presence_penalty", wishes.presencePenalty ?? 0 != 0),
      ("repetition_penalty", wishes.repetitionPenalty ?? 1 != 1),
      ("min_tokens", request.least > 0),
    ]
    let field = fields.first { $0.1 }?.0 ?? "logit_bias"
    throw .unsupported(field, "this server's engine does not change logits: leave it out")
  }
}
