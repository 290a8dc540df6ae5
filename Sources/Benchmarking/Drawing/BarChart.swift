import Checking
import Diagnostics

/// Grouped bars: a group for each name on the axis, a bar for each series.
package struct BarChart {
  struct Series {
    var name: String
    /// One for each group; nil where there is nothing to draw.
    var values: [Double?]
    /// The least and the most of what a value is the median of, one pair for each group; empty where there is nothing to draw.
    var ranges: [(low: Double, high: Double)?] = []
  }

  var title: String
  var unit: String
  var groups: [String]
  var series: [Series]
  /// Top of the axis; nil for a round number above the largest value.
  var top: Double?

  /// Colours that stay apart for people who see few of them (Okabe and Ito).
  private static let colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#666666"]
  static let height = 320.0
  private static let (left, right, above, below) = (64.0, 16.0, 56.0, 48.0)
  /// Least and greatest room of a bar; a greatest one has its value above it.
  private static let (bar, widestBar) = (16.0, 48.0)

  /// The width that it needs; title and legend may be wider than the bars.
  var leastWidth: Double {
    let group = BarChart.bar * Double(max(1, series.count)) + 24
    let bars = BarChart.left + BarChart.right + group * Double(max(1, groups.count))
    return max(480, bars, 32 + 9 * Double(title.count), 16 + series.reduce(0) { $0 + BarChart.room($1.name) })
  }

  private static func room(_ name: String) -> Double { 30 + 7 * Double(name.count) }

  /// Draws over a width, with the upper left corner at height `y`.
  func draw(at y: Double, width: Double, _ svg: inout MarkupText) {
    let place = { (value: Double) in decimal(value, 1) }
    svg.markup("<g transform=\"translate(0 \(place(y)))\">\n<text class=\"title\" x=\"16\" y=\"22\">")
    svg.text(title)
    svg.markup("</text>\n")
    legend(&svg, place)
    let ends = series.flatMap { $0.values.compactMap { $0 } + $0.ranges.compactMap { $0?.high } }
    let most = top ?? BarChart.ceiling(ends.max() ?? 1)
    let ground = BarChart.height - BarChart.below
    let scale = (ground - BarChart.above) / most
    for step in 0...4 {
      let value = most * Double(step) / 4
      let at = ground - value * scale
      svg.markup(
        "<line class=\"grid\" x1=\"\(place(BarChart.left))\" x2=\"\(place(width - BarChart.right))\" y1=\"\(place(at))\" y2=\"\(place(at))\"/>"
      )
      svg.markup("<text class=\"tick\" x=\"\(place(BarChart.left - 8))\" y=\"\(place(at + 4))\">")
      svg.text(decimal(value, most < 4 ? 2 : most < 40 ? 1 : 0))
      svg.markup("</text>\n")
    }
    let room = (width - BarChart.left - BarChart.right) / Double(max(1, groups.count))
    let bar = min(BarChart.widestBar, max(BarChart.bar, (room - 24) / Double(max(1, series.count))))
    for (index, group) in groups.enumerated() {
      let middle = BarChart.left + room * (Double(index) + 0.5)
      let first = middle - bar * Double(series.count) / 2
      for (number, one) in series.enumerated() {
        guard index < one.values.count, let value = one.values[index] else { continue }
        let high = max(1, min(value, most) * scale)
        svg.markup(
          "<rect fill=\"\(BarChart.colours[number % BarChart.colours.count])\" x=\"\(place(first + bar * Double(number)))\" "
            + "y=\"\(place(ground - high))\" width=\"\(place(bar - 2))\" height=\"\(place(high))\"><title>")
        svg.text("\(group), \(one.name): \(label(value))")
        svg.markup("</title></rect>\n")
        let centre = first + bar * (Double(number) + 0.5) - 1
        var summit = ground - high
        if index < one.ranges.count, let range = one.ranges[index] {
          let low = ground - min(range.low, most) * scale
          let high = ground - min(range.high, most) * scale
          svg.markup(
            "<line class=\"range\" x1=\"\(place(centre))\" x2=\"\(place(centre))\" y1=\"\(place(low))\" y2=\"\(place(high))\"/>\n"
          )
          summit = min(summit, high)
        }
        guard bar == BarChart.widestBar else { continue }
        svg.markup("<text class=\"value\" x=\"\(place(centre))\" y=\"\(place(summit - 4))\">")
        svg.text(decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0))
        svg.markup("</text>\n")
      }
      svg.markup("<text class=\"group\" x=\"\(place(middle))\" y=\"\(place(ground + 20))\">")
      svg.text(group)
      svg.markup("</text>\n")
    }
    svg.markup("</g>\n")

    func label(_ value: Double) -> String { decimal(value, value < 10 ? 3 : 1) + (unit.isEmpty ? "" : " " + unit) }
  }

  private func legend(_ svg: inout MarkupText, _ place: (Double) -> String) {
    var x = 16.0
    for (number, one) in series.enumerated() {
      svg.markup(
        "<rect fill=\"\(BarChart.colours[number % BarChart.colours.count])\" x=\"\(place(x))\" y=\"32\" width=\"10\" height=\"10\"/>"
          + "<text class=\"name\" x=\"\(place(x + 14))\" y=\"41\">")
      svg.text(one.name)
      svg.markup("</text>\n")
      x += BarChart.room(one.name)
    }
  }

  /// The next at or above whose quarters are round.
  package static func ceiling(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return 1 }
    var power = 1.0
    while power * 10 <= value { power *= 10 }
    while power > value { power /= 10 }
    return [1.0, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].map { $0 * power }.first { $0 >= value } ?? 10 * power
  }
}
