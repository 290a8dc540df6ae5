import Diagnostics
import Dispatch
import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import StrictJSON

/// Answers requests over HTTP.
struct ServerResponder: HTTPResponder {
  typealias Context = ServerContext

  let service: Service
  let gate: Gate
  let state: ServerState
  let options: ServerOptions
  let models: ModelDocuments
  let texts: TextDocuments
  /// Seconds since 1970, of the server's start and now.
  let since: Int
  let now: @Sendable () -> Int
  let page: @Sendable () -> [UInt8]
  /// Takes what a person should read.
  let note: @Sendable (String) -> Void
  /// Takes a line about each request, which says nothing of its contents.
  let log: @Sendable (String) -> Void

  func respond(to request: Request, context: ServerContext) async throws -> Response {
    let clock = ContinuousClock()
    let start = clock.now
    let name = NameSource.random.name("req_")
    let head = RequestHead(request)
    let route = Route(head.path)
    let line = AccessLine(head, name: name, now: { start.duration(to: clock.now) }, log: log)
    var permission = gate.permission(head)
    var response: Response
    var isRefused = false
    do {
      if let fields = gate.preflight(head) {
        permission = fields
        response = Response(status: .noContent)
      } else {
        if let refusal = gate.refusal(of: head, route: route) { throw refusal }
        guard let route else { throw APIError(.notFound, "there is nothing here") }
        response = try await answer(request, head, route, name, line, context)
      }
    } catch {
      let isLeft = error is CancellationError || Task.isCancelled
      let error = told(error)
      isRefused = true
      report(error, name)
      if !isLeft { line.fail(error) }
      response = Response(error, route?.dialect ?? .chat)
    }
    response.add(permission + [("x-request-id", name), ("cache-control", "no-store")])
    // A body that nobody reads could go on forever, and must not be taken for the next request.
    let isUnread = head.hasBody && (isRefused || head.method != "POST")
    if isUnread { turnAway(context) }
    // Watching over the connection of an answer reads what comes next: it is of no more use.
    if isUnread || route?.isGeneration == true { response.headers[.connection] = "close" }
    if head.method == "HEAD" { response = response.createHeadResponse() }
    response.count(line)
    response.watch(context.channel, seconds: options.writeSeconds)
    return response
  }

  /// What a client is told of an error. Who is gone, or is cut off with the server, hears nothing of it.
  private func told(_ error: any Error) -> APIError {
    if let error = error as? APIError {
      state.statistics.refuse(error.status)
      return error
    }
    guard !(error is CancellationError), !Task.isCancelled else {
      return APIError(.unavailable, "the connection was closed", code: "closed")
    }
    state.statistics.refuse(500)
    return .fault("\(error)")
  }

  /// Tells the operator of a fault; what the client is told does not say more than its code.
  private func report(_ error: APIError, _ name: String) {
    if let cause = error.cause { note("\(name): \(cause.escapingControls)") }
  }

  /// Closes the connection of a request whose body nobody reads, once its answer had time to arrive.
  private func turnAway(_ context: ServerContext) {
    let channel = context.channel
    Task {
      try await Task.sleep(for: .seconds(2))
      channel.close(promise: nil)
    }
  }

