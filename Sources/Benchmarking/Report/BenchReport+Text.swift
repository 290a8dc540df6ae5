import Checking

extension BenchReport {
  /// The report for a person.
  public var text: String {
    var lines = [machineLine, modelLine, settingsLine]
    if let imposed = settings.imposed {
      lines.append(
        "IMPOSED acceptance \(imposed.chances.map { decimal($0, 2) }.joined(separator: ", ")) by place: drafts are not "
          + "the model's own; verified tokens are")
    }
    lines += busyLines
    for kind in kinds { lines += [""] + table(kind) }
    if !results.isEmpty { lines += [""] + readingLines }
    lines += regretLines
    if let passes { lines += [""] + passes.lines }
    lines += concurrencyLines
    lines += ["", memoryLine] + unavailable.map { "not available: " + $0.text }
    return (lines + [verdict]).joined(separator: "\n")
  }

  private var machineLine: String {
    let caches = machine.caches.filter { $0.kind != "instruction" }
      .map { "L\($0.level) \(BenchReport.size($0.bytes))" }.joined(separator: ", ")
    let cores = machine.cores.map { ", \($0) cores" } ?? ""
    let load = load.map { ", load \(decimal($0, 1))" } ?? ""
    return "\(machine.processor), \(machine.architecture) \(machine.system), \(machine.processors) processors\(cores), "
      + "\(caches), \(machine.simd), \(BenchReport.size(machine.memoryBytes)) memory\(load)"
  }

  private var modelLine: String {
    (name.isEmpty ? "" : name + ": ")
      + "\(model.modelType), \(model.layers) layers, \(model.hasHead ? "with MTP head" : "without MTP head"), "
      + "\(decimal(Double(memory.mapped) / 1e9, 3)) GB mapped"
  }

  private var settingsLine: String {
    "\(settings.threads) threads, \(settings.arithmetic) arithmetic\(shortlist), \(settings.limit) tokens each, medians of "
      + "\(settings.repetitions) repetitions; memory is read at \(decimal(readBandwidth / 1e9, 1)) GB/s"
  }

  private var shortlist: String {
    settings.draftShortlist > 0 ? ", drafts of the lowest \(settings.draftShortlist) ids" : ""
  }

  private func table(_ kind: String) -> [String] {
    let rows = results.filter { $0.kind == kind }
    let own = prompts.filter { $0.kind == kind }
    let lengths = own.map(\.tokens).sorted()
    let range =
      lengths.first == lengths.last ? "\(lengths.first ?? 0)" : "\(lengths.first ?? 0) to \(lengths.last ?? 0)"
    let names = [
      "decoder", "tok/s", "low", "high", "×", "whole", "first ms", "ITL ms", "p50", "p95", "p99", "tok/round",
      "passes", "GB/s", "of mem", "equal",
    ]
    let cells = rows.map { row in
      let ms = { (seconds: Double?) in seconds.map { decimal($0 * 1e3, 1) } ?? "-" }
      return [
        row.decoder + (row.isImposed ? " (imposed)" : ""), decimal(row.tokensPerSecond, 2), decimal(row.lowest, 2),
        decimal(row.highest, 2), decimal(row.toVanilla, 3), decimal(row.endToEnd, 2), ms(row.firstTokenSeconds),
        ms(row.intervals?.mean), ms(row.intervals?.p50), ms(row.intervals?.p95), ms(row.intervals?.p99),
        decimal(row.tokensPerRound, 2), "\(row.targetPasses)", decimal(row.bytesPerSecond / 1e9, 2),
        readBandwidth > 0 ? decimal(100 * row.bytesPerSecond / readBandwidth, 0) + " %" : "-",
        row.isVerified ? (row.equal == row.decodings ? "yes" : "NO") : "\(row.equal) of \(row.decodings)",
      ]
    }
    let phaseNames = ["seconds"] + (rows.first?.phases.named.map(\.name) ?? []) + ["accepted by place"]
    let phases = rows.map { row in
      [row.decoder] + row.phases.named.map { decimal($0.seconds, 3) } + [BenchReport.acceptance(row)]
    }
    return ["\(kind): \(own.count) \(own.count == 1 ? "prompt" : "prompts") of \(range) tokens"]
      + BenchReport.columns([names] + cells)
      + BenchReport.columns([phaseNames] + phases)
  }

  private static func acceptance(_ row: BenchResult) -> String {
    let shares = row.drafted.indices.map { row.share($0).map { decimal($0, 3) } ?? "-" }
    return (shares + (row.looks > 0 ? ["looks \(row.looks)"] : [])).joined(separator: " ")
  }

  /// The first column to the left, the others to the right, two spaces between them.
  static func columns(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? "  " + cell + space : space + cell
      }.joined(separator: "  ")
    }
  }

  private var memoryLine: String {
    let anonymous = memory.anonymous.map { "\(decimal(Double($0) / 1048576, 1)) MiB beside the mapped files, " } ?? ""
    return "memory: \(anonymous)\(decimal(Double(memory.resident) / 1048576, 1)) MiB resident"
  }

  private var verdict: String {
    guard let first = differences.first else {
      return "equal: every verified decoding gave the tokens of vanilla decoding"
    }
    let count = "\(differences.count) decoding\(differences.count == 1 ? "" : "s")"
    return "DIFFERENT: \(count); the first: \(first.decoder), prompt \(first.prompt), repetition "
      + "\(first.repetition), token \(first.index): \(first.expected) / \(first.found)"
  }

  static func size(_ bytes: Int) -> String {
    if bytes >= 1 << 30 { return decimal(Double(bytes) / Double(1 << 30), 1) + " GiB" }
    return bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }
}

extension PassTimes {
  var lines: [String] {
    let one = passes.map { pass in
      "  \(pass.rows) rows  \(decimal(pass.seconds * 1e3, 2)) ms  \(ratio(rows: pass.rows).map { decimal($0, 3) } ?? "-") ×"
    }
    let draft = draftSeconds.map { ["  a draft  \(decimal($0 * 1e3, 2)) ms"] } ?? []
    let rate = prefillSeconds > 0 ? Double(prefillRows) / prefillSeconds : 0
    let share = denseRate > 0 ? decimal(100 * prefillRate / denseRate, 0) + " %" : "-"
    return ["passes of the target with all logits"] + one + draft + [
      "  a prompt of \(prefillRows)  \(decimal(prefillSeconds * 1e3, 0)) ms, \(decimal(rate, 1)) tok/s; its products "
        + "\(decimal(prefillRate / 1e9, 1)) GFLOP/s, OpenBLAS sgemm \(decimal(denseRate / 1e9, 1)): \(share)"
    ]
  }
}
