import Diagnostics
import Quantization

/// Size against KL: what budgets of every size are predicted to cost, one format for all, what was chosen, and what was
/// measured of it. Coordinates are whole numbers of four digits, so that the length does not depend on what was measured.
struct BudgetPlot {
  let budget: AuditDocument.Budget
  /// Nil for a placeholder of the same length.
  let measured: Double?

  private static let (left, right, top, bottom) = (700, 6900, 200, 3000)

  private var points: [AuditDocument.Budget.Point] { budget.frontier + budget.uniform.map(\.point) + [budget.chosen] }

  /// Bits of a weight at the ends of the axis.
  private var bits: ClosedRange<Double> {
    let all = points.map(bitsPerWeight)
    let (least, most) = (all.min() ?? 0, all.max() ?? 0)
    return least.rounded(.down)...max(most.rounded(.up), least.rounded(.down) + 1)
  }

  /// Powers of ten of the KL at the ends of the axis, whole decades.
  private var decades: ClosedRange<Int> {
    let all = points.map(\.kl).filter { $0 > 0 }.map { Decibels.ofPowers($0) / 10 }
    // A KL that nobody would plot is left at the edge.
    let least = max(-9, min(3, all.min() ?? -3))
    let most = max(-9, min(3, all.max() ?? 0))
    return Int(least.rounded(.down))...max(Int(most.rounded(.up)), Int(least.rounded(.down)) + 1)
  }

  private func bitsPerWeight(_ point: AuditDocument.Budget.Point) -> Double {
    // A file may say anything; no format has more.
    min(64, Double(point.bytes) * 8 / Double(max(1, budget.elements)))
  }

  private func x(_ bits: Double) -> String {
    let share = (bits - self.bits.lowerBound) / (self.bits.upperBound - self.bits.lowerBound)
    return Self.four(Double(Self.left) + share * Double(Self.right - Self.left))
  }

  private func y(_ kl: Double) -> String {
    guard kl > 0 else { return Self.four(Double(Self.bottom)) }
    let span = Double(decades.upperBound - decades.lowerBound)
    let share = (Decibels.ofPowers(kl) / 10 - Double(decades.lowerBound)) / span
    return Self.four(Double(Self.bottom) - max(0, min(1, share)) * Double(Self.bottom - Self.top))
  }

  /// Four digits.
  private static func four(_ value: Double) -> String {
    let text = "\(Int(max(0, min(9999, value.rounded()))))"
    return String(repeating: "0", count: 4 - text.utf8.count) + text
  }

  /// The drawing.
  func draw(_ html: inout MarkupText) {
    html.markup("<svg class=\"plot\" viewBox=\"0 0 7200 3600\" role=\"img\" aria-label=\"Size against KL\">")
    for decade in decades {
      let kl = Self.power(decade)
      html.markup("<path class=\"grid\" d=\"M\(Self.left) \(y(kl.value))H\(Self.right)\"/>")
      html.markup("<text x=\"\(Self.left - 60)\" y=\"\(y(kl.value))\" text-anchor=\"end\">\(kl.text)</text>")
    }
    let marks = Int(bits.lowerBound)...Int(bits.upperBound)
    for mark in marks {
      let place = x(Double(mark))
      html.markup("<path class=\"grid\" d=\"M\(place) \(Self.top)V\(Self.bottom)\"/>")
      html.markup("<text x=\"\(place)\" y=\"\(Self.bottom + 180)\" text-anchor=\"middle\">\(mark)</text>")
    }
    html.markup("<text x=\"\(Self.right)\" y=\"\(Self.bottom + 420)\" text-anchor=\"end\">bits a weight</text>")
    html.markup("<text x=\"\(Self.left)\" y=\"\(Self.top - 70)\" text-anchor=\"end\">KL</text>")
    let line = budget.frontier.map { x(bitsPerWeight($0)) + " " + y($0.kl) }
    if line.count > 1 { html.markup("<path class=\"frontier\" d=\"M" + line.joined(separator: "L") + "\"/>") }
    for (format, point) in budget.uniform {
      let (across, down) = (x(bitsPerWeight(point)), y(point.kl))
      html.markup("<circle class=\"uniform\" cx=\"\(across)\" cy=\"\(down)\" r=\"45\"><title>")
      html.text("\(format): \(Fixed.places(bitsPerWeight(point), 2)) bits, \(Fixed.places(point.kl, 6)) nats")
      html.markup("</title></circle>")
    }
    let place = x(bitsPerWeight(budget.chosen))
    html.markup("<circle class=\"chosen\" cx=\"\(place)\" cy=\"\(y(budget.chosen.kl))\" r=\"60\"/>")
    html.markup(
      "<circle class=\"measured\" cx=\"\(place)\" cy=\"\(y(measured ?? 1))\" r=\"\(measured == nil ? "00" : "60")\"/>")
    html.markup("</svg>\n")
  }

  /// A power of ten from −10 to 4, and its spelling.
  private static func power(_ exponent: Int) -> (value: Double, text: String) {
    var value = 1.0
    for _ in 0..<abs(exponent) { value *= 10 }
    guard exponent < 0 else { return (value, "1" + String(repeating: "0", count: exponent)) }
    return (1 / value, "0." + String(repeating: "0", count: -exponent - 1) + "1")
  }
}
