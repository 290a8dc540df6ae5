import StrictJSON
import Threads

/// How a server is asked.
package struct LoadOptions: Sendable {
  /// Requests under way at once, one measurement each.
  package var atOnce = [1, 4, 8, 16]
  /// Requests of each measurement.
  package var requests = 32
  /// Words of a prompt, and tokens of an answer, exactly.
  package var promptWords = 256
  package var tokens = 128
  /// What the model is called; empty for what the server calls it.
  package var model = ""
  /// How the first server decodes; nil as it does by itself.
  package var decoder: String?
  /// The key of the server.
  package var key: String?
  /// Words of a prompt that comes in the middle of each measurement; 0 for none.
  package var longPrompt = 0

  /// The members have defaults.
  package init() {}
}

/// Asks servers many things at once, and notes when each token comes.
package struct LoadBench: Sendable {
  private static let words = [
    "the", "model", "reads", "a", "file", "and", "writes", "what", "it", "found", "in", "a", "list", "of", "numbers",
    "with",
    "names", "of", "trees", "rivers", "towns",
  ]

  private let servers: [LoadAddress]
  private let options: LoadOptions
  private let note: @Sendable (String) -> Void

  /// - Parameters:
  ///   - servers: In the order in which they take turns.
  ///   - options: How they are asked.
  ///   - note: Takes what a person may read meanwhile.
  package init(_ servers: [LoadAddress], _ options: LoadOptions, note: @escaping @Sendable (String) -> Void = { _ in })
  {
    self.servers = servers
    self.options = options
    self.note = note
  }

  /// All measurements. The servers take turns, so that a busy minute of the machine hits each.
  /// - Throws: ``LoadError``, `ThreadError`.
  package func run() throws -> LoadReport {
    var results: [LoadResult] = []
    for server in servers {
      note("\(server.text): warming up")
      _ = try ask(server, number: 0, words: options.promptWords, tokens: min(8, options.tokens))
    }
    for count in options.atOnce {
      for server in servers {
        note("\(server.text): \(count) at once")
        results.append(try measure(server, count))
      }
    }
    return LoadReport(servers: servers.map(\.text), options: options, results: results)
  }

  private struct State {
    var next = 0
    var answers: [Int: LoadAnswer] = [:]
    var failure: LoadError?
  }

  private func measure(_ server: LoadAddress, _ count: Int) throws -> LoadResult {
    let state = Monitor(State())
    let options = options
    let bench = self
    let clock = ContinuousClock()
    let start = clock.now
    let body = { @Sendable () -> Void in
      // Each takes the next request as soon as its last one is done.
      while true {
        let number = state.change { state -> Int? in
          guard state.failure == nil, state.next < options.requests else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let number else { return }
        do throws(LoadError) {
          let answer = try bench.ask(server, number: number, words: options.promptWords, tokens: options.tokens)
          state.change { $0.answers[number] = answer }
        } catch {
          state.change { $0.failure = $0.failure ?? error }
        }
      }
    }
    var bodies: [(name: String, body: @Sendable () -> Void)] = (0..<count).map {
      (name: "load \($0)", body: body)
    }
    if options.longPrompt > 0 {
      bodies.append(
        (
          name: "load long",
          body: {
            // The middle is when half of the requests were begun, or none will be.
            state.wait { $0.next * 2 >= options.requests || $0.failure != nil ? true : nil as Bool? }
            do throws(LoadError) {
              _ = try bench.ask(server, number: options.requests, words: options.longPrompt, tokens: 1)
            } catch {
              state.change { $0.failure = $0.failure ?? error }
            }
          }
        ))
    }
    for thread in try SpawnedThread.all(bodies, orElse: { state.change { $0.next = options.requests } }) {
      thread.wait()
    }
    let seconds = LoadBench.seconds(start.duration(to: clock.now))
    let (answers, failure) = state.look { state in
      (state.answers.sorted { $0.key < $1.key }.map(\.value), state.failure)
    }
    if let failure { throw failure }
    return LoadResult(server: server.text, atOnce: count, answers: answers, seconds: seconds)
  }

  /// One request, and the times of its answer.
  private func ask(
    _ server: LoadAddress, number: Int, words: Int, tokens: Int
  ) throws(LoadError) -> LoadAnswer {
    let connection = try LoadConnection(server)
    let clock = ContinuousClock()
    let start = clock.now
    try connection.send(request(server, number: number, words: words, tokens: tokens))
    var reader = AnswerReader()
    var answer = LoadAnswer()
    var text: [UInt8] = []
    while !reader.isEnded {
      let bytes = try connection.receive()
      let now = LoadBench.seconds(start.duration(to: clock.now))
      let lines = bytes.isEmpty ? [reader.finish()] : reader.append(bytes)
      for line in lines {
        if reader.status == 200 { answer.take(line, at: now) } else if text.count < 4_096 { text += line }
      }
      if bytes.isEmpty { break }
    }
    if let status = reader.status, status != 200 {
      text += reader.finish()
      throw .refused(
        address: server.text, status: status, words: String(decoding: text.prefix(500), as: UTF8.self))
    }
    if let problem = reader.problem ?? answer.failure { throw .broken(address: server.text, problem: problem) }
    guard answer.isWhole else { throw .broken(address: server.text, problem: "the stream has no end") }
    return answer
  }

  private func request(_ server: LoadAddress, number: Int, words: Int, tokens: Int) -> [UInt8] {
    let list = LoadBench.words
    // Prompts differ from their first word on, so that no server finds one of them in its memory of another.
    let text = (0..<max(1, words)).map { list[(number * 7 + $0 * (number % 5 + 1)) % list.count] }
    var members: [(String, JSONValue)] = [
      ("model", .string(options.model)), ("prompt", .string("\(number) " + text.joined(separator: " "))),
      ("max_tokens", .int(tokens)), ("temperature", 0), ("stream", true),
      ("stream_options", .object([("include_usage", true)])), ("ignore_eos", true), ("return_token_ids", true),
    ]
    if let decoder = options.decoder, server == servers.first { members.append(("decoder", .string(decoder))) }
    let body = JSONWriter.compact(.object(members))
    var head = "POST \(server.base)/v1/completions HTTP/1.1\r\nHost: \(server.hostField)\r\n"
    head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
    if let key = options.key { head += "Authorization: Bearer \(key)\r\n" }
    return Array(head.utf8) + [0x0D, 0x0A] + body
  }

  private static func seconds(_ time: Duration) -> Double {
    Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
  }
}
