import Diagnostics
import Measuring

extension AuditPage {
  func errorSection(_ html: inout MarkupText) {
    html.markup("<section id=\"error\">\n<h2>Error by layer and role</h2>\n")
    let map = ErrorMap(audit.tensors)
    guard !map.columns.isEmpty else {
      html.markup("<p>No tensor was quantized: there is no error to show.</p>\n</section>\n")
      return
    }
    html.markup(
      """
      <p>Each cell is the worst tensor of a role in a layer: root of the squared error of the dequantized weights over \
      the root of the squared source. Point at a cell for its numbers.</p>
      <p class="legend">\(AuditPage.share(map.low)) \(AuditPage.scale) \(AuditPage.share(map.high))</p>
      <div class="scroll">

      """)
    draw(map, &html)
    html.markup("</div>\n</section>\n")
  }

  /// Percent of constant width. Values of a broken report too large for it are cut to it.
  private static func share(_ value: Double) -> String {
    let digits = Fixed.eight(min(value, 0.999999)).utf8
    let numbers = Array(digits).dropFirst(2).prefix(4).map { Character(Unicode.Scalar($0)) }
    // A blank is as long as a zero.
    let whole = String(numbers.prefix(2))
    return (whole.first == "0" ? " " + whole.dropFirst() : whole) + "." + String(numbers.suffix(2)) + "\u{202F}%"
  }

  private static let scale: String = {
    let cells = (0..<ErrorMap.shades).map {
      "<rect class=\"q\($0)\" x=\"\($0 * 14)\" y=\"0\" width=\"14\" height=\"12\"/>"
    }
    let width = ErrorMap.shades * 14
    return "<svg width=\"\(width)\" height=\"12\" viewBox=\"0 0 \(width) 12\" aria-hidden=\"true\">"
      + cells.joined() + "</svg>"
  }()

  private func draw(_ map: ErrorMap, _ html: inout MarkupText) {
    let (cell, left, top) = (18, 130, 22)
    let layers = map.columns.count { $0.hasPrefix("layer ") }
    // What is outside of the layers is set apart, with a label as wide as it is long.
    func x(_ column: Int) -> Int { left + column * cell + (column < layers ? 0 : 12 + (column - layers) * 100) }
    let width = x(map.columns.count) + 100
    let height = top + map.roles.count * cell + 4
    html.markup(
      "<svg class=\"map\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" "
        + "aria-label=\"Relative error by role and layer\">\n")
    for (number, name) in map.columns.enumerated() {
      if number < layers {
        let label = name.dropFirst("layer ".count)
        guard (Int(label) ?? 0).isMultiple(of: layers > 12 ? 4 : 1) else { continue }
        html.markup("<text x=\"\(x(number) + cell / 2)\" y=\"\(top - 7)\" text-anchor=\"middle\">\(label)</text>")
      } else {
        html.markup("<text x=\"\(x(number))\" y=\"\(top - 7)\">")
        html.text(name)
        html.markup("</text>")
      }
    }
    for (row, role) in map.roles.enumerated() {
      let y = top + row * cell
      html.markup("\n<text x=\"\(left - 8)\" y=\"\(y + 13)\" text-anchor=\"end\">")
      html.text(role)
      html.markup("</text>")
      for (column, found) in map.cells[row].enumerated() {
        let place = "x=\"\(x(column))\" y=\"\(y)\" width=\"\(cell - 2)\" height=\"\(cell - 2)\""
        guard let found else {
          if column < layers { html.markup("<rect class=\"none\" \(place)/>") }
          continue
        }
        html.markup("<rect class=\"q\(map.shade(found.worst))\" \(place)><title>")
        html.text(
          "\(map.columns[column]), \(role): \(found.tensors) tensor\(found.tensors == 1 ? "" : "s"), worst error "
            + "\(AuditPage.share(found.worst)), least cosine \(Fixed.eight(found.leastCosine)), mean "
            + Fixed.eight(found.meanCosine))
        html.markup("</title></rect>")
      }
    }
    html.markup("\n</svg>\n")
  }
}
