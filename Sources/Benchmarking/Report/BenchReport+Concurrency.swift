import Checking
import StrictJSON

extension BenchReport {
  /// Sequences at once, as a table; none when they were not measured.
  var concurrencyLines: [String] {
    guard !concurrency.isEmpty else { return [] }
    let ms = { (seconds: Double?) in seconds.map { decimal($0 * 1e3, 1) } ?? "-" }
    let names = [
      "decoder", "at once", "tok/s", "low", "high", "× at 1", "each", "first p50", "p95", "p99", "ITL p50", "p95",
      "p99",
      "rows/pass", "GB/s", "of mem", "accepted", "equal",
    ]
    let cells = concurrency.map { row in
      [
        row.decoder + (row.isImposed ? " (imposed)" : ""), "\(row.concurrency)", decimal(row.tokensPerSecond, 2),
        decimal(row.lowest, 2), decimal(row.highest, 2), scaling(row).map { decimal($0, 3) } ?? "-",
        decimal(row.sequenceRate, 2),
        ms(row.firstToken?.p50), ms(row.firstToken?.p95), ms(row.firstToken?.p99), ms(row.intervals?.p50),
        ms(row.intervals?.p95), ms(row.intervals?.p99), decimal(row.rowsPerPass, 2),
        decimal(row.bytesPerSecond / 1e9, 2),
        readBandwidth > 0 ? decimal(100 * row.bytesPerSecond / readBandwidth, 0) + " %" : "-",
        row.acceptance.map { decimal($0, 3) } ?? "-",
        row.isVerified ? (row.equal == row.decodings ? "yes" : "NO") : "\(row.equal) of \(row.decodings)",
      ]
    }
    return ["", "sequences at once, times in ms"] + BenchReport.columns([names] + cells)
  }

  /// The ratio to the same decoder with one sequence; nil when that was not measured.
  private func scaling(_ row: ConcurrencyResult) -> Double? {
    guard let one = concurrency.first(where: { $0.decoder == row.decoder && $0.concurrency == 1 }),
      one.tokensPerSecond > 0
    else { return nil }
    return row.tokensPerSecond / one.tokensPerSecond
  }

  /// The same as a member of the document; none when they were not measured.
  var concurrencyMembers: [(String, JSONValue)] {
    guard !concurrency.isEmpty else { return [] }
    return [
      ("concurrency", .array(concurrency.map { $0.json(readBandwidth: readBandwidth, scaling: scaling($0)) }))
    ]
  }
}

extension ConcurrencyResult {
  fileprivate func json(readBandwidth: Double, scaling: Double?) -> JSONValue {
    .object([
      ("decoder", .string(decoder)), ("at_once", .int(concurrency)), ("verified", .bool(isVerified)),
      ("imposed", .bool(isImposed)), ("sequences", .int(sequences)), ("tokens", .int(tokens)),
      (
        "tokens_per_second",
        .object([
          ("median", .decimal(tokensPerSecond, 3)), ("lowest", .decimal(lowest, 3)), ("highest", .decimal(highest, 3)),
          ("to_one", .decimal(scaling, 4)), ("of_a_sequence", .decimal(sequenceRate, 3)),
        ])
      ),
      ("first_token_seconds", firstToken?.json ?? .null), ("interval_seconds", intervals?.json ?? .null),
      ("acceptance", .decimal(acceptance, 4)),
      ("passes", .object([("target", .int(passes)), ("rows", .decimal(rowsPerPass, 3))])),
      (
        "weights",
        .object([
          ("bytes_per_second", .decimal(bytesPerSecond, 0)),
          ("to_read_bandwidth", .decimal(readBandwidth > 0 ? bytesPerSecond / readBandwidth : nil, 4)),
        ])
      ),
      ("equal_to_vanilla", .object([("decodings", .int(equal)), ("of", .int(decodings))])),
    ])
  }
}

extension ConcurrencyResult.Times {
  fileprivate var json: JSONValue {
    .object([("p50", .decimal(p50, 6)), ("p95", .decimal(p95, 6)), ("p99", .decimal(p99, 6))])
  }
}
