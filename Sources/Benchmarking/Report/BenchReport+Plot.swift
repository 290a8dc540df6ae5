import Checking

extension BenchReport {
  /// An SVG document: tokens a second by class and decoder, and the share of accepted drafts by place and class.
  public var svg: String {
    let charts = [speeds, acceptance].compactMap { $0 }
    let setting =
      (name.isEmpty ? "" : name + ": ")
      + "\(machine.processor), \(settings.threads) threads, \(settings.arithmetic), medians of \(settings.repetitions)"
      + ", lines from the least to the most" + (isImposed ? "; acceptance imposed" : "")
    return BarChart.page(charts, setting: setting)
  }

  private var speeds: BarChart? {
    var decoders: [String] = []
    for result in results where !decoders.contains(result.decoder) { decoders.append(result.decoder) }
    guard !decoders.isEmpty else { return nil }
    return BarChart(
      title: "Tokens per second by class and decoder" + (isImposed ? " (drafts: acceptance imposed)" : ""),
      unit: "tok/s",
      groups: kinds,
      series: decoders.map { decoder in
        let name = decoder + (results.contains { $0.decoder == decoder && $0.isImposed } ? " (imposed)" : "")
        let rows = kinds.map { kind in results.first { $0.decoder == decoder && $0.kind == kind } }
        return BarChart.Series(
          name: name, values: rows.map { $0?.tokensPerSecond },
          ranges: rows.map { row in row.map { (low: $0.lowest, high: $0.highest) } })
      })
  }

  /// The acceptance of the fixed depth that drafts most.
  private var acceptance: BarChart? {
    let fixed = results.filter { $0.decoder.hasPrefix("mtp-") }
    guard let deepest = fixed.max(by: { $0.drafted.count < $1.drafted.count }), !deepest.drafted.isEmpty else {
      return nil
    }
    let rows = fixed.filter { $0.decoder == deepest.decoder }
    return BarChart(
      title: "Drafts accepted by place, with all before them (\(deepest.decoder)\(isImposed ? ", imposed" : ""))",
      unit: "",
      groups: deepest.drafted.indices.map { "\($0 + 1)" },
      series: rows.map { row in
        BarChart.Series(name: row.kind, values: deepest.drafted.indices.map { row.share($0) })
      }, top: 1)
  }
}
