import Checking
import Files
import StrictJSON

/// What a server did with so many requests at once.
package struct LoadResult: Sendable, Equatable {
  /// Middle and edges of a list of seconds.
  package struct Times: Sendable, Equatable {
    package var p50: Double
    package var p95: Double
    package var p99: Double

    init(_ values: [Double]) {
      p50 = Figures.percentile(values, 0.5) ?? 0
      p95 = Figures.percentile(values, 0.95) ?? 0
      p99 = Figures.percentile(values, 0.99) ?? 0
    }
  }

  /// The server's address, and requests at once.
  package let server: String
  package let atOnce: Int
  /// Requests, and tokens of all prompts and answers as the server counts them.
  package let requests: Int
  package let promptTokens: Int
  package let tokens: Int
  /// Drafts that were made and taken, where the server tells.
  package let drafted: Int
  package let accepted: Int
  /// Seconds of the whole measurement.
  package let seconds: Double
  /// Times until the first token, between tokens, and of whole answers.
  package let first: Times
  package let between: Times
  package let whole: Times

  /// - Parameters:
  ///   - server: Its address.
  ///   - atOnce: How many requests there were at once.
  ///   - answers: What came.
  ///   - seconds: The time from the first request to the end of the last answer.
  package init(server: String, atOnce: Int, answers: [LoadAnswer], seconds: Double) {
    self.server = server
    self.atOnce = atOnce
    self.seconds = seconds
    requests = answers.count
    promptTokens = answers.reduce(0) { $0 + $1.promptTokens }
    tokens = answers.reduce(0) { $0 + $1.tokens }
    drafted = answers.reduce(0) { $0 + $1.drafted }
    accepted = answers.reduce(0) { $0 + $1.accepted }
    first = Times(answers.compactMap(\.first))
    between = Times(answers.flatMap(\.between))
    whole = Times(answers.map(\.whole))
  }

  /// Tokens of answers a second, of all requests together.
  package var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
}