  private func answer(
    _ request: Request, _ head: RequestHead, _ route: Route, _ name: String, _ line: AccessLine,
    _ context: ServerContext
  ) async throws -> Response {
    switch route {
    case .health:
      let (isDraining, standstill) = (state.isDraining, service.engine.standstill)
      if let refusal = Health.refusal(isDraining: isDraining, standstill: standstill, most: options.stallSeconds) {
        throw refusal
      }
      return Response(json: .object([("status", "ok")]))
    case .page:
      return Response(.ok, page(), type: "text/html; charset=utf-8", [("content-security-policy", Page.policy)])
    case .models: return Response(json: models.list)
    case .model(let name):
      guard service.options.names.contains(name) else {
        throw APIError(.notFound, "there is no model \(name.prefix(80)) here", param: "model", code: "model_not_found")
      }
      return Response(json: models.model(name))
    case .metrics:
      let text = state.statistics.snapshot.prometheus(
        prefix: options.metricsPrefix, model: service.options.names.own, load: service.engine.load)
      return Response(.ok, Array(text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
    case .drafting:
      let counts = state.statistics.snapshot
      guard let id = head.query("request") else {
        return Response(json: counts.document(since: since, load: service.engine.load))
      }
      guard let document = counts.document(of: id) else {
        throw APIError(.notFound, "this is none of the last \(state.statistics.recent) requests", param: "request")
      }
      return Response(json: document)
    case .status: return Response(json: models.status(state.statistics.snapshot, isDraining: state.isDraining))
    case .tokenize, .detokenize, .template, .countTokens, .countInput:
      let (body, _) = try await read(request, head, context)
      let texts = texts
      return Response(
        json: try await apart { () throws(APIError) -> JSONValue in
          switch route {
          case .tokenize: try texts.tokens(body)
          case .detokenize: try texts.text(body)
          case .template: try texts.rendered(body)
          case .countInput: try texts.countInput(body)
          default: try texts.count(body)
          }
        })
    case .generate(let dialect): return try await generate(request, head, dialect, name, line, context)
    }
  }

  /// Runs work that takes a while where it holds up nobody else's. So many at once are run; who comes then may come again.
  private func apart<Result: Sendable>(
    _ work: @escaping @Sendable () throws(APIError) -> Result
  ) async throws -> Result {
    guard state.beginPreparing(most: options.preparations) else {
      throw APIError(
        .tooMany, "\(options.preparations) requests are made ready already: try again later", code: "queue_full",
        retryAfter: 1)
    }
    defer { state.endPreparing() }
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        do {
          continuation.resume(returning: try work())
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }

  /// Reads the body. What is returned beside it watches over the connection.
  private func read(
    _ request: Request, _ head: RequestHead, _ context: ServerContext
  ) async throws -> ([UInt8], Request) {
    let reader = BodyReader(
      limit: options.limits.bodyBytes, seconds: options.bodySeconds, leastBytesPerSecond: options.leastBytesPerSecond)
    let length = head.value("content-length").flatMap { Int($0) }
    // A body that is too long is refused before it is sent.
    if head.waitsWithBody, length ?? 0 <= options.limits.bodyBytes { InterimAnswer.letBodyCome(context.channel) }
    let body = try await reader.bytes(of: request.body, length: length)
    var rest = request
    rest.body = RequestBody(buffer: ByteBuffer())
    return (body, rest)
  }

  private func requireOpen() throws(APIError) {
    guard !state.isDraining else { throw APIError(.unavailable, "the server is shutting down", code: "shutting_down") }
  }

  private func generate(
    _ request: Request, _ head: RequestHead, _ dialect: Dialect, _ name: String, _ line: AccessLine,
    _ context: ServerContext
  ) async throws -> Response {
    try requireOpen()
    let (body, request) = try await read(request, head, context)
    let service = service
    if let refusal = service.engine.refusal() { throw refusal }
    let prepared = try await apart { () throws(APIError) -> PreparedRequest in
      try service.prepare(service.reader.request(body, dialect))
    }
    // Pictures and long texts take a while.
    try requireOpen()
    let answer = AnswerContext(
      request: prepared.request, created: now(),
      model: prepared.request.model.isEmpty ? service.options.names.own : prepared.request.model,
      fingerprint: service.options.fingerprint, decoder: prepared.decoder, promptTokens: prepared.promptTokens,
      tokenizer: service.model.tokenizer, names: .random)
    let record = RequestClock(answer, prepared, state.statistics)
    let events = try service.answer(
      prepared,
      record: { totals in
        record.end(totals)
        line.count(tokens: totals.usage.completion)
      }, note: { record.note($0) })
    var response =
      prepared.request.streams
      ? stream(request, events, answer, name, line) : try await whole(request, events, answer)
    if let names = IgnoredParameters.text(prepared.request.ignored) { response.add([("x-ignored-parameters", names)]) }
    return response
  }

  /// The whole answer; a client that goes away ends it.
  private func whole(
    _ request: Request, _ events: AsyncStream<AnswerEvent>, _ answer: AnswerContext
  ) async throws -> Response {
    let (state, options) = (state, options)
    let count = answer.request.choices * answer.request.inputs.count
    let whole = try await request.body.consumeWithCancellationOnInboundClose { _ in
      try await withItems(of: events, state, options) { items in
        var whole = WholeAnswer(count, names: answer.names)
        for await item in items {
          switch item {
          case .event(let event): whole.add(event)
          case .ping: break
          case .end(let error): throw error
          }
        }
        try Task.checkCancellation()
        return whole
      }
    }
    if let failure = whole.failure { throw failure }
    // What has no end is no answer.
    guard whole.choices.allSatisfy({ $0.finish != nil }) else { throw APIError.fault("an answer broke off") }
    return Response(json: answer.request.dialect.encoder(answer).body(whole))
  }

  /// The answer piece by piece. A failure after the first byte is an event of the stream.
  private func stream(
    _ request: Request, _ events: AsyncStream<AnswerEvent>, _ answer: AnswerContext, _ name: String,
    _ line: AccessLine
  ) -> Response {
    let (state, options) = (state, options)
    let body = ResponseBody { writer in
      try await request.body.consumeWithCancellationOnInboundClose { _ in
        try await withItems(of: events, state, options) { items in
          var encoder = answer.request.dialect.encoder(answer)
          var (isOver, isCut) = (false, false)
          for await item in items {
            try Task.checkCancellation()
            var bytes: [UInt8] = []
            switch item {
            case .event(let event):
              if case .failed(let error) = event {
                report(error, name)
                line.fail(error)
              }
              isOver = event.isLast
              for event in encoder.events(event) { bytes += event.bytes }
            case .ping: bytes = Array(ServerSentEvent.ping.utf8)
            case .end(let error):
              isCut = true
              // What has its end keeps it.
              guard !isOver else { break }
              isOver = true
              line.fail(error)
              for event in encoder.events(.failed(error)) { bytes += event.bytes }
            }
            if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
            if isCut { break }
          }
          try Task.checkCancellation()
          guard !isOver else { return }
          // What has no end is no answer.
          let error = APIError.fault("an answer broke off")
          report(error, name)
          line.fail(error)
          let bytes = encoder.events(.failed(error)).flatMap(\.bytes)
          try await writer.write(ByteBuffer(bytes: bytes))
        }
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, body: body, [("content-type", "text/event-stream; charset=utf-8"), ("x-accel-buffering", "no")])
  }
}
