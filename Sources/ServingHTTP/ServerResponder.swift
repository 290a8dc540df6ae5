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
  /// Takes a line about each request, which says nothing of its contents.
  let log: @Sendable (String) -> Void

  func respond(to request: Request, context: ServerContext) async throws -> Response {
    let clock = ContinuousClock()
    let start = clock.now
    let name = NameSource.random.name("req_")
    let head = RequestHead(request)
    let route = Route(head.path)
    var response: Response
    var isTurnedAway = false
    do {
      if let fields = gate.preflight(head) {
        response = Response(status: .noContent)
        response.add(fields)
        return response
      }
      if let refusal = gate.refusal(of: head, route: route) {
        isTurnedAway = head.method != "GET"
        if isTurnedAway { turnAway(context) }
        throw refusal
      }
      guard let route else { throw APIError(.notFound, "there is nothing here") }
      response = try await answer(request, head, route, context, name)
    } catch let error as APIError {
      state.statistics.refuse(error.status)
      response = Response(error, route?.dialect ?? .chat)
      if isTurnedAway { response.add([("connection", "close")]) }
      // What is left of a body that is too long, or too slow, is not read either.
      if [.tooLarge, .slow].contains(error.kind) { turnAway(context) }
    } catch {
      // Whoever asked is gone, or it is a fault of ours: of either, nothing inside is told.
      state.statistics.refuse(500)
      response = Response(
        APIError(.server, "the request could not be answered", code: "internal_error"), route?.dialect ?? .chat)
    }
    response.add(gate.permission(head) + [("x-request-id", name), ("cache-control", "no-store")])
    let path = String(
      head.path.unicodeScalars.prefix(80).filter { $0.value > 0x20 && $0.value < 0x7F }.map(Character.init))
    log("\(head.method) \(path) \(response.status.code) \(milliseconds(start.duration(to: clock.now))) \(name)")
    return response
  }

  /// Closes the connection of a request whose body nobody reads, once its answer had time to arrive: it could go on for ever.
  private func turnAway(_ context: ServerContext) {
    let channel = context.channel
    Task {
      try await Task.sleep(for: .seconds(2))
      channel.close(promise: nil)
    }
  }

  private func milliseconds(_ time: Duration) -> String {
    "\(time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000) ms"
  }

  private func answer(
    _ request: Request, _ head: RequestHead, _ route: Route, _ context: ServerContext, _ name: String
  ) async throws -> Response {
    switch route {
    case .health:
      guard !state.isDraining else {
        throw APIError(.unavailable, "the server is shutting down", code: "shutting_down")
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
    case .tokenize, .detokenize, .template, .countTokens:
      let (body, _) = try await read(request, head)
      let texts = texts
      return Response(
        json: try await apart { () throws(APIError) -> JSONValue in
          switch route {
          case .tokenize: try texts.tokens(body)
          case .detokenize: try texts.text(body)
          case .template: try texts.rendered(body)
          default: try texts.count(body)
          }
        })
    case .generate(let dialect): return try await generate(request, head, dialect, context, name)
    }
  }

  /// Runs work that takes a while where it holds up nobody else's.
  private func apart<Result: Sendable>(
    _ work: @escaping @Sendable () throws(APIError) -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        do {
          continuation.resume(returning: try work())
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }

  /// Reads the body within its limits of size and time. What is returned beside it watches over the connection.
  private func read(_ request: Request, _ head: RequestHead) async throws -> ([UInt8], Request) {
    let limit = options.limits.bodyBytes
    let tooLarge = APIError(.tooLarge, "the body has more than \(limit) bytes", code: "body_too_large")
    let length = head.value("content-length").flatMap { Int($0) }
    if let length, length > limit { throw tooLarge }
    let seconds = options.bodySeconds + (length ?? limit) / max(1, options.leastBytesPerSecond)
    return try await withThrowingTaskGroup(of: ([UInt8], Request)?.self) { group in
      group.addTask {
        var request = request
        do {
          let buffer = try await request.collectBody(upTo: limit)
          return (Array(buffer.readableBytesView), request)
        } catch is NIOTooManyBytesError {
          throw tooLarge
        }
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        return nil
      }
      defer { group.cancelAll() }
      guard let read = try await group.next(), let read else {
        throw APIError(.slow, "the body did not come within \(seconds) s", code: "request_timeout")
      }
      return read
    }
  }

  private func generate(
    _ request: Request, _ head: RequestHead, _ dialect: Dialect, _ context: ServerContext, _ name: String
  ) async throws -> Response {
    guard !state.isDraining else { throw APIError(.unavailable, "the server is shutting down", code: "shutting_down") }
    let (body, request) = try await read(request, head)
    let service = service
    let prepared = try await apart { () throws(APIError) -> PreparedRequest in
      try service.prepare(service.reader.request(body, dialect))
    }
    let answer = AnswerContext(
      request: prepared.request, created: now(),
      model: prepared.request.model.isEmpty ? service.options.names.own : prepared.request.model,
      fingerprint: service.options.fingerprint, decoder: prepared.decoder, promptTokens: prepared.promptTokens,
      tokenizer: service.model.tokenizer, names: .random)
    let record = RequestClock(answer, prepared, state.statistics)
    let events = try service.answer(prepared) { totals in record.end(totals) }
    return prepared.request.streams
      ? stream(request, events, answer, record, context)
      : try await whole(request, events, answer, record)
  }

  /// The whole answer; a client that goes away ends it.
  private func whole(
    _ request: Request, _ events: AsyncStream<AnswerEvent>, _ answer: AnswerContext, _ record: RequestClock
  ) async throws -> Response {
    let (state, options) = (state, options)
    let count = answer.request.choices * answer.request.inputs.count
    let whole = try await request.body.consumeWithCancellationOnInboundClose { _ in
      try await withItems(of: events, state, options) { items in
        var whole = WholeAnswer(count, names: answer.names)
        for await item in items {
          switch item {
          case .event(let event):
            record.note(event)
            whole.add(event)
          case .ping: break
          case .end(let error): throw error
          }
        }
        try Task.checkCancellation()
        return whole
      }
    }
    if let failure = whole.failure { throw failure }
    return Response(json: answer.request.dialect.encoder(answer).body(whole))
  }

  /// The answer piece by piece. A failure after the first byte is an event of the stream.
  private func stream(
    _ request: Request, _ events: AsyncStream<AnswerEvent>, _ answer: AnswerContext, _ record: RequestClock,
    _ context: ServerContext
  ) -> Response {
    let (state, options) = (state, options)
    let watch = WriteWatch(context.channel, seconds: options.writeSeconds)
    let body = ResponseBody { writer in
      try await request.body.consumeWithCancellationOnInboundClose { _ in
        try await withItems(of: events, state, options) { items in
          var encoder = answer.request.dialect.encoder(answer)
          for await item in items {
            try Task.checkCancellation()
            var bytes: [UInt8] = []
            var isLast = false
            switch item {
            case .event(let event):
              record.note(event)
              for event in encoder.events(event) { bytes += event.bytes }
            case .ping: bytes = Array(ServerSentEvent.ping.utf8)
            case .end(let error):
              for event in encoder.events(.failed(error)) { bytes += event.bytes }
              isLast = true
            }
            if !bytes.isEmpty { try await watch.write { try await writer.write(ByteBuffer(bytes: bytes)) } }
            if isLast { break }
          }
          try Task.checkCancellation()
        }
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, body: body, [("content-type", "text/event-stream; charset=utf-8"), ("x-accel-buffering", "no")])
  }
}
