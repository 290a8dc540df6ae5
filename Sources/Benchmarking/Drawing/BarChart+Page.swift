import Checking
import Diagnostics

extension BarChart {
  /// An SVG document with charts below each other, and a line below them all.
  static func page(_ charts: [BarChart], setting: String) -> String {
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
        .range { stroke: #1d2329; stroke-width: 1.5px; }
      </style>
      <rect width="100%" height="100%" fill="#fdfcfa"/>

      """)
    for (index, chart) in charts.enumerated() { chart.draw(at: Double(index) * BarChart.height, width: room, &svg) }
    svg.markup("<text class=\"name\" x=\"16\" y=\"\(decimal(Double(charts.count) * BarChart.height + 12, 0))\">")
    svg.text(setting)
    svg.markup("</text>\n</svg>\n")
    return String(decoding: svg.bytes, as: UTF8.self)
  }
}
