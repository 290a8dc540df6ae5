import Checking
import Diagnostics

extension BenchReport {
  /// An SVG document: tokens a second by class and decoder, and the share of accepted drafts by place and class.
  public var svg: String {
    let charts = [speeds, acceptance].compactMap { $0 }
    let setting =
      "\(machine.processor), \(settings.threads) threads, \(settings.arithmetic), medians of \(settings.repetitions)"
      + (isImposed ? "; acceptance imposed" : "")
    let room = max(charts.map(\.leastWidth).max() ?? 480, 32 + 7 * Double(setting.count))
    let width = decimal(room, 0)
    let height = decimal(Double(max(1, charts.count)) * BarChart.height + 28, 0)
    var svg = MarkupText()
    svg.markup(
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img">
      <style>
        text { font: 12px system-ui, sans-serif; fill: #1d2329; } .title { font-size: 15px; font-weight: 600; }
        .tick { text-anchor: end; fill: #5d6872; } .group, .value { text-anchor: middle; }
        .value { font-size: 11px; paint-order: stroke; stroke: #fdfcfa; stroke-width: 3px; } .grid { stroke: #dfe3e6; }
      </style>
      <rect width="100%" height="100%" fill="#fdfcfa"/>

      """)
    for (index, chart) in charts.enumerated() { chart.draw(at: Double(index) * BarChart.height, width: room, &svg) }
    svg.markup("<text class=\"name\" x=\"16\" y=\"\(decimal(Double(charts.count) * BarChart.height + 12, 0))\">")
    svg.text(setting)
    svg.markup("</text>\n</svg>\n")
    return String(decoding: svg.bytes, as: UTF8.self)
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
        return BarChart.Series(
          name: name,
          values: kinds.map { kind in
            results.first { $0.decoder == decoder && $0.kind == kind }?.tokensPerSecond
          })
      })
  }

  /// Of the fixed depth that drafts most.
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