/// The measurements of one or more servers.
package struct LoadReport: Sendable {
  /// The servers' addresses in their order.
  package let servers: [String]
  /// How they were asked.
  package let options: LoadOptions
  /// A measurement for each number of requests at once and each server.
  package let results: [LoadResult]

  /// The members.
  package init(servers: [String], options: LoadOptions, results: [LoadResult]) {
    self.servers = servers
    self.options = options
    self.results = results
  }

  /// How an earlier table is known again: by its first columns.
  package static let table = ResultFile.Kind("a table of bench-serve") { beginning in
    beginning.starts(with: Array("server,at_once,requests,".utf8))
  }

  private func rows(of server: String) -> [LoadResult] { results.filter { $0.server == server } }

  /// How many times the tokens a second of the fewest requests at once those of the most are; nil for a single number.
  package func scaling(of server: String) -> (many: Int, few: Int, times: Double)? {
    let mine = rows(of: server)
    guard let few = mine.min(by: { $0.atOnce < $1.atOnce }), let many = mine.max(by: { $0.atOnce < $1.atOnce }),
      few.atOnce < many.atOnce, few.tokensPerSecond > 0
    else { return nil }
    return (many.atOnce, few.atOnce, many.tokensPerSecond / few.tokensPerSecond)
  }

  /// How many times the tokens a second of the second server those of the first are; nil without a second.
  package func ratio(at count: Int) -> Double? {
    guard servers.count == 2 else { return nil }
    let pair = servers.map { server in results.first { $0.server == server && $0.atOnce == count } }
    guard let first = pair[0], let second = pair[1], second.tokensPerSecond > 0 else { return nil }
    return first.tokensPerSecond / second.tokensPerSecond
  }

  /// Lines for a person.
  package var text: String {
    let ms = { (seconds: Double) in decimal(seconds * 1e3, 1) }
    var lines: [String] = []
    for result in results {
      lines.append(
        "\(result.server)  \(result.atOnce) at once: \(decimal(result.tokensPerSecond, 1)) tokens/s"
          + "  first \(ms(result.first.p50)) / \(ms(result.first.p95)) / \(ms(result.first.p99)) ms"
          + "  between \(ms(result.between.p50)) / \(ms(result.between.p95)) / \(ms(result.between.p99)) ms"
          + "  whole \(decimal(result.whole.p50, 2)) / \(decimal(result.whole.p95, 2)) / \(decimal(result.whole.p99, 2)) s"
      )
    }
    for server in servers {
      guard let scaling = scaling(of: server) else { continue }
      lines.append(
        "\(server)  \(scaling.many) at once have \(decimal(scaling.times, 2)) times the tokens/s of \(scaling.few)")
    }
    for count in options.atOnce {
      guard let ratio = ratio(at: count) else { continue }
      lines.append("\(count) at once: the first has \(decimal(ratio, 2)) times the tokens/s of the second")
    }
    lines.append("times are the 50th, 95th and 99th of 100; tokens are counted by the server")
    return lines.joined(separator: "\n")
  }

  /// A line for each measurement; times in seconds.
  package var csv: String {
    let names = [
      "server", "at_once", "requests", "prompt_tokens", "tokens", "seconds", "tokens_per_second", "first_p50",
      "first_p95",
      "first_p99", "between_p50", "between_p95", "between_p99", "whole_p50", "whole_p95", "whole_p99", "drafted",
      "accepted",
    ]
    let rows = results.map { result -> [String] in
      var cells = [
        result.server, "\(result.atOnce)", "\(result.requests)", "\(result.promptTokens)", "\(result.tokens)",
      ]
      cells += [decimal(result.seconds, 6), decimal(result.tokensPerSecond, 3)]
      for times in [result.first, result.between, result.whole] {
        cells += [times.p50, times.p95, times.p99].map { decimal($0, 6) }
      }
      cells += ["\(result.drafted)", "\(result.accepted)"]
      return cells
    }
    return ([names] + rows).map { $0.map(BenchReport.quoted).joined(separator: ",") + "\n" }.joined()
  }

  /// The report as a document.
  package var json: JSONValue {
    let times = { (times: LoadResult.Times) -> JSONValue in
      .object([
        ("p50", .decimal(times.p50, 6)), ("p95", .decimal(times.p95, 6)), ("p99", .decimal(times.p99, 6)),
      ])
    }
    let rows = results.map { result -> JSONValue in
      .object([
        ("server", .string(result.server)), ("at_once", .int(result.atOnce)), ("requests", .int(result.requests)),
        ("prompt_tokens", .int(result.promptTokens)), ("tokens", .int(result.tokens)),
        ("seconds", .decimal(result.seconds, 6)), ("tokens_per_second", .decimal(result.tokensPerSecond, 3)),
        ("first", times(result.first)), ("between", times(result.between)), ("whole", times(result.whole)),
        ("drafted", .int(result.drafted)), ("accepted", .int(result.accepted)),
      ])
    }
    return .object([
      ("verify_runner_bench_serve", 1), ("servers", .array(servers.map(JSONValue.string))),
      ("prompt_words", .int(options.promptWords)), ("answer_tokens", .int(options.tokens)),
      ("long_prompt_words", .int(options.longPrompt)),
      ("decoder", options.decoder.map(JSONValue.string) ?? .null), ("results", .array(rows)),
    ])
  }

  /// An SVG document: tokens a second, and the time between tokens that 95 of 100 keep, by requests at once.
  package var svg: String {
    let chart = { (title: String, unit: String, value: (LoadResult) -> Double) in
      BarChart(
        title: title, unit: unit, groups: options.atOnce.map { "\($0) at once" },
        series: servers.map { server in
          BarChart.Series(
            name: server,
            values: options.atOnce.map { count in
              results.first { $0.server == server && $0.atOnce == count }.map(value)
            })
        })
    }
    return BarChart.page(
      [
        chart("Tokens per second of all answers", "tok/s") { $0.tokensPerSecond },
        chart("Time between tokens, 95th of 100", "ms") { $0.between.p95 * 1e3 },
        chart("Time to the first token, 95th of 100", "ms") { $0.first.p95 * 1e3 },
      ],
      setting:
        "prompts of \(options.promptWords) words, answers of \(options.tokens) tokens, \(options.requests) requests")
  }
}
