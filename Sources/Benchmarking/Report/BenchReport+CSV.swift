import Checking

extension BenchReport {
  /// A line for each decoder and class, for a table program: names as in ``json``, times in seconds.
  public var csv: String {
    let places = results.map(\.drafted.count).max() ?? 0
    var names = [
      "decoder", "class", "threads", "arithmetic", "imposed", "tokens", "tokens_per_second", "lowest", "highest",
      "end_to_end", "to_vanilla", "first_token", "interval_mean", "interval_p50", "interval_p95", "interval_p99",
      "tokens_per_round", "target_passes", "target_rows", "head_rows", "looks",
    ]
    names += BenchResult.Phases(vision: 0, prefill: 0, draft: 0, verify: 0, sampling: 0, rollback: 0, other: 0)
      .named.map(\.name)
    names += ["bytes_per_second", "to_read_bandwidth", "equal_decodings", "decodings"]
    names += (0..<places).map { "accepted_\($0 + 1)" }
    return ([names] + results.map { cells($0, places) })
      .map { $0.map(BenchReport.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private func cells(_ result: BenchResult, _ places: Int) -> [String] {
    let seconds = { (value: Double?) in value.map { decimal($0, 6) } ?? "" }
    var cells = [
      result.decoder, result.kind, "\(settings.threads)", settings.arithmetic, result.isImposed ? "imposed" : "",
      "\(result.tokens)", decimal(result.tokensPerSecond, 3), decimal(result.lowest, 3), decimal(result.highest, 3),
      decimal(result.endToEnd, 3), decimal(result.toVanilla, 4), seconds(result.firstTokenSeconds),
      seconds(result.intervals?.mean), seconds(result.intervals?.p50), seconds(result.intervals?.p95),
      seconds(result.intervals?.p99), decimal(result.tokensPerRound, 4), "\(result.targetPasses)",
      "\(result.targetRows)", "\(result.headRows)", "\(result.looks)",
    ]
    cells += result.phases.named.map { seconds($0.seconds) }
    cells += [
      decimal(result.bytesPerSecond, 0), readBandwidth > 0 ? decimal(result.bytesPerSecond / readBandwidth, 4) : "",
      "\(result.equal)", "\(result.decodings)",
    ]
    return cells + (0..<places).map { result.share($0).map { decimal($0, 4) } ?? "" }
  }

  /// The cell, quoted as in RFC 4180.
  package static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { [",", "\"", "\n", "\r", "\r\n"].contains($0) }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
